"""``colorunet export``."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorfiles.commands import emit, json_option, overwrite_option
from colorunet.cli.options import prediction_options
from colorunet.errors import ColorunetError, InvalidRequest
from colorunet.parameters.shipped import DEFAULT_NETWORK

if TYPE_CHECKING:
    from colorunet.coloring.options import PredictionOptions
    from colorunet.export.hub import HubFolder
    from colorunet.export.job import ExportedFile
    from colorunet.export.onnx_export import Precision


_NEEDS = {"torch": "trainer", "onnx": "onnx"}  # libraries, and the extras that bring them


@click.command(name="export")
@click.argument("run", default=DEFAULT_NETWORK)
@click.option(
    "--onnx",
    type=click.Path(path_type=Path),
    help="ONNX file to write, parameters and all: luma (B, 1, H, W) in [0, 1], any size, to logits "
    "(B, n, H, W).  [default: network.onnx in RUN, which points to the parameters beside it; "
    "colourising looks for it there]",
)
@click.option(
    "--decode",
    is_flag=True,
    help="Put the decoding into the file: uv (B, 2, H, W) and rgb (B, 3, H, W) instead of logits.",
)
@click.option(
    "--precision",
    type=click.Choice(["fp32", "fp16", "int8"]),
    default="fp32",
    show_default=True,
    help="Of the parameters; fp16 computes as fp32 does, int8 in 8 bits.",
)
@click.option(
    "--photos",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of photos to learn the ranges of int8 from and to compare on.  [default: the "
    "pictures of the model card]",
)
@click.option(
    "--hub",
    type=click.Path(path_type=Path),
    help="Folder to write instead, laid out as the Hugging Face Hub has models: model card, "
    "parameters, configuration, ONNX file.",
)
@prediction_options
@overwrite_option
@json_option
def command(
    run: str,
    onnx: Path | None,
    decode: bool,
    precision: "Precision",
    photos: Path | None,
    hub: Path | None,
    prediction: "PredictionOptions",
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the network of RUN as an ONNX file, which runs without torch.

    RUN is a folder that `trainer fit` wrote, or the name of a network that comes with the package.
    The file is compared with torch before it gets its name; the difference on photos and the time
    are printed. A file that isn't an export of this command is never replaced.

    \b
    colorunet export runs/mine
    colorunet export colorunet --onnx colorunet.onnx
    colorunet export --onnx small.onnx --precision int8 --photos album
    colorunet export --onnx colors.onnx --decode --saturation 1.2
    colorunet export runs/mine --hub my-model
    """
    _require_libraries()
    from colorunet.export.job import ExportRequest, export
    from colorunet.export.onnx_export import ExportSettings

    settings = ExportSettings(precision, decode, prediction, photos)
    try:
        result = export(ExportRequest(run, onnx, hub, settings, overwrite))
    except InvalidRequest as error:
        raise click.UsageError(str(error)) from None
    emit(result, as_json, _text(result))


def _require_libraries() -> None:
    """Name all missing libraries at once, before anything is loaded."""
    missing = {name: extra for name, extra in _NEEDS.items() if find_spec(name) is None}
    if missing:
        raise ColorunetError(
            f"export needs {' and '.join(missing)}: pip install '.[{','.join(missing.values())}]'"
        )


def _text(result: "ExportedFile | HubFolder") -> str:
    from colorunet.export.hub import HubFolder

    if isinstance(result, HubFolder):
        return f"{result.folder}: {', '.join(result.files)}"
    size = f"{result.bytes / 1e6:.1f} MB"
    text = f"{result.file}: {size}, differs from torch by at most {result.difference:.1g}"
    if result.file_ms < 0:
        return text
    return (
        f"{text}; colours differ by {result.color_difference:.2g} (CIEDE2000, mean), "
        f"{result.file_ms:.0f} ms for 256 x 256, torch {result.torch_ms:.0f} ms"
    )
