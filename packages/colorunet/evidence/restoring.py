"""Restoration of the gray photo from a coloured one, exact for lossless formats."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colorfiles.files import write_atomically
from colorfiles.outputs import refuse_foreign
from colorfiles.outside.files import open_regular
from colorfiles.photos import UnreadableImage
from colorunet.coloring.composing import in_8_bits
from colorunet.errors import ColorunetError
from colorunet.evidence.luma_files import FileLuma, lumas_of

_FORMATS = {
    ".png": ("PNG", True),
    ".tif": ("TIFF", True),
    ".tiff": ("TIFF", True),
    ".jpg": ("JPEG", False),
    ".jpeg": ("JPEG", False),
}
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95},
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "PNG": {},
}
_SOFTWARE, _WRITER = 0x0131, "colorunet restore"  # the tag, and its value


@dataclass(frozen=True)
class Restored:
    """Result of a restoration.

    Args:
        input: the coloured photo.
        output: the gray one.
        width: in pixels.
        height: likewise.
        bits: of a sample.
        pages: written.
        exact: whether it is the gray that was coloured, level for level, if the file is unchanged.
    """

    input: str
    output: str
    width: int
    height: int
    bits: int
    pages: int
    exact: bool


def restore(colored: Path, output: Path, *, overwrite: bool = False) -> Restored:
    """Write the luma of a coloured photo as a gray one, without metadata.

    Args:
        colored: the coloured photo.
        output: of the gray one; its suffix says the format: PNG, TIFF or JPEG.
        overwrite: replace a restored photo that is there.

    Raises:
        ForeignFile: another file is there.
        ColorunetError: it can't be read or written.
    """
    suffix = output.suffix.lower()
    if suffix not in _FORMATS:
        raise ColorunetError(f"{output}: expected one of {', '.join(_FORMATS)}")
    kind, deep = _FORMATS[suffix]
    if output.exists() and output.samefile(colored):
        raise ColorunetError(f"{output}: the coloured photo itself; name another file")
    refuse_foreign(output, is_own=_is_restored)
    if output.exists() and not overwrite:
        raise ColorunetError(f"{output}: is there already; --overwrite replaces it")
    try:
        pages = list(lumas_of(colored))
    except UnreadableImage as error:
        raise ColorunetError(f"{colored}: {error.reason}") from None
    except OSError as error:
        raise ColorunetError(f"{colored}: {error.strerror}") from None
    kept = pages if kind == "TIFF" else pages[:1]
    images = [Image.fromarray(_levels(page, deep)) for page in kept]
    exif = Image.Exif()
    exif[_SOFTWARE] = _WRITER  # by which a later call knows that it may be replaced
    further: dict[str, Any] = {"exif": exif}
    if len(images) > 1:
        further |= {"save_all": True, "append_images": images[1:]}
    with write_atomically(output) as temporary:
        images[0].save(temporary, kind, **_OPTIONS[kind], **further)
    first = kept[0]
    return Restored(
        input=str(colored),
        output=str(output),
        width=first.luma.shape[1],
        height=first.luma.shape[0],
        bits=8 * first.luma.itemsize if deep else 8,
        pages=len(images),
        exact=first.allowed.level == 0 and kind != "JPEG" and (deep or first.luma.itemsize == 1),
    )


def _is_restored(path: str) -> bool:
    try:
        with open_regular(Path(path)) as file, Image.open(file, formats=list(_OPTIONS)) as image:
            return image.getexif().get(_SOFTWARE) == _WRITER
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _levels(page: FileLuma, deep: bool) -> np.ndarray:
    return page.luma if deep else in_8_bits(page.luma)
