"""``colorunet export``."""

from dataclasses import dataclass
from pathlib import Path

import click

from colorfiles.commands import emit, json_option
from colorunet.parameters.shipped import DEFAULT_NETWORK


@dataclass(frozen=True)
class Exported:
    """The file that was written, and how far its logits are from torch's at most."""

    file: str
    bytes: int
    difference: float


@click.command(name="export")
@click.argument("run", default=DEFAULT_NETWORK)
@click.option(
    "--onnx",
    type=click.Path(path_type=Path),
    help="File to write, parameters and all.  [default: network.onnx in RUN, which points to the "
    "parameters beside it; colourising looks for it there]",
)
@json_option
def command(run: str, onnx: Path | None, as_json: bool) -> None:
    """Write the network of RUN as an ONNX file, which runs without torch.

    RUN is a folder that `trainer fit` wrote, or the name of a network that comes with the package.
    The file takes luma in [0, 1] at a multiple of the network's stride, any size, to logits; a run
    that has one is colourised with by ONNX Runtime, which is faster on CPUs. What the file gives is
    compared with torch before it gets its name.

    \b
    colorunet export runs/mine
    colorunet export colorunet --onnx colorunet.onnx
    """
    from colorunet.parameters.checkpoint import load_run
    from colorunet.parameters.shipped import ONNX_FILE, run_or_shipped
    from colorunet.prediction.onnx_export import export_onnx

    folder = run_or_shipped(run)
    target = onnx or folder / ONNX_FILE
    beside = None if onnx else folder / "best.safetensors"
    apart = export_onnx(load_run(folder).network, target, parameters=beside)
    result = Exported(str(target), target.stat().st_size, apart)
    text = f"{target}: {result.bytes / 1e6:.1f} MB, logits at most {apart:.1g} from torch's"
    emit(result, as_json, text)
