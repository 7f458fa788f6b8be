"""Pages of a TIFF and their tags, without pixels."""

from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from colorfiles.errors import UnreadableImage
from colorfiles.photos.directories import CopiedBytes

_MAX_PAGES = 10_000  # more than scanners write to a file; bounds a chain of directories
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_SUB_DIRECTORIES = 330  # tag SubIFDs of TIFF Technical Note 1
_NO_PHOTO = {32803: "a camera raw file", 34892: "a camera raw file", 4: "a transparency mask"}
Tags = ImageFileDirectory_v2


class _Number:
    """A property of a page: the first value of a tag as a whole number."""

    def __init__(self, tag: int, default: int = 0) -> None:
        self._tag, self._default = tag, default

    def __get__(self, page: "TiffPage", _: type) -> int:
        return page.one(self._tag, self._default)


@dataclass(frozen=True)
class TiffPage:
    """One page.

    Args:
        tags: as Pillow reads them.
        number: of the page in the file's chain; None for one that Pillow doesn't find.
        byte_order: ``<`` or ``>``.
    """

    tags: Tags
    number: int | None
    byte_order: str

    width, height = _Number(256), _Number(257)  # as stored
    compression = _Number(259, 1)
    fill_order = _Number(266, 1)  # 2 where the bits of a byte are reversed
    orientation = _Number(274, 1)  # EXIF's
    tile_width, tile_height = _Number(322), _Number(323)  # 0 for strips
    sample_format = _Number(339, 1)  # 1 unsigned, 2 signed, 3 floating point

    def values(self, tag: int) -> tuple[Any, ...]:
        """Return a tag's values, () where the tag is missing."""
        content = self.tags.get(tag, ())
        return content if isinstance(content, tuple) else (content,)

    def one(self, tag: int, default: int = 0) -> int:
        """Return a tag's first value as a whole number."""
        content = self.values(tag)
        return int(content[0]) if content else default

    @property
    def allocated(self) -> tuple[int, int]:
        """Width and height of the buffer for decoding: tiles are decoded whole."""
        across, down = max(1, self.tile_width), max(1, self.tile_height)
        return -(-self.width // across) * across, -(-self.height // down) * down

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a pixel as decoded."""
        return self.samples * -(-self.bits // 8)

    @property
    def bits(self) -> int:
        """Bits of a sample; of the deepest where they differ."""
        return max((int(value) for value in self.values(258)), default=1)

    @property
    def samples(self) -> int:
        """Samples of a pixel."""
        return self.one(277, max(1, len(self.values(258))))

    @property
    def photometric(self) -> int:
        """Meaning of the samples; guessed from their number where the tag is missing."""
        return self.one(262, 2 if self.samples >= 3 else 1)

    @property
    def planar(self) -> bool:
        """Whether each channel is stored on its own."""
        return self.one(284, 1) == 2 and self.samples > 1

    @property
    def predictor(self) -> int:
        """Value of the tag Predictor; 1, none, where there is no compression."""
        return self.one(317, 1) if self.compression != 1 else 1

    @property
    def rows_per_strip(self) -> int:
        """Rows of a strip."""
        return self.one(278, self.height)

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where strips or tiles begin."""
        return self.values(324) or self.values(273)

    @property
    def byte_counts(self) -> tuple[int, ...]:
        """Lengths; computed for one uncompressed strip without the tag."""
        content = self.values(325) or self.values(279)
        if len(content) == len(self.offsets):
            return content
        if self.compression == 1 and len(self.offsets) == 1 and not self.tile_width:
            return (self.height * -(-self.width * self.samples * self.bits // 8),)
        raise UnreadableImage("undecodable: a TIFF page without the lengths of its strips")


def photo_pages(file: BinaryIO) -> list[TiffPage]:
    """Return the pages that are photos: neither reduced versions of another one nor masks.

    Raises:
        UnreadableImage: there is none.
    """
    pages = _all_pages(file)
    full = [page for page in pages if not _is_lesser(page)]
    if not full and len(pages) == 1 and not pages[0].values(_SUB_DIRECTORIES):
        full = pages  # without another page it is no thumbnail
    if not full:
        raise UnreadableImage("undecodable: a TIFF with a thumbnail, but no photo that can be read")
    return full


def refuse_no_photo(page: TiffPage) -> None:
    """Raise UnreadableImage for a page whose samples aren't those of a photo."""
    what = _NO_PHOTO.get(page.photometric)
    if what:
        raise UnreadableImage(f"undecodable: {what}")


def _is_lesser(page: TiffPage) -> bool:
    kind = page.one(254)
    return bool(kind & (_REDUCED | _MASK)) or (not kind and page.one(255) == 2)


def _all_pages(file: BinaryIO) -> list[TiffPage]:
    file.seek(0)
    header = file.read(8)
    order, is_big = header[:2], header[2:4] in (b"+\0", b"\0+")
    if is_big:  # whose mark Pillow knows in little-endian order only
        header = b"II+\0" + header[4:] + file.read(8)
    first = Tags(header, prefix=order)
    byte_order = "<" if order == b"II" else ">"
    unknown_to_pillow = is_big and byte_order == ">"
    pages: list[TiffPage] = []
    seen: set[int] = set()
    place = first.next
    copied = CopiedBytes(file)
    while place and place not in seen and len(pages) < _MAX_PAGES:
        seen.add(place)
        tags = _loaded(file, header, order, place, copied)
        page = TiffPage(tags, None if unknown_to_pillow else len(seen) - 1, byte_order)
        pages.append(page)
        for inner in page.values(_SUB_DIRECTORIES) if _is_lesser(page) else ():
            if isinstance(inner, int) and inner not in seen:
                tags_of_inner = _loaded(file, header, order, inner, copied)
                pages.append(TiffPage(tags_of_inner, None, byte_order))
        place = tags.next
    return [page for page in pages if page.width > 0 and page.height > 0]


def _loaded(file: BinaryIO, header: bytes, order: bytes, place: int, copied: CopiedBytes) -> Tags:
    tags = Tags(header, prefix=order)
    file.seek(place)
    copied.add(tags)
    tags.load(file)
    return tags
