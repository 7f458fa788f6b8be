"""Writing of a coloured photo, of one image or of pages, with a list of losses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from colorfiles.files import write_atomically
from colorfiles.photos.pillow import STUMBLES
from colorfiles.photos.profiles import srgb_profile
from colorunet.batch.writing.formats import OutputFormat
from colorunet.batch.writing.jpeg_parts import fitting
from colorunet.batch.writing.netpbm import write_ppm
from colorunet.batch.writing.png import write_png
from colorunet.batch.writing.through_pillow import (
    SEGMENT_BYTES,
    write_animation,
    write_still,
)
from colorunet.batch.writing.tiff import write_tiff
from colorunet.coloring.composing import ColoredImage
from colorunet.evidence.embedding import marked_metadata
from colorunet.evidence.mark import Mark
from colorunet.evidence.sidecar import write_sidecar


class UnwritableImage(Exception):
    """A photo that can't be written; the message is the reason, without the path."""


@dataclass(frozen=True)
class WritingSettings:
    """How a photo is written.

    Args:
        format: of the file.
        lossless: of a WebP: whether the photo was.
        mark: that says what added the colours; None writes none.
    """

    format: OutputFormat
    lossless: bool = False
    mark: Mark | None = None


def write_photo(
    path: Path, images: Iterator[ColoredImage], settings: WritingSettings, *, pages: int = 1
) -> list[str]:
    """Write a photo atomically; return phrases on what was lost.

    Args:
        path: of the output.
        images: its pages or frames, taken one after the other; at least one.
        settings: how.
        pages: how many there are. Where the format holds but one, the first is written.

    Raises:
        OSError: it can't be written.
        UnwritableImage: its format doesn't take it.
    """
    first = next(images)
    with write_atomically(path) as temporary, temporary.open("w+b") as file:
        lost = write_photo_to(file, chain((first,), images), settings, pages=pages)
        if settings.mark is not None and not settings.format.xmp:
            write_sidecar(path, first.metadata.xmp, settings.mark)
    return lost


def write_photo_to(
    file: BinaryIO, images: Iterator[ColoredImage], settings: WritingSettings, *, pages: int = 1
) -> list[str]:
    """Write a photo to an empty file that is open for reading, too; see ``write_photo``."""
    target, first = settings.format, next(images)
    _refuse_too_long(first, target)
    metadata, lost_parts = fitting(first.metadata, target.name)
    lost = what_is_lost(first, target, pages=pages, sidecar=settings.mark is not None)
    lost += [f"{target.name} can't hold {', '.join(lost_parts)}"] if lost_parts else []
    first = replace(first, metadata=metadata)
    marked, lost_to_mark = _with_mark(first, settings)
    with _translated():
        if pages > 1 and target.pages:
            others = (_with_mark(image, settings)[0] for image in images)
            _write_pages(file, chain((marked,), others), settings)
        else:
            _write_one(file, marked, settings)
    if lost_to_mark:
        lost = [*lost, f"left out beside the mark: {lost_to_mark}"]
    return lost


def _with_mark(image: ColoredImage, settings: WritingSettings) -> tuple[ColoredImage, str]:
    """Return an image with the mark in its metadata, and what it displaced."""
    if settings.mark is None or not settings.format.xmp:
        return image, ""
    longest = SEGMENT_BYTES - 40 if settings.format.name == "JPEG" else 1 << 30
    metadata, lost = marked_metadata(image.metadata, settings.mark, longest=longest)
    return replace(image, metadata=metadata), lost


def _refuse_too_long(image: ColoredImage, target: OutputFormat) -> None:
    if max(image.size) > target.longest_px:
        raise UnwritableImage(
            f"{target.name} holds at most {target.longest_px:,} pixels an edge; name a .png"
        )


@contextmanager
def _translated() -> Iterator[None]:
    """Turn an encoder's errors into UnwritableImage, so that one photo's don't end a batch."""
    try:
        yield
    except OSError:
        raise
    except STUMBLES as error:
        detail = " ".join(str(error).split())[:120] or type(error).__name__
        raise UnwritableImage(f"can't be written: {detail}") from error


def what_is_lost(
    image: ColoredImage, target: OutputFormat, *, pages: int = 1, sidecar: bool = False
) -> list[str]:
    """Return phrases on what a format can't hold of a photo.

    Args:
        image: of the photo.
        target: the format.
        pages: of the photo.
        sidecar: XMP that the format doesn't hold is kept beside it.
    """
    metadata, name = image.metadata, target.name
    animated = pages > 1 and name == "PNG"
    of_one = {
        f"the pages after the first of {pages}": pages > 1 and not target.pages,
        "transparency": image.alpha is not None and not target.alpha,
        "more than 8 bits": image.bits > min(target.bits, 8 if animated else 16),
        "EXIF": bool(metadata.exif) and not target.exif,
        "XMP": bool(metadata.xmp) and not (target.xmp or sidecar),
        "IPTC": bool(metadata.iptc) and not target.iptc,
        "a colour profile (its pixels are sRGB)": bool(metadata.icc_profile) and not target.profile,
        "its resolution": metadata.dpi is not None and not target.dpi,
        "its texts": bool(_lost_texts(image, target)),
        "more than 256 colours a frame": name == "GIF",
    }
    if name == "JPEG":
        for what, data in {"EXIF": metadata.exif, "XMP": metadata.xmp}.items():
            of_one[f"{len(data):,} bytes of {what}"] = len(data) > SEGMENT_BYTES - 40
    lost = [what for what, is_lost in of_one.items() if is_lost]
    return [f"{name} can't hold {', '.join(lost)}"] if lost else []


def _lost_texts(image: ColoredImage, target: OutputFormat) -> set[str]:
    if target.text:
        return set()
    return set(image.metadata.text) - ({"comment"} if target.name in ("JPEG", "GIF") else set())


def _profile_of(image: ColoredImage) -> bytes:
    """Return an sRGB profile for a photo that had one; its pixels are converted."""
    return srgb_profile() if image.metadata.icc_profile else b""


def _write_one(file: BinaryIO, image: ColoredImage, settings: WritingSettings) -> None:
    profile, name = _profile_of(image), settings.format.name
    if name == "PNG":
        write_png(
            file,
            image.bands(),
            image.size,
            bits=image.bits,
            channels=image.channels,
            metadata=image.metadata,
            profile=profile,
        )
    elif name == "TIFF":
        write_tiff(file, [(image, profile)])
    elif name == "PPM":
        write_ppm(file, image.bands(alpha=False), image.size, bits=image.bits)
    else:
        write_still(file, image, settings.format, profile=profile, lossless=settings.lossless)


def _write_pages(file: BinaryIO, images: Iterator[ColoredImage], settings: WritingSettings) -> None:
    if settings.format.name == "TIFF":
        write_tiff(file, ((image, _profile_of(image)) for image in images))
        return
    first = next(images)
    write_animation(
        file,
        chain((first,), images),
        settings.format,
        profile=_profile_of(first),
        lossless=settings.lossless,
    )
