"""Photos and folders to colour, and what a person is told of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from colorfiles.progress import ProgressCallback, silent
from colorunet.batch.clip_formats import CLIP
from colorunet.batch.manifest import Manifest, ManifestRow
from colorunet.batch.outputs import Job, Plan, plan_outputs
from colorunet.batch.runner import ClipColorizer, Done, reason_of, run_jobs
from colorunet.batch.settings import ColorizeSettings
from colorunet.batch.sources import words_of
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.toning import Toning
from colorunet.errors import ColorunetError
from colorunet.evidence.network_mark import mark_of_named


@dataclass(frozen=True)
class ColorizedImage:
    """One output.

    Args:
        input: the photo.
        output: the coloured one.
        width: in pixels, upright.
        height: likewise.
        seconds: from reading to writing; others are in work at the same time.
        pages: coloured; of a clip its frames.
        notes: what was assumed, and what couldn't be kept.
        compare: the picture that shows both, "" for none.
        version: of the photo, from 1, the most likely; 0 where only one was asked for.
        likelihood: of that version, in (0, 1); see ``Version``.
        flicker: of a clip: mean change of U and V along what stays the same from frame to frame.
        lost: frames that a clip should have and hasn't, or that are damaged.
    """

    input: str
    output: str
    width: int
    height: int
    seconds: float
    pages: int = 1
    notes: tuple[str, ...] = ()
    compare: str = ""
    version: int = 0
    likelihood: float = 0.0
    flicker: float | None = None
    lost: int = 0


@dataclass(frozen=True)
class SkippedImage:
    """One input that couldn't be used, or whose output couldn't be written, and why."""

    input: str
    reason: str


@dataclass(frozen=True)
class ColorizeSummary:
    """What a call of ``trainer colorize`` did.

    Args:
        out: the folder of the outputs.
        network: its name, or its folder.
        decoding: how logits became colours.
        averaging: which versions of a photo the network saw.
        toning: what was done to the colours.
        colorized: outputs written.
        kept: outputs that were there already, and whole.
        skipped: photos without an output.
        damaged: clips whose output lacks frames that they should have, or has damaged ones.
        left_out: what else was in the folders and wasn't looked at, in words.
        images: the outputs written.
        skips: the photos without one.
    """

    out: str
    network: str
    decoding: Decoding
    averaging: Averaging
    toning: Toning
    colorized: int
    kept: int
    skipped: int
    damaged: int
    left_out: tuple[str, ...]
    images: list[ColorizedImage]
    skips: list[SkippedImage]


def colorize_files(
    colorizer: Colorizer,
    inputs: Sequence[Path],
    out: Path,
    *,
    network: str,
    overwrite: bool = False,
    report: ProgressCallback = silent,
    settings: ColorizeSettings | None = None,
    clips: ClipColorizer | None = None,
    marked: bool = True,
) -> ColorizeSummary:
    """Colourise files, and all photos in folders, into ``out``; broken ones are skipped.

    Args:
        colorizer: what gives the colours.
        inputs: files and folders.
        out: the folder of the outputs, made where it is missing; or one file for one photo.
        network: what the network is called in the summary.
        overwrite: make outputs anew that are there; an input is never replaced.
        report: told of every photo.
        settings: how photos are read, coloured and written.
        clips: what colours clips; without it they are skipped.
        marked: whether outputs say in their metadata that their colours were added.

    Raises:
        ColorunetError: nothing to do, a path that doesn't exist, or an output that is an input.
    """
    settings = replace(settings or ColorizeSettings(), overwrite=overwrite)
    if marked and settings.evidence.mark is None:
        evidence = replace(settings.evidence, mark=mark_of_named(network))
        settings = replace(settings, evidence=evidence)
    plan = plan_outputs(inputs, out, versions=settings.wishes.versions)
    return colorize_plan(colorizer, plan, settings, network=network, report=report, clips=clips)


def colorize_plan(
    colorizer: Colorizer,
    plan: Plan,
    settings: ColorizeSettings,
    *,
    network: str,
    report: ProgressCallback = silent,
    elsewhere: Callable[[list[Job]], Iterator[tuple[Job, Done | Exception]]] | None = None,
    manifest: Manifest | None = None,
    clips: ClipColorizer | None = None,
) -> ColorizeSummary:
    """Colourise what is planned; see ``colorize_files``.

    Args:
        colorizer: what gives the colours.
        plan: what is to be done.
        settings: how photos are read, coloured and written.
        network: what the network is called in the summary.
        report: told of every photo.
        elsewhere: what colours the photos instead, such as ``run_jobs_on`` with an engine; clips
            are coloured here.
        manifest: where each photo's outcome is written.
        clips: what colours clips; without it they are skipped.

    Raises:
        ColorunetError: the folder of the outputs can't be made.
    """
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ColorunetError(f"{plan.out}: {error.strerror}; give another --out") from None
    images: list[ColorizedImage] = []
    skips: list[SkippedImage] = []
    kept = 0
    jobs = plan.jobs
    if manifest is not None:
        jobs = [replace(job, is_recorded=manifest.has(job.name)) for job in jobs]
    photos = [job for job in jobs if elsewhere and job.source.format != CLIP]
    here = [job for job in jobs if not elsewhere or job.source.format == CLIP]
    outcomes = elsewhere(photos) if elsewhere else iter(())
    for job, outcome in chain(outcomes, run_jobs(colorizer, here, settings, clips)):
        if manifest is not None:
            manifest.add(_row(job, outcome, network))
        if isinstance(outcome, Exception):
            skips.append(SkippedImage(job.source.name, reason_of(outcome)))
        elif outcome.kept:
            kept += 1
        else:
            images.append(_colorized_image(job, outcome))
        report(note=f"{len(skips)} skipped" if skips else None)
    return ColorizeSummary(
        out=str(plan.out),
        network=network,
        decoding=colorizer.decoding,
        averaging=colorizer.averaging,
        toning=settings.wishes.toning,
        colorized=len(images),
        kept=kept,
        skipped=len(skips),
        damaged=sum(image.lost > 0 for image in images),
        left_out=tuple(words_of(plan.sources.left_out)),
        images=images,
        skips=skips,
    )


def _row(job: Job, outcome: Done | Exception, network: str) -> ManifestRow:
    if isinstance(outcome, Exception):
        return ManifestRow(job.source.name, job.name, "skipped", reason=reason_of(outcome))
    if outcome.kept:
        return ManifestRow(job.source.name, job.name, "kept", compare=job.compare_name)
    return ManifestRow(
        job.source.name,
        job.name,
        "colorized",
        network=network,
        width=outcome.size[0],
        height=outcome.size[1],
        pages=outcome.pages,
        compare=job.compare_name,
        notes=outcome.notes,
        bytes=job.target.stat().st_size,
    )


def _colorized_image(job: Job, done: Done) -> ColorizedImage:
    return ColorizedImage(
        input=job.source.name,
        output=job.name,
        width=done.size[0],
        height=done.size[1],
        seconds=done.seconds,
        pages=done.pages,
        notes=done.notes,
        compare=job.compare_name,
        version=job.version,
        likelihood=done.likelihood,
        flicker=done.flicker,
        lost=done.lost,
    )
