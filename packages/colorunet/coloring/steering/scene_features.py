"""Features of a photo's luma for finding photos of the same scene, by a shipped encoder."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from colorunet.coloring.onnx_runtime import onnx_runtime
from colorunet.coloring.working_size import working_luma
from colorunet.parameters.shipped import ONNX_FILE

# Three stages of the encoder, at strides 8, 16 and 16, and the cells that each is averaged over:
# 32 pixels at the working size. Later stages encode the class of an object, not the scene.
_STAGES = {
    "/encoder/stages.2/stages.2.1/Add_output_0": 4,
    "/encoder/stages.3/stages.3.2/Add_output_0": 2,
    "/encoder/stages.4/stages.4.2/Add_output_0": 2,
}
_EDGE_PX = 224  # shorter edge of what the encoder sees
_LONGEST_PX = 448  # of a panorama the middle
_STRIDE = 32
DIMENSIONS = 64  # of a feature, after whitening
_FLOOR = 1e-3  # of the largest variance, added to each before its root divides
_GRAPH, _OUTPUT, _NAME = 7, 12, 1  # fields of a model, a graph and a value in onnx.proto
_PICTURES = "pictures.jpg"  # of the model card


@dataclass(frozen=True, eq=False)
class Whitening:
    """Projection of the encoder's channels to uncorrelated features.

    Args:
        mean: (c,) of the channels.
        projection: (c, DIMENSIONS).
    """

    mean: Float32[np.ndarray, "c"]
    projection: Float32[np.ndarray, "c d"]

    @classmethod
    def of(cls, cells: Float32[np.ndarray, "m c"]) -> "Whitening":
        """Return the whitening of a sample of cells."""
        mean = cells.mean(axis=0)
        variances, axes = np.linalg.eigh(np.cov((cells - mean).T))
        largest = slice(-1, -DIMENSIONS - 1, -1)
        scale = np.sqrt(variances[largest] + _FLOOR * variances[-1])
        return cls(mean.astype(np.float32), (axes[:, largest] / scale).astype(np.float32))

    def features(self, cells: Float32[np.ndarray, "m c"]) -> Float32[np.ndarray, "m d"]:
        """Return the feature of each cell, of length 1."""
        return unit((cells - self.mean) @ self.projection)


def unit(vectors: Float32[np.ndarray, "*m d"]) -> Float32[np.ndarray, "*m d"]:
    """Return vectors of length 1; zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)


class SceneEncoder:
    """The first stages of a shipped network's encoder, run by ONNX Runtime.

    Args:
        folder: of the network.
        threads: that an operation may use; 0 leaves it to the library.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._folder = folder
        self._threads = threads

    @cached_property
    def _session(self) -> Any:
        """ONNX session of the network, with the encoder stages as outputs."""
        onnxruntime = onnx_runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 4  # errors are raised
        options.add_session_config_entry(
            "session.model_external_initializers_file_folder_path", str(self._folder)
        )
        # Messages of Protocol Buffers that stand one after the other are read as one.
        outputs = b"".join(_field(_OUTPUT, _field(_NAME, name.encode())) for name in _STAGES)
        model = (self._folder / ONNX_FILE).read_bytes() + _field(_GRAPH, outputs)
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @cached_property
    def _run_options(self) -> Any:
        options = onnx_runtime().RunOptions()
        options.only_execute_path_to_fetches = True  # the way up to colours isn't needed
        return options

    def cells(self, luma: UInt8[np.ndarray, "h w"]) -> Float32[np.ndarray, "m c"]:
        """Return the channels of each cell of 32 × 32 pixels at the working size."""
        small = working_luma(luma, _EDGE_PX)
        top, left = (max(0, edge - _LONGEST_PX) // 2 for edge in small.shape)
        return self.cells_as_is(small[top : top + _LONGEST_PX, left : left + _LONGEST_PX])

    def cells_as_is(self, luma: UInt8[np.ndarray, "h w"]) -> Float32[np.ndarray, "m c"]:
        """Return the channels of each cell of a picture at its own size."""
        below, right = (-edge % _STRIDE for edge in luma.shape)
        padded = np.pad(luma, ((0, below), (0, right)), mode="edge")
        batch = padded[None, None].astype(np.float32) / 255
        stages = self._session.run(list(_STAGES), {"luma": batch}, self._run_options)
        pooled = [
            _averaged(stage[0], step) for stage, step in zip(stages, _STAGES.values(), strict=True)
        ]
        return np.concatenate(pooled).reshape(sum(map(len, pooled)), -1).T

    def whitening(self) -> Whitening:
        """Return the whitening learned from the pictures of the network's model card."""
        with Image.open(self._folder / _PICTURES, formats=("JPEG",)) as pictures:
            return Whitening.of(self.cells_as_is(np.asarray(pictures.convert("L"))))


def _averaged(stage: Float32[np.ndarray, "c h w"], step: int) -> Float32[np.ndarray, "c hc wc"]:
    channels, height, width = stage.shape
    blocks = stage.reshape(channels, height // step, step, width // step, step)
    return np.asarray(blocks.mean(axis=(2, 4)), np.float32)


def _field(number: int, content: bytes) -> bytes:
    """Encode a Protocol Buffers field of bytes."""
    size, rest = b"", len(content)
    while rest > 0x7F:
        size += bytes((rest & 0x7F | 0x80,))
        rest >>= 7
    return bytes((number << 3 | 2,)) + size + bytes((rest,)) + content
