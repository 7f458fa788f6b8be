"""The palette: bin centres, their prior, and how they were made."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

SCHEMA_VERSION = 1
COLOR_SPACE = "yuv-bt601-gamma"
"""The space that every palette's centres lie in: BT.601 Y'UV on gamma-encoded sRGB."""
MAX_BINS = 255
"""The most bins that a palette may have: an id is one byte."""
IGNORE_BIN = 255
"""A pixel with this id takes no part in loss or measures."""


def _frozen(array: Shaped[Any, "..."], name: str) -> Shaped[Any, "..."]:
    # Through numpy on purpose: a palette is small, is hashed, and must not change under its users.
    copy = np.array(array, dtype=np.float64, copy=True)
    if not np.all(np.isfinite(copy)):
        raise ValueError(f"palette {name}: expected finite numbers, given NaN or infinity")
    copy.setflags(write=False)
    return copy


@dataclass(frozen=True, eq=False)
class Palette:
    """``n`` bin centres in the UV plane with the share of pixels (prior) that each one has.

    Two palettes are equal where their fingerprints are.

    Args:
        centers: (n, 2) of U and V, 2 ≤ n ≤ 255, all different.
        prior: (n,) of shares, at least 0, sum 1 within 1e-6.
        color_space: the only one known is ``yuv-bt601-gamma``.
        method: how the centres were chosen, ``grid`` or ``kmeans`` or a word of your own.
        parameters: what the method was given; values that JSON can hold.
        photos: how many photos the prior was counted on.
        pixels: how many pixels.

    Raises:
        ValueError: any of these isn't so.
    """

    centers: Float[Any, "n 2"]
    prior: Float[Any, "n"]
    color_space: str = COLOR_SPACE
    method: str = "custom"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    photos: int = 0
    pixels: int = 0

    def __post_init__(self) -> None:
        """Freeze the arrays and check every promise of the class."""
        object.__setattr__(self, "centers", _frozen(self.centers, "centers"))
        object.__setattr__(self, "prior", _frozen(self.prior, "prior"))
        object.__setattr__(self, "parameters", dict(self.parameters))
        if self.centers.ndim != 2 or self.centers.shape[1] != 2:
            raise ValueError(f"palette centers: expected (n, 2), given {self.centers.shape}")
        if not 2 <= self.n <= MAX_BINS:
            raise ValueError(f"palette: expected 2 to {MAX_BINS} bins, given {self.n}")
        if self.prior.shape != (self.n,):
            raise ValueError(f"palette prior: expected ({self.n},), given {self.prior.shape}")
        if np.any(self.prior < 0) or abs(float(self.prior.sum()) - 1) > 1e-6:
            raise ValueError(
                f"palette prior: expected shares that sum to 1, given a sum of {self.prior.sum()}"
            )
        if np.any(np.abs(self.centers) > 1):
            raise ValueError("palette centers: expected U and V within ±1, given larger ones")
        if len(np.unique(self.centers, axis=0)) != self.n:
            raise ValueError("palette centers: expected all different, given two alike")
        if self.color_space != COLOR_SPACE:
            raise ValueError(
                f"palette color space: expected {COLOR_SPACE!r}, given {self.color_space!r}"
            )

    @property
    def n(self) -> int:
        """How many bins."""
        return int(self.centers.shape[0])

    @property
    def fingerprint(self) -> str:
        """Sha256 of the canonical JSON of everything else in the palette."""
        text = json.dumps(self._content(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        """Compare by fingerprint."""
        return isinstance(other, Palette) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        """Hash the fingerprint."""
        return hash(self.fingerprint)

    def _content(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "color_space": self.color_space,
            "method": self.method,
            "parameters": dict(self.parameters),
            "n": self.n,
            "centers": self.centers.tolist(),
            "prior": self.prior.tolist(),
            "photos": self.photos,
            "pixels": self.pixels,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the whole palette and its fingerprint as values for JSON."""
        return self._content() | {"fingerprint": self.fingerprint}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Palette":
        """Read what ``to_dict`` wrote.

        Raises:
            ValueError: a key is missing, a value is out of range, or the fingerprint says that the
                content was changed after it was written; the message names both fingerprints.
        """
        if not isinstance(content, Mapping):
            raise ValueError(f"palette: expected an object, given {content!r:.80}")
        version = content.get("schema_version", SCHEMA_VERSION)
        if version != SCHEMA_VERSION:
            raise ValueError(f"palette schema: expected {SCHEMA_VERSION}, given {version!r}")
        missing = [key for key in ("centers", "prior") if key not in content]
        if missing:
            raise ValueError(f"palette: missing {', '.join(missing)}")
        try:
            palette = cls(
                centers=np.asarray(content["centers"], dtype=np.float64),
                prior=np.asarray(content["prior"], dtype=np.float64),
                color_space=str(content.get("color_space", COLOR_SPACE)),
                method=str(content.get("method", "custom")),
                parameters=dict(content.get("parameters", {})),
                photos=int(content.get("photos", 0)),
                pixels=int(content.get("pixels", 0)),
            )
        except (TypeError, OverflowError) as error:
            raise ValueError(f"palette: expected numbers, given {error}") from None
        written, found = content.get("fingerprint"), palette.fingerprint
        if written is not None and written != found:
            raise ValueError(
                f"palette: fingerprint {written!s:.80} was written, but the content has "
                f"{found}: it was changed by hand or damaged"
            )
        return palette

    def to_json(self) -> str:
        """Readable JSON; ``from_json`` gives an equal palette back."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Palette":
        """Read what ``to_json`` wrote; ValueError as in ``from_dict``."""
        content = json.loads(text)
        if not isinstance(content, dict):
            raise ValueError(f"palette: expected a JSON object, given {type(content).__name__}")
        return cls.from_dict(content)
