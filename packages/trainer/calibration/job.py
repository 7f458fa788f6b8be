"""What ``trainer calibrate`` does: load, choose, and write the decoding into the run."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from trainer.calibration.choose import Candidate, choose, judged
from trainer.calibration.held_out import HeldOut, Watch
from trainer.checkpoint import load_run, read_meta
from trainer.colorizer import Colorizer, Decoding, best_device
from trainer.evaluation.evaluate import require_same_palette, unwatched
from trainer.files import write_atomically
from trainer.shard_set import ShardSet


@dataclass(frozen=True)
class Calibration:
    """What was chosen; ``before`` is the run's own decoding."""

    run: str
    photos: list[int]
    before: Candidate
    chosen: Candidate


def calibrate_run(
    run: Path,
    shard_paths: Sequence[str],
    *,
    split: str = "val",
    limit: int = 200,
    write: bool = True,
    watch: Watch = unwatched,
    report: Callable[[], None] = lambda: None,
) -> Calibration:
    """Choose a decoding for a run and write it into the JSON beside its best parameters.

    Args:
        shard_paths: sets of the run's palette; each counts alike.
        limit: photos of each set at most.
        write: False only says what would be chosen.

    Raises:
        TrainerError: a set has another palette or no photos in the split, or the run can't be read.
    """
    trained = load_run(run)
    before = Decoding.of_run(trained.meta, temperature=None)
    colorizer = Colorizer(trained.network, trained.palette, decoding=before, device=best_device())
    sets = []
    for path in shard_paths:
        shards = ShardSet.open(path)
        require_same_palette(trained.palette, shards)
        sets.append(HeldOut(colorizer, shards, split, limit, watch))
    chosen = choose(sets, trained.palette.n, report=report)
    if write:
        meta = read_meta(run, "best") | {"decoding": asdict(chosen.decoding)}
        with write_atomically(run / "best.json") as temporary:
            temporary.write_text(json.dumps(meta, indent=1) + "\n")
    return Calibration(
        run=str(run),
        photos=[len(held) for held in sets],
        before=judged(sets, before)[1],
        chosen=chosen,
    )
