"""A calibration as a table: each criterion before and after, for each shard set."""

from collections.abc import Sequence

from trainer.calibration.job import Calibration, Tried
from trainer.evaluation.measure_labels import full_label
from trainer.evaluation.text import averaging_text, decoding_text

_CURVE_POINTS = 8
_LABEL = 32  # characters of the longest label and a gap


def calibration_text(calibration: Calibration, shards: Sequence[str]) -> str:
    """Return the choice, and the figures before and after."""
    before, chosen = calibration.before, calibration.chosen
    lines = [
        f"before: {decoding_text(before.decoding)}",
        f"chosen: {decoding_text(chosen.decoding)}{averaging_text(calibration.averaging)}",
    ]
    if len(calibration.tried) > 1:
        lines.append(
            "averaging by CIEDE2000: " + "; ".join(map(_averaging_figure, calibration.tried))
        )
    for number, name in enumerate(shards):
        lines += [
            "",
            f"{name}: {calibration.photos[number]} photos",
            f"{'':{_LABEL}}{'before':>9}{'chosen':>9}  criterion",
        ]
        for old, new in zip(before.verdicts[number], chosen.verdicts[number], strict=True):
            label = full_label(new.measure)
            met = "" if new.is_met else "  missed"
            values = f"{_number(old.value)}{_number(new.value)}"
            lines.append(f"{label:{_LABEL}}{values}  {new.criterion.range_text}{met}")
    lines += ["", "right against vivid, over the decodings tried (colourfulness: CIEDE2000)"]
    step = max(1, len(calibration.curve) // _CURVE_POINTS)
    points = (f"{p.colorfulness_ratio:.2f}: {p.ciede2000:.2f}" for p in calibration.curve[::step])
    return "\n".join([*lines, "  ".join(points)])


def _averaging_figure(candidate: Tried) -> str:
    scales = " and ".join(f"{scale:g}" for scale in candidate.averaging.scales)
    return (
        f"scale {scales}"
        + ", mirrored" * candidate.averaging.mirrored
        + f" {candidate.ciede2000:.2f}"
    )


def _number(value: float | None) -> str:
    return f"{value:9.2f}" if value is not None else f"{'-':>9}"
