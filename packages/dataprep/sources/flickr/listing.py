"""Parsing and sanitizing of Flickr's photo listings."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from colorfiles.outside.documents import parse_json_object
from dataprep.errors import DataprepError

_ID = re.compile(r"[0-9]{1,24}", re.ASCII)
SIZES = {"c": 800, "z": 640, "m": 500, "l": 1024}  # the longest edge that a size normally has
EXTRAS = "license,date_upload,owner_name,tags," + ",".join(f"url_{size}" for size in SIZES)


@dataclass(frozen=True)
class Size:
    """An available size; edges as Flickr lists them, 0 if it doesn't."""

    url: str
    width: int
    height: int
    nominal_px: int

    @property
    def longest_px(self) -> int:
        """The longest edge as listed, or as this size normally has it."""
        return max(self.width, self.height) or self.nominal_px


@dataclass(frozen=True)
class FoundPhoto:
    """One photo of a search; ``read_at`` is the time of the answer."""

    id: str
    owner_id: str
    owner_name: str
    title: str
    tags: tuple[str, ...]
    uploaded: int
    license_id: str
    public: bool
    sizes: tuple[Size, ...]
    read_at: str

    @property
    def safe_id(self) -> bool:
        """Whether the id is a number, as Flickr's are, and so safe as a file name."""
        return _ID.fullmatch(self.id) is not None

    @property
    def key(self) -> str:
        """The photo's key in the manifest; for an unsafe id a hash."""
        if self.safe_id:
            return f"flickr-{self.id}"
        return f"flickr-odd-{sha256(self.id.encode()).hexdigest()[:16]}"

    @property
    def page_url(self) -> str:
        """Address of the photo's page."""
        owner, photo = quote(self.owner_id, safe="@"), quote(self.id, safe="")
        return f"https://www.flickr.com/photos/{owner}/{photo}"

    def best_size(self, min_edge: int, max_edge: int) -> Size | None:
        """Return the largest size whose longest edge lies in the range."""
        fitting = [size for size in self.sizes if min_edge <= size.longest_px <= max_edge]
        return max(fitting, key=lambda size: (size.longest_px, size.url), default=None)

    def to_json(self) -> str:
        """Return the row as text for the journal."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "FoundPhoto":
        """Read what ``to_json`` wrote.

        Raises:
            DataprepError: it is something else.
        """
        try:
            content = parse_json_object(text.encode())
            sizes = tuple(Size(**size) for size in content["sizes"])
            photo = cls(**content | {"tags": tuple(content["tags"]), "sizes": sizes})
        except (ValueError, KeyError, TypeError) as error:
            raise DataprepError(f"the journal's row of a photo isn't one ({error})") from None
        texts = (photo.id, photo.owner_id, photo.owner_name, photo.title, photo.license_id)
        urls = tuple(size.url for size in sizes)
        numbers = [n for s in sizes for n in (s.width, s.height, s.nominal_px)]
        sound = all(type(value) is str for value in (*texts, *urls, *photo.tags, photo.read_at))
        if not sound or not all(type(number) is int for number in numbers):
            raise DataprepError(f"the journal's row of photo {photo.id!r:.40} has odd values")
        return photo


@dataclass(frozen=True)
class Page:
    """One page of a search; ``total`` is None if Flickr states none."""

    photos: tuple[FoundPhoto, ...]
    rows: int
    per_page: int
    total: int | None


def parse_page(reply: Any, asked_per_page: int, read_at: str) -> Page:
    """Parse the answer of ``flickr.photos.search``.

    Raises:
        ValueError: it isn't one.
    """
    photos: Any = reply.get("photos") if isinstance(reply, Mapping) else None
    rows: Any = photos.get("photo") if isinstance(photos, Mapping) else None
    if not isinstance(rows, list):
        raise ValueError("not the answer to a search")
    by_id: dict[str, FoundPhoto] = {}
    for row in rows:
        if isinstance(row, Mapping) and row.get("id") not in (None, ""):
            photo = _parse_row(row, read_at)
            by_id.setdefault(photo.id, photo)
    stated = _number(photos.get("perpage"))
    return Page(
        photos=tuple(by_id.values()),
        rows=len(rows),
        per_page=min(asked_per_page, stated) if stated else asked_per_page,
        total=_number(photos.get("total")),
    )


def clean_text(value: Any, most: int = 300) -> str:
    """Return text of one line without control, bidirectional or unpaired characters."""
    if isinstance(value, Mapping):
        value = value.get("_content", "")
    text = "" if value is None else str(value)[: 4 * most]
    kept = (" " if c.isspace() else c for c in text if c.isspace() or _harmless(c))
    return " ".join("".join(kept).split())[:most]


def plain_tag(tag: str) -> str:
    """Normalize a tag as Flickr does: lower-case letters and digits only."""
    return "".join(c for c in tag.lower() if c.isalnum())


def _harmless(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _parse_row(row: Mapping[str, Any], read_at: str) -> FoundPhoto:
    tags = row.get("tags")
    words = tags.split()[:200] if isinstance(tags, str) else []
    return FoundPhoto(
        id=clean_text(row["id"], 120) or "?",
        owner_id=clean_text(row.get("owner"), 60),
        owner_name=clean_text(row.get("ownername"), 120),
        title=clean_text(row.get("title")),
        tags=tuple(sorted({plain_tag(word[:100]) for word in words})),
        uploaded=_number(row.get("dateupload")) or 0,
        license_id=clean_text(row.get("license"), 8),
        public=_number(row.get("ispublic")) != 0,
        sizes=tuple(_sizes(row)),
        read_at=read_at,
    )


def _sizes(row: Mapping[str, Any]) -> list[Size]:
    sizes = []
    for letter, nominal in SIZES.items():
        url = row.get(f"url_{letter}")
        if isinstance(url, str) and 0 < len(url) <= 1_000:
            width, height = (_number(row.get(f"{edge}_{letter}")) for edge in ("width", "height"))
            sizes.append(Size(clean_text(url, 1_000), width or 0, height or 0, nominal))
    return sizes


def _number(value: Any) -> int | None:
    """Parse a whole number, given as number or text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        number = int(value)
    except ValueError:
        return None
    return number if 0 <= number < 2**53 else None
