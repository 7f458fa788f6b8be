"""Reference frames and hints of a film, each with the time from which it holds."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from colorcore import rgb_to_yuv
from colorfiles.outside.words import shown
from colorunet.coloring.steering.hints import (
    Hint,
    hint_of,
    parse_hint_entries,
    read_hint_bytes,
)
from colorunet.coloring.steering.reference import Reference, read_pixels
from colorunet.errors import ColorunetError

_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?(?:([0-9]{1,5}):)?([0-9]{1,6}(?:\.[0-9]{1,9})?)")
_KEPT_EDGE_PX = 512  # of a reference frame; colours are far coarser than that


@dataclass(frozen=True, eq=False)
class ReferenceFrame:
    """A colour picture that gives its colours to a film's frames.

    Args:
        name: of the file, for messages.
        time_s: from which it holds, up to the next cut; None for the whole film.
        reference: its palette and tones.
        luma: in 8 bits, small.
        uv: U and V at the same size.
    """

    name: str
    time_s: float | None
    reference: Reference
    luma: UInt8[np.ndarray, "h w"]
    uv: Float32[np.ndarray, "h w 2"]

    @classmethod
    def of(
        cls, image: Image.Image, *, name: str, time_s: float | None = None, sha256: str = ""
    ) -> "ReferenceFrame":
        """Return the reference frame of an image, of the file with that digest.

        Raises:
            ColorunetError: it is gray.
        """
        small = image.convert("RGB")
        small.thumbnail((_KEPT_EDGE_PX, _KEPT_EDGE_PX))
        yuv = rgb_to_yuv(np.asarray(small, np.float32) / 255)
        luma = np.rint(yuv[..., 0] * 255).astype(np.uint8)
        reference = Reference.of(image, sha256=sha256)
        return cls(name, time_s, reference, luma, np.ascontiguousarray(yuv[..., 1:]))


@dataclass(frozen=True)
class TimedHint:
    """A hint and the time in seconds from which it holds, up to the next cut; None: the start."""

    hint: Hint
    time_s: float | None = None


@dataclass(frozen=True)
class Timed:
    """Reference frames and hints of a film.

    Args:
        frames: reference frames.
        hints: in pixels of the upright film, as it is shown.
    """

    frames: tuple[ReferenceFrame, ...] = ()
    hints: tuple[TimedHint, ...] = ()

    @property
    def has_times(self) -> bool:
        """Whether a frame or hint has a start time."""
        times = [frame.time_s for frame in self.frames] + [hint.time_s for hint in self.hints]
        return any(time_s is not None for time_s in times)

    @property
    def fingerprint(self) -> str:
        """Sha256 of all frames and hints."""
        digest = sha256(repr((self.hints, [frame.time_s for frame in self.frames])).encode())
        for frame in self.frames:
            digest.update(frame.luma.tobytes() + frame.uv.tobytes())
            digest.update(frame.reference.uv.tobytes())
        return digest.hexdigest()


def split_time(text: str) -> tuple[str, float | None]:
    """Return path and time of ``FRAME.png@0:12.5``; an existing file of that name has no time.

    Raises:
        ValueError: what stands behind the @ is no time.
    """
    path, at, time = text.rpartition("@")
    if not at or Path(text).exists():
        return text, None
    return path, seconds_of(time)


def seconds_of(text: str) -> float:
    """Return the seconds of ``12.5``, ``1:02.5`` or ``1:02:03``.

    Raises:
        ValueError: it is something else.
    """
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(
            f"expected a time such as 12.5, 1:02.5 or 1:02:03, given {shown(text[:40])!r}"
        )
    first, second, seconds = match.groups()
    hours, minutes = (first, second) if second is not None else (None, first)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def read_reference_frame(path: Path, time_s: float | None = None) -> ReferenceFrame:
    """Return the reference frame of an image file.

    Raises:
        ColorunetError: it can't be read, or is gray.
    """
    (image, digest), name = read_pixels(path), shown(str(path))
    try:
        return ReferenceFrame.of(image, name=name, time_s=time_s, sha256=digest)
    except ColorunetError as error:
        raise ColorunetError(f"{name}: {error}") from None


def read_timed_hints(path: Path) -> tuple[TimedHint, ...]:
    """Return the hints of a JSON file; an entry may have a ``time`` in seconds, or ``"1:02.5"``.

    Raises:
        ColorunetError: it can't be read, or is something else.
    """
    try:
        entries = parse_hint_entries(read_hint_bytes(path))
        return tuple(_timed_hint(entry, number) for number, entry in enumerate(entries, start=1))
    except ColorunetError as error:
        raise ColorunetError(f"{shown(str(path))}: {error}") from None


def _timed_hint(entry: Any, number: int) -> TimedHint:
    if not isinstance(entry, dict) or "time" not in entry:
        return TimedHint(hint_of(entry, number), None)
    time = entry["time"]
    try:
        if not isinstance(time, str | int | float) or isinstance(time, bool):
            raise ValueError(f"expected a time such as 12.5 or 1:02.5, given {time!r:.40}")
        time_s = seconds_of(str(time))
    except ValueError as error:
        raise ColorunetError(f"hint {number}: time: {error}") from None
    others = {key: value for key, value in entry.items() if key != "time"}
    return TimedHint(hint_of(others, number), time_s)
