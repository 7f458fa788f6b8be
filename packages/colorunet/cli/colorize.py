"""``colorunet colorize``, also called as ``colorunet PATH…`` and ``trainer colorize``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorfiles.commands import FINISHED_WITH_SKIPS, emit, json_option, overwrite_option, say
from colorfiles.engines.options import engine_options, make_engine
from colorunet.cli.options import (
    album_option,
    evidence_options,
    look_options,
    manifest_option,
    network_option,
    out_option,
    prediction_options,
    significant_bits_option,
)

if TYPE_CHECKING:
    from colorunet.batch.evidence import EvidenceOptions
    from colorunet.batch.outputs import Plan
    from colorunet.batch.painting import ColorOptions
    from colorunet.coloring.options import PredictionOptions
    from colorunet.coloring.steering.album import Album


@click.command(name="colorize")
@click.argument(
    "paths", metavar="[RUN] IMAGE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@out_option
@look_options
@click.option(
    "--compare", is_flag=True, help="Also write NAME-compare.jpg: gray and colour side by side."
)
@network_option
@prediction_options
@click.option(
    "--working-edge",
    type=click.IntRange(32, 2048),
    default=256,
    show_default=True,
    help="Shorter edge at which the network sees a photo, in pixels.",
)
@significant_bits_option
@album_option
@evidence_options
@engine_options
@manifest_option
@overwrite_option
@json_option
def command(
    paths: tuple[Path, ...],
    out: Path,
    network: str | None,
    color_options: "ColorOptions",
    vividness: float | None,
    compare: bool,
    prediction: "PredictionOptions",
    working_edge: int,
    significant_bits: int | None,
    album: Path | None,
    evidence_options: "EvidenceOptions",
    engine: str,
    workers: int | None,
    ray_address: str | None,
    manifest: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Colourise photos, folders of photos, and films.

    Any size in, the same size out: the luma is kept, colour is added. Folders keep their
    structure, photos their format, depth, pages and metadata; what is lost is reported. An output
    that exists is kept, so that a stopped call can be resumed. Images that can't be used are
    named and skipped; the command then exits with 3. Films keep frames, times and sound, and don't
    flicker (extra `video`). RUN, a folder that `trainer fit` wrote, replaces the network that comes
    with the package. --engine ray colours photos on all cores of a cluster that reaches photos,
    outputs and network at the same paths.

    \b
    colorunet photo.jpg -o photo-in-colour.jpg
    colorunet album/ -o album-in-colour --warmth 0.2 --compare
    colorunet photo.jpg --versions 4
    trainer colorize runs/mine photo.jpg --out coloured
    """
    from colorfiles.progress import progress
    from colorunet.batch.call import ColorizeRequest, plan_call
    from colorunet.batch.files import colorize
    from colorunet.batch.summary import detail_lines, summary_text
    from colorunet.errors import InvalidRequest

    where = {"engine": engine, "workers": workers, "ray_address": ray_address}
    is_elsewhere = engine == "ray" or ray_address or workers
    request = ColorizeRequest(
        paths,
        out,
        network=network,
        prediction=prediction,
        vividness=vividness,
        working_edge_px=working_edge,
        color_options=color_options,
        significant_bits=significant_bits,
        compare=compare,
        album=album,
        evidence=evidence_options,
        engine=make_engine(where) if is_elsewhere else None,
        manifest=manifest,
        overwrite=overwrite,
    )
    try:
        call = plan_call(request)
    except InvalidRequest as error:
        raise click.UsageError(str(error)) from None
    if album is not None:
        call = call.with_album(_opened(album, call.plan))
    with progress("colourising", call.steps) as report:
        summary = colorize(call, report=report, say=say)
    for line in detail_lines(summary):
        say(line)
    emit(summary, as_json, summary_text(summary))
    if summary.skipped or summary.damaged:
        raise SystemExit(FINISHED_WITH_SKIPS)


def _opened(folder: Path, plan: "Plan") -> "Album":
    """Open an album; new and changed photos are read."""
    from colorfiles.progress import progress
    from colorunet.coloring.steering.album import Album
    from colorunet.coloring.steering.album_index import photo_names
    from colorunet.evidence.network_mark import parameters_sha256
    from colorunet.parameters.shipped import shipped_run

    if plan.has_clips:
        say("clips are coloured without the album; --reference FRAME@TIME is for them")
    names, network = photo_names(folder), shipped_run()
    with progress("reading the album", len(names)) as report:
        album = Album.open(folder, names, network, parameters_sha256(network), report=report)
    say(album.summary)
    return album
