"""The job of ``trainer calibrate``: load, choose, and write the decoding into the run."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from colorfiles.files import write_atomically
from colorfiles.locks import only_writer
from colorfiles.progress import ProgressCallback, silent
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.options import PredictionOptions
from colorunet.parameters.checkpoint import load_run
from colorunet.parameters.meta import read_meta
from trainer.calibration.choose import DECODINGS, JudgedDecoding, choose, judged
from trainer.calibration.held_out import HeldOut, Watch
from trainer.data.shard_set import ShardSet
from trainer.evaluation.evaluate import require_same_palette, unwatched

_SCALES = ((1.0,), (0.5, 1.0))  # what is tried where the user names none


@dataclass(frozen=True)
class Tried:
    """An averaging, with its mean CIEDE2000 under the run's own decoding."""

    averaging: Averaging
    ciede2000: float


@dataclass(frozen=True)
class CurvePoint:
    """A decoding on the curve of error against colourfulness: means over the sets.

    None of the decodings tried with this colourfulness or more has a smaller error.
    """

    colorfulness_ratio: float
    ciede2000: float
    decoding: Decoding


@dataclass(frozen=True)
class Calibration:
    """Result of a calibration; ``before`` has the run's own averaging and decoding."""

    run: str
    photos: list[int]
    tried: list[Tried]
    averaging: Averaging
    before: JudgedDecoding
    chosen: JudgedDecoding
    curve: list[CurvePoint]


def _unreported(_: int) -> AbstractContextManager[ProgressCallback]:
    return nullcontext(silent)


def calibrate_run(
    run: Path,
    shard_paths: Sequence[str],
    *,
    split: str = "val",
    limit: int = 100,
    options: PredictionOptions | None = None,
    write: bool = True,
    watch: Watch = unwatched,
    reporting: Callable[[int], AbstractContextManager[ProgressCallback]] = _unreported,
) -> Calibration:
    """Choose averaging and decoding for a run and write them beside its best parameters.

    The averaging with the lowest colour error is taken first, then the decoding for it.

    Args:
        shard_paths: sets of the run's palette; each counts alike.
        limit: photos of each set at most.
        options: of the averaging; several scales are tried where it names none.
        write: False leaves the run unchanged.
        watch: reports progress of the measuring.
        reporting: returns the progress of a number of decodings.

    Raises:
        TrainerError: a set has another palette or no photos in the split, or the run can't be read.
    """
    trained = load_run(run)
    opened = [ShardSet.open(path) for path in shard_paths]
    for shards in opened:
        require_same_palette(trained.palette, shards)
    own = Colorizer.of_run(trained)
    options = options or PredictionOptions()

    def held_out(averaging: Averaging) -> list[HeldOut]:
        colorizer = Colorizer.of_run(trained, PredictionOptions(**asdict(averaging)))
        return [HeldOut(colorizer, shards, split, limit, watch) for shards in opened]

    base = options.averaging(trained.meta)
    averagings = [base] if options.scales else [replace(base, scales=each) for each in _SCALES]
    sets = {each: held_out(each) for each in dict.fromkeys((own.averaging, *averagings))}
    tried = [Tried(each, _error(sets[each], own.decoding)) for each in averagings]
    best = min(tried, key=lambda candidate: candidate.ciede2000).averaging
    with reporting(DECODINGS) as report:
        chosen, candidates = choose(sets[best], trained.palette.n, report=report)
    if write:
        choice = {"averaging": asdict(best), "decoding": asdict(chosen.decoding)}
        with only_writer(run), write_atomically(run / "best.json") as temporary:
            meta = read_meta(run, "best") | choice
            temporary.write_text(json.dumps(meta, indent=1) + "\n")
    return Calibration(
        run=str(run),
        photos=[len(held) for held in sets[best]],
        tried=tried,
        averaging=best,
        before=judged(sets[own.averaging], own.decoding),
        chosen=chosen,
        curve=_curve(candidates),
    )


def _error(sets: Sequence[HeldOut], decoding: Decoding) -> float:
    return float(np.mean([held.judge(decoding)[1] for held in sets]))


def _curve(candidates: Sequence[JudgedDecoding]) -> list[CurvePoint]:
    """Return the Pareto-optimal decodings by error and colourfulness, the least colourful first."""
    points = [
        CurvePoint(_mean_colorfulness(each), float(np.mean(each.ciede2000)), each.decoding)
        for each in candidates
    ]
    front: list[CurvePoint] = []
    for point in sorted(points, key=lambda p: (-p.colorfulness_ratio, p.ciede2000)):
        if not front or point.ciede2000 < front[-1].ciede2000:
            front.append(point)
    return front[::-1]


def _mean_colorfulness(candidate: JudgedDecoding) -> float:
    values = [
        verdict.value or 0.0
        for of_set in candidate.verdicts
        for verdict in of_set
        if verdict.measure == "colorfulness_ratio"
    ]
    return float(np.mean(values))
