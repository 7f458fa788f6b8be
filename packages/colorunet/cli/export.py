"""``colorunet export``."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorfiles.commands import emit, json_option, overwrite_option
from colorunet.cli.options import prediction_options
from colorunet.errors import ColorunetError
from colorunet.parameters.shipped import DEFAULT_NETWORK

if TYPE_CHECKING:
    from colorunet.coloring.options import PredictionOptions


_NEEDS = {"torch": "trainer", "onnx": "onnx"}  # libraries, and the extras that bring them


@dataclass(frozen=True)
class Exported:
    """The file that was written, and how it does beside torch; -1 for what wasn't measured."""

    file: str
    bytes: int
    precision: str
    difference: float
    color_difference: float = -1.0
    file_ms: float = -1.0
    torch_ms: float = -1.0


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
    precision: str,
    photos: Path | None,
    hub: Path | None,
    prediction: "PredictionOptions",
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the network of RUN as an ONNX file, which runs without torch.

    RUN is a folder that `trainer fit` wrote, or the name of a network that comes with the package.
    What the file gives is compared with torch before it gets its name; its loss on photos and its
    time are told. Another file than an export of ours is never replaced.

    \b
    colorunet export runs/mine
    colorunet export colorunet --onnx colorunet.onnx
    colorunet export --onnx small.onnx --precision int8 --photos album
    colorunet export --onnx colors.onnx --decode --saturation 1.2
    colorunet export runs/mine --hub my-model
    """
    _require_libraries()
    from colorunet.export.hub import write_hub
    from colorunet.export.onnx_export import ExportSettings, export_beside, export_onnx
    from colorunet.parameters.checkpoint import load_run
    from colorunet.parameters.meta import checkpoint_files
    from colorunet.parameters.shipped import ONNX_FILE, run_or_shipped

    if hub and (onnx or decode or precision != "fp32"):
        raise click.UsageError("--hub writes a whole folder; give it alone")
    if not onnx and (decode or precision != "fp32"):
        raise click.UsageError(
            "--decode and --precision are of a file of its own: give --onnx FILE"
        )
    folder = run_or_shipped(run)
    trained = load_run(folder)
    if hub:
        layout = write_hub(trained, folder, hub, overwrite=overwrite)
        emit(layout, as_json, f"{layout.folder}: {', '.join(layout.files)}")
        return
    if onnx is None:
        target = folder / ONNX_FILE
        difference = export_beside(trained.network, target, checkpoint_files(folder, "best")[1])
        result = Exported(
            str(target), target.stat().st_size, "as the parameters beside it", difference
        )
    else:
        settings = ExportSettings(precision, decode, prediction, photos)  # type: ignore[arg-type]
        comparison = export_onnx(trained, onnx, settings, overwrite=overwrite)
        result = Exported(
            str(onnx),
            onnx.stat().st_size,
            precision,
            comparison.difference,
            comparison.color_difference,
            comparison.file_ms,
            comparison.torch_ms,
        )
    emit(result, as_json, _text(result))


def _require_libraries() -> None:
    """Name all that is missing at once, before anything is loaded."""
    missing = {name: extra for name, extra in _NEEDS.items() if find_spec(name) is None}
    if missing:
        raise ColorunetError(
            f"export needs {' and '.join(missing)}: pip install '.[{','.join(missing.values())}]'"
        )


def _text(result: Exported) -> str:
    text = (
        f"{result.file}: {result.bytes / 1e6:.1f} MB, at most {result.difference:.1g} from torch's"
    )
    if result.file_ms < 0:
        return text
    return (
        f"{text}; colours {result.color_difference:.2g} apart (CIEDE2000, mean), "
        f"{result.file_ms:.0f} ms for 256 x 256, torch {result.torch_ms:.0f} ms"
    )
