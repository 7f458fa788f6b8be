"""Networks of a page, each loaded on first use."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from colorunet.coloring.dials import sliders
from colorunet.page.coloring import PhotoColoring
from colorunet.page.refusal import Refusal
from colorunet.parameters.meta import palette_of, read_meta
from colorunet.parameters.shipped import SHIPPED_NETWORKS


class Networks:
    """Networks by name; the first one is the default.

    Args:
        runs: the folder of each network, by its name.
        load: from name and folder to what colours photos.
    """

    def __init__(
        self, runs: Mapping[str, Path], load: Callable[[str, Path], PhotoColoring]
    ) -> None:
        self._runs = dict(runs)
        self._load = load
        self._lock = Lock()
        self.default = next(iter(self._runs))
        self._loaded = {self.default: load(self.default, self._runs[self.default])}

    def get(self, name: str) -> PhotoColoring:
        """Return a network's ``PhotoColoring``; "" is the default network.

        Raises:
            Refusal: there is no network of that name.
        """
        name = name or self.default
        if name not in self._runs:
            raise Refusal(400, f"network: expected one of {', '.join(self._runs)}")
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = self._load(name, self._runs[name])
            return self._loaded[name]

    def described(self) -> list[dict[str, Any]]:
        """Return name, description, palette and dials of each, for a page."""
        return [_described(name, run) for name, run in self._runs.items()]


def _described(name: str, run: Path) -> dict[str, Any]:
    meta = read_meta(run, "best")
    own = {
        key: value
        for key, value in (meta.get("decoding") or {}).items()
        if isinstance(value, int | float)
    }
    return {
        "name": name,
        "about": SHIPPED_NETWORKS.get(name, "a run of your own"),
        "palette": palette_of(meta, run).centers.tolist(),
        "dials": sliders(own),
    }
