"""Finished stretches of a film on disk, from which a killed call resumes."""

import json
import shutil
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from colorfiles.files import write_atomically
from colorfiles.outside.npz import DAMAGED_NPZ
from colorunet.errors import UnusableImage
from colorunet.video.encoding import Stretch

_PLAN, _STATE = "plan.json", "state.npz"


def parts_folder(target: Path) -> Path:
    """Return the hidden folder beside an output in which its parts are kept."""
    return target.with_name(f".{sha256(target.name.encode()).hexdigest()[:16]}.parts")


class Parts:
    """Finished stretches of a film.

    The plan holds the film, the network and the settings; parts of another plan are deleted. A
    stretch is complete when the state behind it is written, which comes last.

    Args:
        folder: see ``parts_folder``; made where it is missing.
        plan: everything that the parts depend on.
    """

    def __init__(self, folder: Path, plan: Mapping[str, Any]) -> None:
        self._folder = folder
        self._done = 0
        self.state: dict[str, np.ndarray] = {}
        wanted = json.dumps(plan, sort_keys=True, default=str)
        folder.mkdir(parents=True, exist_ok=True)
        if self._kept_plan() == wanted:
            self._take_up()
        if not self._done:
            for path in folder.iterdir():
                if path.suffix in {".npz", ".tmp"}:
                    path.unlink()
            with write_atomically(folder / _PLAN) as temporary:
                temporary.write_text(wanted, encoding="utf-8")

    def _kept_plan(self) -> str:
        try:
            return (self._folder / _PLAN).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""

    def _take_up(self) -> None:
        try:
            with (
                (self._folder / _STATE).open("rb") as opened,
                np.load(opened, allow_pickle=False) as file,
            ):
                state = {name: file[name] for name in file.files}
            done = int(state.pop("done"))
        except DAMAGED_NPZ:
            return
        if all(self._path(number).is_file() for number in range(done)):
            self.state, self._done = state, done

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.npz"

    def add(self, stretch: Stretch, state: Mapping[str, np.ndarray]) -> None:
        """Store the next stretch, and the state behind it."""
        with write_atomically(self._path(self._done)) as temporary, temporary.open("wb") as file:
            np.savez(file, **vars(stretch))
        self._done += 1
        with write_atomically(self._folder / _STATE) as temporary, temporary.open("wb") as file:
            everything: dict[str, Any] = {**state, "done": np.array(self._done)}
            np.savez(file, **everything)

    def packets(self) -> Iterator[Any]:
        """Yield the packets of all stretches, reading one stretch at a time.

        Raises:
            UnusableImage: one is damaged; all are then deleted, so that the next call starts again.
        """
        for number in range(self._done):
            try:
                with (
                    self._path(number).open("rb") as opened,
                    np.load(opened, allow_pickle=False) as file,
                ):
                    packets = Stretch(**{name: file[name] for name in file.files}).packets()
            except DAMAGED_NPZ as error:
                self.discard()
                raise UnusableImage(
                    f"a part of it that an earlier call left is damaged ({error}); all parts are "
                    "thrown away, so run the same command again"
                ) from None
            yield from packets

    def discard(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self._folder)
