"""``colorunet colorize``, which ``colorunet PATH…`` and ``trainer colorize`` are too."""

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorfiles.commands import FINISHED_WITH_SKIPS, emit, json_option, overwrite_option, say
from colorfiles.engines.options import engine_options, make_engine
from colorfiles.outside.words import shown
from colorunet.cli.options import (
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
    from colorunet.batch.files import ColorizeSummary
    from colorunet.batch.outputs import Plan
    from colorunet.batch.painting import Wishes
    from colorunet.coloring.options import PredictionOptions


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
@evidence_options
@engine_options
@manifest_option
@overwrite_option
@json_option
def command(
    paths: tuple[Path, ...],
    out: Path,
    network: str | None,
    wishes: "Wishes",
    vividness: float | None,
    compare: bool,
    prediction: "PredictionOptions",
    working_edge: int,
    significant_bits: int | None,
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
    structure, photos their format, depth, pages and metadata; what can't be kept is said. An output
    that is there is kept, so that a call that was stopped goes on. Images that can't be used are
    named and skipped; the command then exits with 3. Films keep frames, times and sound, and don't
    flicker (extra `video`). RUN, a folder that `trainer fit` wrote, takes the place of the network
    that comes with the package. --engine ray colours photos on all cores of a cluster that reaches
    photos, outputs and network at the same paths.

    \b
    colorunet photo.jpg -o photo-in-colour.jpg
    colorunet album/ -o album-in-colour --warmth 0.2 --compare
    colorunet photo.jpg --versions 4
    trainer colorize runs/mine photo.jpg --out coloured
    """
    from colorfiles.progress import progress
    from colorunet.batch.cluster import PartWork, run_jobs_on
    from colorunet.batch.files import colorize_plan
    from colorunet.batch.manifest import FILE as MANIFEST
    from colorunet.batch.manifest import Manifest
    from colorunet.batch.settings import ColorizeSettings
    from colorunet.coloring.colorizer import Colorizer
    from colorunet.coloring.toning import as_vivid
    from colorunet.parameters.meta import read_meta
    from colorunet.parameters.shipped import DEFAULT_NETWORK, network_name, shipped_run
    from colorunet.video.clips import Clips, frames_promised

    if prediction.temperature is not None and vividness is not None:
        raise click.UsageError("--vividness sets the temperature; give one of them")
    run, images = _run_and_images(paths, network)
    plan = _plan(images, out, wishes, compare=compare)
    name = str(run or network_name(network or DEFAULT_NETWORK))
    run = run or shipped_run(name)
    if vividness is not None:
        prediction = as_vivid(prediction, read_meta(run, "best"), vividness)
    colorizer = Colorizer.load(run, prediction, working_edge_px=working_edge)
    settings = ColorizeSettings(overwrite, wishes, significant_bits)
    evidence = evidence_options.evidence(run, name, colorizer, settings)
    settings = replace(settings, evidence=evidence)
    elsewhere = None
    if engine == "ray" or ray_address or workers:
        where = {"engine": engine, "workers": workers, "ray_address": ray_address}
        work = PartWork(run, prediction, working_edge, settings)
        elsewhere = partial(run_jobs_on, make_engine(where), work)
        manifest = manifest or plan.out / MANIFEST
    if settings.evidence.mark is None and plan.out == out:  # else no rerun knew its outputs
        manifest = manifest or plan.out / MANIFEST
    with (
        progress("colourising", len(plan.jobs) + frames_promised(plan.jobs, overwrite)) as report,
        Manifest.writing(manifest) if manifest else nullcontext() as lines,
    ):
        summary = colorize_plan(
            colorizer,
            plan,
            settings,
            network=name,
            report=report,
            elsewhere=elsewhere,
            manifest=lines,
            clips=Clips(colorizer, settings, report, say),
        )
    _tell(summary, as_json)
    if summary.skipped or summary.damaged:
        raise SystemExit(FINISHED_WITH_SKIPS)


def _run_and_images(
    paths: tuple[Path, ...], network: str | None
) -> tuple[Path | None, tuple[Path, ...]]:
    """Return the run, where the first path is one, and the other paths."""
    from colorunet.parameters.shipped import is_run

    if not is_run(paths[0]):
        return None, paths
    if len(paths) == 1:
        raise click.UsageError(f"{paths[0]} is a run; name the images to colourise after it")
    if network:
        raise click.UsageError(f"{paths[0]} is a run; give it or --network, not both")
    return paths[0], paths[1:]


def _plan(images: tuple[Path, ...], out: Path, wishes: "Wishes", *, compare: bool) -> "Plan":
    from colorunet.batch.clip_formats import CLIP
    from colorunet.batch.outputs import plan_outputs
    from colorunet.batch.sources import require_paths
    from colorunet.errors import ColorunetError

    try:
        require_paths(images)
    except ColorunetError as error:
        raise click.UsageError(str(error)) from None
    plan = plan_outputs(images, out, compare=compare, versions=wishes.versions)
    if images[0] in plan.sources.empty:
        raise click.UsageError(f"{images[0]}: neither a run nor a folder with images in it")
    if wishes.steering.hints and len(plan.sources.photos) > 1:
        raise click.UsageError("--hints are pixels of one photo or clip; give one, or no hints")
    if wishes.timed.has_times and all(one.format != CLIP for one in plan.sources.photos):
        raise click.UsageError("a time in --reference or --hints is for clips")
    return plan


def _tell(summary: "ColorizeSummary", as_json: bool) -> None:
    for image in summary.images:
        if image.version:
            say(f"{shown(image.output)}: likelihood {image.likelihood:.2f}")
        if image.notes:
            say(f"{shown(image.input)}: {'; '.join(image.notes)}")
    for skip in summary.skips:
        say(f"{shown(skip.input)}: {skip.reason}; skipped")
    if summary.left_out:
        say(f"not looked at: {', '.join(summary.left_out)}")
    kept = f", {summary.kept} kept that were there (--overwrite makes them anew)"
    emit(
        summary,
        as_json,
        f"{summary.colorized} images in {shown(summary.out)}{kept if summary.kept else ''}, "
        f"{summary.skipped} skipped",
    )
