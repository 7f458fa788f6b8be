"""A calibration as a table: each bar before and after, set by set."""

from collections.abc import Sequence

from trainer.calibration.job import Calibration, Tried
from trainer.evaluation.bars import Bar
from trainer.evaluation.text import averaging_text, decoding_text


def calibration_text(calibration: Calibration, shards: Sequence[str]) -> str:
    """Return what was chosen and what it does to the figures."""
    before, chosen = calibration.before, calibration.chosen
    lines = [
        f"before: {decoding_text(before.decoding)}",
        f"chosen: {decoding_text(chosen.decoding)}{averaging_text(calibration.averaging)}",
    ]
    if len(calibration.tried) > 1:
        lines.append("averaging by CIEDE2000: " + "; ".join(map(_tried, calibration.tried)))
    for number, name in enumerate(shards):
        lines += [
            "",
            f"{name}: {calibration.photos[number]} photos",
            f"{'':28}{'before':>9}{'chosen':>9}  asked",
        ]
        for old, new in zip(before.bars[number], chosen.bars[number], strict=True):
            label = new.measure.replace("_", " ")
            met = "" if new.is_met else "  missed"
            lines.append(f"{label:28}{_number(old.value)}{_number(new.value)}  {_asked(new)}{met}")
    return "\n".join(lines)


def _tried(tried: Tried) -> str:
    scales = " and ".join(f"{scale:g}" for scale in tried.averaging.scales)
    return f"scale {scales}" + ", mirrored" * tried.averaging.mirrored + f" {tried.ciede2000:.2f}"


def _asked(bar: Bar) -> str:
    if bar.high is None:
        return f"at least {bar.low:.2f}"
    if bar.low is None:
        return f"at most {bar.high:.2f}"
    return f"{bar.low:.2f} to {bar.high:.2f}"


def _number(value: float | None) -> str:
    return f"{value:9.2f}" if value is not None else f"{'-':>9}"
