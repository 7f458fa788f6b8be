"""``colorunet export``."""

from pathlib import Path

import click

from colorunet.parameters.shipped import DEFAULT_NETWORK


@click.command(name="export")
@click.argument("run", default=DEFAULT_NETWORK)
@click.option(
    "--onnx",
    type=click.Path(path_type=Path),
    help="File to write.  [default: network.onnx in RUN, where colorizing looks for it]",
)
@click.option(
    "--precision",
    type=click.Choice(["float16", "float32"]),
    default="float16",
    show_default=True,
    help="How parameters are stored; they compute in float32 either way.",
)
def command(run: str, onnx: Path | None, precision: str) -> None:
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
    apart = export_onnx(load_run(folder).network, target, half=precision == "float16")
    click.echo(
        f"{target}: {target.stat().st_size / 1e6:.1f} MB, logits at most {apart:.1g} from torch's"
    )
