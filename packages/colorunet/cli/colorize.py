"""``colorunet colorize``, which ``colorunet PATH…`` and ``trainer colorize`` are too."""

from pathlib import Path

import click

from colorfiles.commands import FINISHED_WITH_SKIPS, emit, json_option, overwrite_option, say
from colorunet.cli.options import (
    mirrored_option,
    saturation_option,
    scales_option,
    temperature_option,
)


@click.command(name="colorize")
@click.argument(
    "paths", metavar="[RUN] IMAGE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("colorized"),
    show_default=True,
    help="Folder of the coloured images to write.",
)
@temperature_option
@saturation_option
@scales_option
@mirrored_option
@click.option(
    "--working-edge",
    type=click.IntRange(32, 2048),
    default=256,
    show_default=True,
    help="Shorter edge at which the network sees a photo, in pixels.",
)
@overwrite_option
@json_option
def command(
    paths: tuple[Path, ...],
    out: Path,
    temperature: float | None,
    saturation: float | None,
    scales: tuple[float, ...] | None,
    mirrored: bool | None,
    working_edge: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Colourise IMAGEs, or folders of them, with the network of RUN.

    RUN is a folder that `trainer fit` wrote; without one the network that comes with the package
    is used. Any size in, the same size out: the luma is kept, colour is added. JPEG gives JPEG,
    all else PNG. Images that can't be used are named and skipped; the command then exits with 3.
    """
    from colorfiles.progress import progress
    from colorunet.parameters.checkpoint import load_run
    from colorunet.parameters.shipped import SHIPPED_NETWORK, is_run, shipped_run
    from colorunet.prediction.colorizer import Colorizer
    from colorunet.prediction.files import colorize_files, expand

    given_run = is_run(paths[0])
    images = paths[1:] if given_run else paths
    if not images:
        raise click.UsageError(f"{paths[0]} is a run; name the images to colourise after it")
    trained = load_run(paths[0] if given_run else shipped_run())
    colorizer = Colorizer.of_run(
        trained,
        temperature=temperature,
        saturation=saturation,
        scales=scales,
        mirrored=mirrored,
        working_edge_px=working_edge,
    )
    with progress("colourising", len(expand(images, out))) as report:
        summary = colorize_files(
            colorizer,
            images,
            out,
            network=str(paths[0]) if given_run else SHIPPED_NETWORK,
            overwrite=overwrite,
            report=report,
        )
    for skip in summary.skips:
        say(f"{skip.input}: {skip.reason}; skipped")
    emit(summary, as_json, f"{summary.colorized} images in {out}, {summary.skipped} skipped")
    if summary.skipped:
        raise SystemExit(FINISHED_WITH_SKIPS)
