"""Export of a trained network to an ONNX file that runs at any size without torch."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from torch import nn

from colorfiles.files import write_atomically
from colorfiles.outputs import made_from
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.onnx_network import PROPERTY, OnnxNetwork
from colorunet.coloring.onnx_runtime import onnx_runtime
from colorunet.coloring.options import PredictionOptions
from colorunet.coloring.torch_network import TorchNetwork
from colorunet.errors import ColorunetError
from colorunet.evidence.vocabulary import HOW_TO_MARK, MARKING
from colorunet.export.comparing import Compared, compared
from colorunet.export.graphs import PREFIX, CoarseLogits, Colors, Logits, trace
from colorunet.export.quantizing import quantize
from colorunet.export.sample_photos import photos_of
from colorunet.export.targets import SOURCE, require_replaceable
from colorunet.export.tensors import point_into, store_halved
from colorunet.networks import PixelClassifier
from colorunet.parameters.checkpoint import Trained
from colorunet.parameters.tensor_layout import TensorLayout

Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
_INSTALL = "pip install '.[onnx]'"
_MOST_APART = 0.01  # of the largest number; half precision of the parameters takes a thousandth
_PIXELS = {0: "batch", 2: "height", 3: "width"}


@dataclass(frozen=True)
class ExportSettings:
    """Content of an exported file.

    Args:
        precision: of the parameters: ``fp32``; ``fp16``, which computes as fp32 does; ``int8``,
            which computes in 8 bits too.
        decode: whether decoding and averaging are inside: ``uv`` and ``rgb``, no ``logits``.
        options: of the decoding, where they are to differ from the network's own.
        photos: a folder, to learn the ranges of int8 from and to compare on; None takes the
            pictures of the model card.
    """

    precision: Precision = "fp32"
    decode: bool = False
    options: PredictionOptions = field(default_factory=PredictionOptions)
    photos: Path | None = None

    def source(self, trained: Trained) -> str:
        """Return a digest of the run and the settings."""
        decoding, averaging = (
            self.options.decoding(trained.meta),
            self.options.averaging(trained.meta),
        )
        photos = "" if self.photos is None else str(self.photos.resolve())
        how = (asdict(decoding), asdict(averaging)) if self.decode else ()
        return made_from(trained.fingerprint, self.precision, self.decode, how, photos)


def export_onnx(
    trained: Trained,
    path: Path,
    settings: ExportSettings | None = None,
    *,
    overwrite: bool = False,
) -> Compared:
    """Write ``path``: ``luma`` (B, 1, H, W) in [0, 1] of any size to ``logits`` (B, n, H, W).

    With ``decode`` to ``uv`` (B, 2, H, W) and ``rgb`` (B, 3, H, W) in [0, 1] instead. An existing
    file is replaced if it is made from the same run and settings; another export needs
    ``overwrite``.

    Returns:
        the file beside torch in full precision, on photos that int8 wasn't calibrated with.

    Raises:
        ColorunetError: the extra isn't installed, the file's results differ from torch's, or
            another file is there.
    """
    _require_onnx()
    settings = settings or ExportSettings()
    source = settings.source(trained)
    require_replaceable(path, source, overwrite=overwrite)
    decoding = settings.options.decoding(trained.meta)
    averaging = settings.options.averaging(trained.meta)
    graph: nn.Module = Logits(trained.network)
    if settings.decode:
        graph = Colors(trained.network, trained.palette, decoding, averaging)
    names = ("uv", "rgb") if settings.decode else ("logits",)
    photos = photos_of(settings.photos)
    with write_atomically(path) as temporary:
        trace(graph, temporary, edge=trained.network.stride, outputs=dict.fromkeys(names, _PIXELS))
        if settings.precision == "int8":
            quantize(temporary, photos[::2])
        about = {"stride": 1, "logits_stride": 1, "decoded": settings.decode, SOURCE: source}
        _finish(temporary, about, halved=settings.precision == "fp16")
        held_out = photos[1::2] or photos
        result = compared(temporary, graph, held_out, palette=trained.palette, decoding=decoding)
        _require_near(result, settings.precision)
    return result


def export_beside(network: PixelClassifier, path: Path, parameters: Path) -> float:
    """Write ``path``, small, since it points into a safetensors file of the same network beside it.

    It maps ``luma`` (1, 1, H, W) at multiples of the network's stride to ``logits`` at the
    network's own resolution; ``OnnxNetwork`` does the rest. It uses the parameters that are in the
    safetensors file when it is loaded.

    Returns:
        how far its logits are from torch's at most, at another size than it was made with.

    Raises:
        ColorunetError: the extra isn't installed, the file gives something else than torch, or
            something else than an export is there.
    """
    _require_onnx()
    require_replaceable(path, "", overwrite=True)
    layout = TensorLayout.of(parameters)
    about = {
        "stride": network.stride,
        "logits_stride": network.logits_stride,
        "parameters": parameters.name,
        "layout": layout.digest,
    }
    with write_atomically(path) as temporary:
        coarse = {"logits": {0: "batch", 2: "coarse_height", 3: "coarse_width"}}
        trace(CoarseLogits(network), temporary, edge=network.stride, outputs=coarse)
        _finish(temporary, about, layout=layout)
        luma = np.random.default_rng(0).integers(0, 256, (200, 312), dtype=np.uint8)
        of_file = OnnxNetwork(temporary).logits(luma, Averaging())
        of_torch = TorchNetwork(network, "cpu").logits(luma, Averaging()).numpy()
        apart = float(np.abs(of_file - of_torch).max())
        if not apart <= _MOST_APART * max(1.0, float(np.abs(of_torch).max())):
            raise ColorunetError(f"export: the file's logits are {apart:.2g} from torch's")
    return apart


def _finish(
    path: Path, about: dict[str, Any], *, halved: bool = False, layout: TensorLayout | None = None
) -> None:
    import onnx  # noqa: PLC0415 - an extra

    model = onnx.load(str(path))
    if halved:
        store_halved(model)
    if layout is not None:
        point_into(model, layout, PREFIX)
    onnx.helper.set_model_props(model, {PROPERTY: json.dumps(about), MARKING: HOW_TO_MARK})
    onnx.save(model, str(path))


def _require_near(result: Compared, precision: Precision) -> None:
    """Refuse a file that differs from torch; the loss of int8 is reported only."""
    if precision != "int8" and not result.difference <= _MOST_APART * max(1.0, result.largest):
        raise ColorunetError(
            f"export: the file's numbers are up to {result.difference:.2g} from torch's"
        )


def _require_onnx() -> None:
    try:
        import onnx  # noqa: F401, PLC0415 - an extra

        onnx_runtime()
    except ModuleNotFoundError as error:
        raise ColorunetError(f"export: {error.name} is not installed: {_INSTALL}") from None
