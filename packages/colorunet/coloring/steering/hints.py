"""Hints: colours of single pixels, read from untrusted JSON."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import ImageColor

from colorcore import rgb_to_yuv
from colorfiles.outside.documents import parse_json
from colorfiles.outside.files import read_regular
from colorfiles.outside.words import shown
from colorunet.errors import ColorunetError

MOST_HINTS = 256  # each spreads over the whole photo, in memory and time
_MOST_BYTES = 1 << 16  # of a file: about 200 bytes a hint
_COLOR = re.compile(r"#([0-9a-fA-F]{3}){1,2}|[a-zA-Z]{3,20}")
_COLORS = "expected one such as #c04030, #fff or teal"
_KEYS = {"x", "y", "color"}
_LIKE = '[{"x": 120, "y": 80, "color": "#c04030"}]'


@dataclass(frozen=True)
class Hint:
    """The colour of one pixel.

    Args:
        x: column in pixels of the upright image, from 0.
        y: row, likewise.
        color: ``#rrggbb`` or ``#rgb`` in sRGB, or a name of CSS such as ``teal``.
            Its hue and chroma count; the photo keeps its luma.

    Raises:
        ValueError: a number isn't finite or below 0, or the colour isn't of that form.
    """

    x: float
    y: float
    color: str

    def __post_init__(self) -> None:
        """Check the form."""
        for name, value in (("x", self.x), ("y", self.y)):
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (is_number and math.isfinite(value) and value >= 0):
                raise ValueError(f"{name}: expected a number of at least 0, given {value!r:.80}")
        if not isinstance(self.color, str) or not _COLOR.fullmatch(self.color):
            raise ValueError(f"color: {_COLORS}, given {self.color!r:.80}")
        try:
            ImageColor.getrgb(self.color)
        except ValueError:
            raise ValueError(f"color: {_COLORS}, given {self.color!r:.80}") from None

    @property
    def uv(self) -> Float[np.ndarray, "2"]:
        """U and V of the colour."""
        levels = ImageColor.getrgb(self.color)[:3]
        return np.asarray(rgb_to_yuv(np.array(levels, np.float64) / 255)[1:])

    @property
    def facts(self) -> dict[str, float | str]:
        """Place and colour as ``#rrggbb``, for a record."""
        red, green, blue = ImageColor.getrgb(self.color)[:3]
        return {"x": self.x, "y": self.y, "color": f"#{red:02x}{green:02x}{blue:02x}"}


def read_hints(path: Path) -> tuple[Hint, ...]:
    """Return the hints of a JSON file.

    Raises:
        ColorunetError: it can't be read, or ``parse_hints`` refuses it.
    """
    try:
        return parse_hints(read_hint_bytes(path))
    except ColorunetError as error:
        raise ColorunetError(f"{shown(str(path))}: {error}") from None


def read_hint_bytes(path: Path) -> bytes:
    """Return the content of a file of hints.

    Raises:
        ColorunetError: it can't be read, or is too large; without the path.
    """
    try:
        return read_regular(path, most=_MOST_BYTES)
    except OSError as error:
        raise ColorunetError(str(error.strerror)) from None


def parse_hints(data: bytes) -> tuple[Hint, ...]:
    """Return the hints of a JSON text: ``[{"x": 120, "y": 80, "color": "#c04030"}, …]``.

    Raises:
        ColorunetError: it is something else, too long, or has two colours for one pixel.
    """
    entries = parse_hint_entries(data)
    return tuple(hint_of(entry, number) for number, entry in enumerate(entries, start=1))


def parse_hint_entries(data: bytes) -> list[Any]:
    """Parse a JSON list of hints without validating its entries.

    Raises:
        ColorunetError: it is no list, or too long.
    """
    try:
        content = parse_json(data, most=_MOST_BYTES)
    except ValueError as error:
        raise ColorunetError(shown(str(error))) from None
    if not isinstance(content, list):
        raise ColorunetError(f"expected a list of hints such as {_LIKE}")
    if len(content) > MOST_HINTS:
        raise ColorunetError(f"expected at most {MOST_HINTS} hints, found {len(content):,}")
    return content


def require_inside(hints: Sequence[Hint], size: tuple[int, int]) -> None:
    """Refuse hints outside a photo, and two colours for one pixel.

    Args:
        hints: in pixels of the upright photo.
        size: its width and height.

    Raises:
        ColorunetError: one lies outside, or two differ about a pixel.
    """
    if len(hints) > MOST_HINTS:
        raise ColorunetError(f"expected at most {MOST_HINTS} hints, given {len(hints):,}")
    width, height = size
    colors: dict[tuple[int, int], str] = {}
    for number, hint in enumerate(hints, start=1):
        if hint.x >= width or hint.y >= height:
            raise ColorunetError(
                f"hint {number}: ({hint.x:g}, {hint.y:g}) lies outside the image of {width} × "
                f"{height}; x and y count from 0 in pixels of the upright image"
            )
        pixel, color = (int(hint.x), int(hint.y)), hint.color.lower()
        if colors.setdefault(pixel, color) != color:
            raise ColorunetError(
                f"hint {number}: {color} for the pixel {pixel} that is {colors[pixel]} already"
            )


def hint_of(entry: Any, number: int) -> Hint:
    """Validate one entry of a JSON list of hints.

    Raises:
        ColorunetError: it is something else; the message has the number.
    """
    if not isinstance(entry, dict) or set(entry) != _KEYS:
        raise ColorunetError(
            f"hint {number}: expected x, y and color as in {_LIKE}, given {shown(repr(entry)[:80])}"
        )
    try:
        return Hint(**entry)
    except ValueError as error:
        raise ColorunetError(f"hint {number}: {shown(str(error))}") from None
