"""Which decoding a network is shipped with: the run's own, or what `trainer calibrate` chooses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainer.checkpoint import Trained
from trainer.colorizer import Decoding

RULE = (
    "`trainer calibrate` chose it: what falls least short of the bars below in sum over both sets, "
    "among temperatures, saturations and offsets of the bins."
)
KEPT = "It is the run's own, chosen before."


@dataclass(frozen=True)
class Chosen:
    """A decoding, whether the run brought it along, and its bars on each set, on the split val.

    ``photos`` counts the photos of each set; ``bars`` are those of ``trainer calibrate --json``.
    """

    decoding: Decoding
    is_own: bool
    photos: Mapping[str, int]
    bars: Mapping[str, list[Mapping[str, Any]]]


def chosen_decoding(
    trained: Trained, calibration: Mapping[str, Any], names: tuple[str, ...]
) -> Chosen:
    """Take a calibration's choice, unless the run was calibrated before; ``names`` of its sets."""
    is_own = bool(trained.meta.get("decoding"))
    taken = calibration["before" if is_own else "chosen"]
    return Chosen(
        decoding=Decoding.of_run({"decoding": taken["decoding"]}, temperature=None),
        is_own=is_own,
        photos=dict(zip(names, calibration["photos"], strict=True)),
        bars=dict(zip(names, taken["bars"], strict=True)),
    )
