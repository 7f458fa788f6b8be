"""Images that the server sends: previews, and files to keep."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from colorunet.batch.images import header_of, is_lossless_webp
from colorunet.batch.writing.formats import format_for, why_other
from colorunet.batch.writing.photo import UnwritableImage, WritingSettings, write_photo_to
from colorunet.coloring.composing import ColoredImage
from colorunet.evidence.mark import Mark
from colorunet.page.refusal import Refusal

_PREVIEW_QUALITY = 88


@dataclass(frozen=True)
class ImageFile:
    """A file to send.

    Args:
        name: "" for none.
        kind: the MIME type.
        data: its bytes.
        beside: what makes the files that go beside it in an archive, by the name that it has
            there: their names and their bytes.
        lost: what was assumed in reading the photo and what the file can't hold.
    """

    name: str
    kind: str
    data: bytes
    beside: Callable[[str], dict[str, bytes]] | None = None
    lost: tuple[str, ...] = ()


def preview_file(image: Image.Image, *, lossless: bool = False) -> ImageFile:
    """Return an image for display."""
    file = io.BytesIO()
    if lossless:
        image.save(file, "PNG", compress_level=3)
        return ImageFile("", "image/png", file.getvalue())
    if "A" in image.getbands():
        image.save(file, "WEBP", quality=_PREVIEW_QUALITY, method=0)
        return ImageFile("", "image/webp", file.getvalue())
    image.save(file, "JPEG", quality=_PREVIEW_QUALITY, subsampling=0)
    return ImageFile("", "image/jpeg", file.getvalue())


def colored_file(
    name: str,
    data: bytes,
    image: ColoredImage,
    number: int = 0,
    *,
    mark: Mark | None = None,
    notes: tuple[str, ...] = (),
) -> ImageFile:
    """Return a coloured photo in its own format, with the bytes that ``colorunet`` writes.

    Args:
        name: of the photo.
        data: its file.
        image: its colours.
        number: of the version, 0 where there is but one.
        mark: in its metadata; None writes none.
        notes: what was assumed in reading it.

    Raises:
        Refusal: its format doesn't take it.
    """
    header = header_of(data)
    target = format_for(header.format)
    lossless = target.name == "WEBP" and is_lossless_webp(data)
    file = io.BytesIO()
    try:
        lost = write_photo_to(file, iter((image,)), WritingSettings(target, lossless, mark))
    except UnwritableImage as error:
        raise Refusal(422, str(error)) from None
    stem, suffix = os.path.splitext(name)
    suffix = suffix if suffix.lower() in target.suffixes else target.suffixes[0]
    kind = Image.MIME.get(target.name, "application/octet-stream")
    named = f"{stem}-colorized{f'-{number}' if number else ''}{suffix}"
    if other := why_other(header.format, target):
        lost = [other, *lost]
    if header.pages > 1:
        lost.append(f"of {header.pages} pages or frames the first alone is coloured")
    return ImageFile(named, kind, file.getvalue(), lost=(*notes, *lost))
