"""Colouring of a plan's photos on an engine, in parts for separate processes."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from colorfiles.engines.engine import Engine
from colorfiles.files import sweep_abandoned
from colorunet.batch.outputs import Job
from colorunet.batch.runner import Done, run_jobs
from colorunet.batch.settings import ColorizeSettings
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions

_PART = 32  # photos: seconds of work, so that a lost worker costs little and a task's start nothing


@dataclass(frozen=True)
class PartWork:
    """Colours a part of a plan in a worker; picklable.

    Args:
        run: the folder of the network, where every worker can read it.
        options: of the prediction.
        working_edge_px: the shorter edge at which the network sees a photo.
        settings: how photos are read, coloured and written.
    """

    run: Path
    options: PredictionOptions
    working_edge_px: int
    settings: ColorizeSettings

    def __call__(self, part: "Part") -> list[Done | Exception]:
        """Colour photos one after the other and return an outcome for each."""
        colorizer = _loaded(self.run, self.options, self.working_edge_px)
        return [outcome for _, outcome in run_jobs(colorizer, list(part.jobs), self.settings)]


@dataclass(frozen=True)
class Part:
    """Some jobs of a plan, from number ``start`` on."""

    start: int
    jobs: tuple[Job, ...]


def run_jobs_on(
    engine: Engine, work: PartWork, jobs: Sequence[Job]
) -> Iterator[tuple[Job, Done | Exception]]:
    """Yield each job with its outcome, in the order in which parts end.

    At the end, temporary files of workers that died are deleted beside the outputs.

    Args:
        engine: whose workers reach photos, outputs and network at the same paths as this process.
        work: what they do.
        jobs: of the plan.
    """
    here = os.getcwd()
    parts = [
        Part(start, tuple(_absolute(job, here) for job in jobs[start : start + _PART]))
        for start in range(0, len(jobs), _PART)
    ]
    for part, outcomes in engine.run(replace(work, run=work.run.resolve()), parts):
        yield from zip(jobs[part.start : part.start + _PART], outcomes, strict=True)
    for folder in {job.target.parent for job in jobs}:
        sweep_abandoned(folder)


def _absolute(job: Job, folder: str) -> Job:
    """Return a job with absolute paths: workers run in other folders."""
    return replace(
        job,
        source=replace(job.source, name=os.path.join(folder, job.source.name)),
        name=os.path.join(folder, job.name),
        compare_name=os.path.join(folder, job.compare_name) if job.compare_name else "",
    )


@cache
def _loaded(run: Path, options: PredictionOptions, working_edge_px: int) -> Colorizer:
    return Colorizer.load(run, options, working_edge_px=working_edge_px, threads=1)
