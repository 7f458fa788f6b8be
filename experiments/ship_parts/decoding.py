"""Decoding of a shipped network: the run's own, or that of `trainer calibrate`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from colorunet.coloring.averaging import Averaging
from colorunet.coloring.decoding import Decoding
from colorunet.parameters.checkpoint import Trained

RULE = (
    "`trainer calibrate` chose it: what falls least short of the criteria below in sum over the "
    "sets, among temperatures, cautions, saturations and offsets of the bins."
)
KEPT = "It is the run's own, chosen before."


@dataclass(frozen=True)
class DecodingChoice:
    """Averaging and decoding, their origin, and the criteria on the split val.

    ``photos`` counts the photos of each set; ``bars`` are those of ``trainer calibrate --json``;
    ``curve`` is of right against vivid.
    """

    averaging: Averaging
    decoding: Decoding
    is_own: bool
    photos: Mapping[str, int]
    bars: Mapping[str, list[Mapping[str, Any]]]
    curve: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        """Entry in ``best.json``."""
        return {"averaging": asdict(self.averaging), "decoding": asdict(self.decoding)}


def choose_decoding(
    trained: Trained, calibration: Mapping[str, Any], names: tuple[str, ...]
) -> DecodingChoice:
    """Take a calibration's choice, unless the run was calibrated before; ``names`` of its sets."""
    is_own = bool(trained.meta.get("decoding"))
    figures = calibration["before" if is_own else "chosen"]
    averaging = trained.meta.get("averaging", {}) if is_own else calibration["averaging"]
    return DecodingChoice(
        averaging=Averaging.of_run({"averaging": averaging}),
        decoding=Decoding.of_run({"decoding": figures["decoding"]}),
        is_own=is_own,
        photos=dict(zip(names, calibration["photos"], strict=True)),
        bars=dict(zip(names, figures["verdicts"], strict=True)),
        curve=calibration.get("curve", []),
    )
