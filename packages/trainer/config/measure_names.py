"""Former names of measures, in older runs and recipes."""

from collections.abc import Mapping
from typing import Any

_PRESENT = {"effective_ratio": "effective_colors_ratio", "hue_recall": "hue_family_recall"}
_IN_LOG = "val_"  # before the name of a measure of validation in a line of metrics.jsonl


def present_name(name: str) -> str:
    """Return the present name of a measure, or of its key in the log of a run."""
    prefix = _IN_LOG if name.startswith(_IN_LOG) else ""
    bare = name.removeprefix(prefix)
    return prefix + _PRESENT.get(bare, bare)


def with_present_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values keyed by the present names of their measures."""
    return {present_name(name): value for name, value in values.items()}
