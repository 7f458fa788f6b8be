"""Options of a prediction, for every command and function."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from colorunet.coloring.averaging import Averaging
from colorunet.coloring.decoding import Decoding


@dataclass(frozen=True)
class PredictionOptions:
    """Settings of a prediction; None keeps the run's own.

    Args:
        temperature: see ``Decoding``; ``saturation`` and ``caution`` too.
        scales: see ``Averaging``; ``mirrored`` too.
    """

    temperature: float | None = None
    saturation: float | None = None
    caution: float | None = None
    scales: tuple[float, ...] | None = None
    mirrored: bool | None = None

    def decoding(self, meta: Mapping[str, Any]) -> Decoding:
        """Return the decoding of a run with this ``meta``, overridden by the options."""
        overrides = self._overrides("temperature", "saturation", "caution")
        return replace(Decoding.of_run(meta), **overrides)

    def averaging(self, meta: Mapping[str, Any]) -> Averaging:
        """Return the averaging of a run with this ``meta``, overridden by the options."""
        return replace(Averaging.of_run(meta), **self._overrides("scales", "mirrored"))

    def _overrides(self, *names: str) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}
