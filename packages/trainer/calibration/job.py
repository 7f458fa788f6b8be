"""What ``trainer calibrate`` does: load, choose, and write the decoding into the run."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from colorfiles.files import write_atomically
from colorfiles.locks import only_writer
from colorunet.parameters.checkpoint import load_run, read_meta
from colorunet.prediction.colorizer import Colorizer, Decoding
from colorunet.prediction.test_time_augmentation import Averaging
from trainer.calibration.choose import Candidate, choose, judged
from trainer.calibration.held_out import HeldOut, Watch
from trainer.data.shard_set import ShardSet
from trainer.evaluation.evaluate import require_same_palette, unwatched

_SCALES = ((1.0,), (0.5, 1.0))  # what is tried where the user names none


@dataclass(frozen=True)
class Tried:
    """A way to average and the mean CIEDE2000 that it comes to with the run's own decoding."""

    averaging: Averaging
    ciede2000: float


@dataclass(frozen=True)
class Calibration:
    """What was chosen; ``before`` is with the run's own averaging and decoding."""

    run: str
    photos: list[int]
    tried: list[Tried]
    averaging: Averaging
    before: Candidate
    chosen: Candidate


def calibrate_run(
    run: Path,
    shard_paths: Sequence[str],
    *,
    split: str = "val",
    limit: int = 200,
    scales: tuple[float, ...] | None = None,
    mirrored: bool | None = None,
    write: bool = True,
    watch: Watch = unwatched,
    report: Callable[[], None] = lambda: None,
) -> Calibration:
    """Choose averaging and decoding for a run and write them beside its best parameters.

    The averaging with the lowest colour error is taken first, then the decoding for it.

    Args:
        shard_paths: sets of the run's palette; each counts alike.
        limit: photos of each set at most.
        scales: the averaging's; several are tried where it is None.
        mirrored: the same; None is the run's own.
        write: False only says what would be chosen.

    Raises:
        TrainerError: a set has another palette or no photos in the split, or the run can't be read.
    """
    trained = load_run(run)
    opened = [ShardSet.open(path) for path in shard_paths]
    for shards in opened:
        require_same_palette(trained.palette, shards)
    own = Colorizer.of_run(trained)

    def held_out(averaging: Averaging) -> list[HeldOut]:
        colorizer = Colorizer.of_run(trained, scales=averaging.scales, mirrored=averaging.mirrored)
        return [HeldOut(colorizer, shards, split, limit, watch) for shards in opened]

    also = own.averaging.mirrored if mirrored is None else mirrored
    asked = [Averaging(each, also) for each in ((scales,) if scales else _SCALES)]
    sets = {averaging: held_out(averaging) for averaging in dict.fromkeys((own.averaging, *asked))}
    tried = [Tried(averaging, _error(sets[averaging], own.decoding)) for averaging in asked]
    best = min(tried, key=lambda one: one.ciede2000).averaging
    chosen = choose(sets[best], trained.palette.n, report=report)
    if write:
        settled = {"averaging": asdict(best), "decoding": asdict(chosen.decoding)}
        meta = read_meta(run, "best") | settled
        with only_writer(run), write_atomically(run / "best.json") as temporary:
            temporary.write_text(json.dumps(meta, indent=1) + "\n")
    return Calibration(
        run=str(run),
        photos=[len(held) for held in sets[best]],
        tried=tried,
        averaging=best,
        before=judged(sets[own.averaging], own.decoding)[1],
        chosen=chosen,
    )


def _error(sets: Sequence[HeldOut], decoding: Decoding) -> float:
    return float(np.mean([held.judge(decoding)[1] for held in sets]))
