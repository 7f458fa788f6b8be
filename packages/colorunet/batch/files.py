"""Colourises photos, clips and folders as planned: outputs, a manifest, and a summary."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from colorfiles.progress import ProgressCallback, silent
from colorunet.batch.call import Call
from colorunet.batch.cluster import run_jobs_on
from colorunet.batch.manifest import Manifest, row_of
from colorunet.batch.outputs import Job, plan_outputs
from colorunet.batch.runner import Done, run_jobs
from colorunet.batch.settings import ColorizeSettings
from colorunet.batch.summary import ColorizeSummary, Result, result_of, summarize
from colorunet.coloring.colorizer import Colorizer
from colorunet.errors import ColorunetError
from colorunet.evidence.network_mark import mark_of_named
from colorunet.video.clip_formats import CLIP
from colorunet.video.clips import quiet


def colorize_files(
    colorizer: Colorizer,
    inputs: Sequence[Path],
    out: Path,
    *,
    network: str,
    overwrite: bool = False,
    report: ProgressCallback = silent,
    settings: ColorizeSettings | None = None,
    marked: bool = True,
) -> ColorizeSummary:
    """Colourise files, and all in folders, into ``out``; unusable ones are skipped.

    Args:
        colorizer: what gives the colours.
        inputs: files and folders.
        out: the folder of the outputs, made where it is missing; or one file for one photo.
        network: the name of the network in the summary.
        overwrite: replace outputs that are there; an input is never replaced.
        report: called once per file, and once per frame of a clip.
        settings: how photos are read, coloured and written.
        marked: whether outputs say in their metadata that their colours were added.

    Raises:
        ColorunetError: nothing to do, a path that doesn't exist, or an output that is an input.
    """
    settings = replace(settings or ColorizeSettings(), overwrite=overwrite)
    if marked and settings.evidence.mark is None:
        evidence = replace(settings.evidence, mark=mark_of_named(network))
        settings = replace(settings, evidence=evidence)
    plan = plan_outputs(inputs, out, versions=settings.color_options.versions)
    return colorize(Call(plan, network, colorizer, settings), report=report)


def colorize(
    call: Call, *, report: ProgressCallback = silent, say: Callable[[str], None] = quiet
) -> ColorizeSummary:
    """Carry out a planned call.

    Args:
        call: see ``plan_call``.
        report: called once per file, and once per frame of a clip.
        say: receives messages on a clip before its first frame is coloured.

    Raises:
        ColorunetError: the folder of the outputs can't be made.
    """
    try:
        call.plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ColorunetError(f"{call.plan.out}: {error.strerror}; give another --out") from None
    results: list[Result] = []
    skipped = 0
    with Manifest.writing(call.manifest) if call.manifest else nullcontext() as manifest:
        jobs = call.plan.jobs
        if manifest is not None:
            jobs = [replace(job, is_recorded=manifest.has(job.name)) for job in jobs]
        for job, outcome in _outcomes(call, jobs, report, say):
            if manifest is not None:
                manifest.add(row_of(job, outcome, call.network))
            results.append(result_of(job, outcome))
            skipped += isinstance(outcome, Exception)
            report(note=f"{skipped} skipped" if skipped else None)
    return summarize(call, results)


def _outcomes(
    call: Call, jobs: list[Job], report: ProgressCallback, say: Callable[[str], None]
) -> Iterator[tuple[Job, Done | Exception]]:
    """Yield each job with its outcome; an engine takes the photos, clips are coloured here."""
    if call.engine is not None and call.work is not None:
        photos = [job for job in jobs if job.source.format != CLIP]
        yield from run_jobs_on(call.engine, call.work, photos)
        jobs = [job for job in jobs if job.source.format == CLIP]
    yield from run_jobs(call.colorizer, jobs, call.settings, report=report, say=say)
