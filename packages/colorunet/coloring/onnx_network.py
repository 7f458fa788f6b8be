"""A network run by ONNX Runtime on the CPU, without torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from colorfiles.errors import is_out_of_memory
from colorfiles.outside.documents import integer, parse_json_object
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.onnx_runtime import onnx_runtime
from colorunet.errors import ColorunetError
from colorunet.parameters.onnx_properties import onnx_properties, require_no_loops
from colorunet.parameters.tensor_layout import TensorLayout

PROPERTY = "colorunet"  # of the file, as JSON: its strides, and the source of its parameters


class OnnxNetwork:
    """Logits of a photo by ONNX Runtime.

    Args:
        path: of a file that ``colorunet export`` wrote.
        threads: that an operation may use; 0 leaves it to the library.

    Raises:
        ColorunetError: the file can't be read or isn't one of these.
    """

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        self._path, about = path, read_onnx_about(path)
        onnxruntime = onnx_runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4  # fatal only: errors are raised as exceptions as well
        self._stride, self._logits_stride = about["stride"], about["logits_stride"]
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        # The library's errors (Fail, InvalidGraph and a dozen more) derive from Exception itself.
        except Exception as error:
            raise _cannot_be_run(path, error) from None

    def logits(
        self, luma: UInt8[np.ndarray, "h w"], averaging: Averaging
    ) -> Float32[np.ndarray, "h w n"]:
        """Return the averaged logits of every pixel."""
        batch = luma[None, None].astype(np.float32) / 255
        return np.moveaxis(averaging.logits(self._run, batch, resized)[0], 0, -1)

    def coarse_logits(
        self, luma: UInt8[np.ndarray, "h w"], averaging: Averaging
    ) -> Float32[np.ndarray, "hc wc n"]:
        """Return the averaged logits at the network's resolution."""
        batch, step = luma[None, None].astype(np.float32) / 255, self._logits_stride
        mean = averaging.logits(self._run_coarse, batch, resized, stride=step)
        return np.moveaxis(mean[0], 0, -1)

    def _run(self, luma: Float32[np.ndarray, "b 1 h w"]) -> Float32[np.ndarray, "b n h w"]:
        height, width = luma.shape[-2:]
        padded, coarse = self._run_padded(luma)
        if self._logits_stride == 1:
            return coarse[..., :height, :width]
        return resized(coarse, padded)[..., :height, :width]

    def _run_coarse(self, luma: Float32[np.ndarray, "b 1 h w"]) -> Float32[np.ndarray, "b n hc wc"]:
        height, width = (-(-edge // self._logits_stride) for edge in luma.shape[-2:])
        return self._run_padded(luma)[1][..., :height, :width]

    def _run_padded(
        self, luma: Float32[np.ndarray, "b 1 h w"]
    ) -> tuple[tuple[int, int], Float32[np.ndarray, "b n hc wc"]]:
        """Return the padded size, a multiple of the stride, and the network's output."""
        height, width = luma.shape[-2:]
        below, right = -height % self._stride, -width % self._stride
        padded = np.pad(luma, ((0, 0), (0, 0), (0, below), (0, right)), mode="edge")
        try:
            (coarse,) = self._session.run(None, {"luma": padded})
        except Exception as error:  # the library's errors derive from Exception itself
            if is_out_of_memory(error):
                raise MemoryError(str(error)) from None
            raise _cannot_be_run(self._path, error) from None
        expected = (padded.shape[0], *(edge // self._logits_stride for edge in padded.shape[-2:]))
        if (coarse.ndim, *coarse.shape[:1], *coarse.shape[2:]) != (4, *expected):
            raise _cannot_be_run(self._path, ValueError(f"logits of the shape {coarse.shape}"))
        return (height + below, width + right), np.asarray(coarse)


def read_onnx_about(path: Path) -> Mapping[str, Any]:
    """Return a file's properties; refuse other files, and parameters that don't fit."""
    try:
        properties = onnx_properties(path)
        require_no_loops(path)
    except (OSError, ValueError) as error:
        raise _cannot_be_run(path, error) from None
    if PROPERTY not in properties:
        raise ColorunetError(f"{path}: not a file of `colorunet export`")
    try:
        about = parse_json_object(properties[PROPERTY].encode())
        for name in ("stride", "logits_stride"):
            integer(about.get(name), name, least=1)
    except ValueError as error:
        raise _cannot_be_run(path, error) from None
    if about.get("decoded"):
        raise ColorunetError(
            f"{path}: it gives colours, no logits; colourise with one that was exported without "
            "--decode"
        )
    if "parameters" in about:
        parameters = path.parent / PurePath(str(about["parameters"])).name
        if TensorLayout.of(parameters).digest != about.get("layout"):
            raise ColorunetError(
                f"{path}: of another network than {parameters.name}; export it again: "
                f"colorunet export {path.parent}"
            )
    return about


def _cannot_be_run(path: Path, error: Exception) -> ColorunetError:
    lines = str(error).strip().splitlines()
    return ColorunetError(f"{path}: can't be run ({lines[-1] if lines else repr(error)})")


def resized(
    image: Float32[np.ndarray, "b c h w"], size: Sequence[int]
) -> Float32[np.ndarray, "b c hs ws"]:
    """Return an image at another size, bilinear; antialiased where it shrinks."""
    if min(size[0] / image.shape[-2], size[1] / image.shape[-1]) < 1:
        return np.stack([[_shrunk(plane, size) for plane in planes] for planes in image])
    for axis in (-2, -1):
        image = _stretched(image, size[axis], axis)
    return image


def _shrunk(plane: Float32[np.ndarray, "h w"], size: Sequence[int]) -> Float32[np.ndarray, "hs ws"]:
    small = Image.fromarray(plane).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(small)


def _stretched(image: np.ndarray, size: int, axis: int) -> np.ndarray:
    """Interpolate along one axis, pixel centres at halves and borders repeated."""
    before = image.shape[axis]
    if before == size:
        return image
    places = np.clip((np.arange(size) + 0.5) * before / size - 0.5, 0, before - 1)
    low = np.minimum(places.astype(np.int64), before - 1)
    high = np.minimum(low + 1, before - 1)
    shape = [1] * image.ndim
    shape[axis] = size
    share = (places - low).astype(image.dtype).reshape(shape)
    first = np.take(image, low, axis)
    return first + share * (np.take(image, high, axis) - first)
