"""Conversion of a SUN file to a manifest row."""

import hashlib
from dataclasses import replace
from pathlib import Path

from colorfiles.outside.files import read_regular
from dataprep.errors import UnusablePhoto
from dataprep.photos.imaging import ImageLimits
from dataprep.photos.rows import Photo
from dataprep.sources import source
from dataprep.sources.sun.layout import SOURCE, SunFile

# All of SUN is named .jpg; these are what it really holds.
SUN_LIMITS = ImageLimits(formats=("JPEG", "PNG", "GIF", "BMP"))
LICENSE_NAME = "SUN database: research use"
LICENSE_URL = "https://vision.princeton.edu/projects/2010/SUN/"
MAX_BYTES = 100 << 20


def examined(file: SunFile, data: bytes, *, limits: ImageLimits, now: str) -> Photo:
    """Return the row of a photo: as one that is kept, or rejected with the reason."""
    return source.examined(_row(file, data, now), data, limits).row


def refused(file: SunFile, reason: str, *, now: str) -> Photo:
    """Return the row of a photo that wasn't read."""
    return replace(_row(file, b"", now), status="rejected", reason=reason)


def too_large(size: int) -> str:
    """Return the reason if a file is too large, "" if not."""
    return f"too large: {size} bytes" if size > MAX_BYTES else ""


def read_file(path: Path) -> bytes:
    """Read a file that isn't too large.

    Raises:
        UnusablePhoto: it is, or it can't be read.
    """
    try:
        size = path.stat().st_size
        if too_large(size):
            raise UnusablePhoto(too_large(size))
        return read_regular(path, most=MAX_BYTES)
    except OSError as error:
        raise UnusablePhoto(f"unreadable: {error.strerror}") from None


def _row(file: SunFile, data: bytes, now: str) -> Photo:
    return Photo(
        key=file.key,
        source=SOURCE,
        source_id=file.key.removeprefix(f"{SOURCE}-"),
        sha256=hashlib.sha256(data).hexdigest() if data else "",
        bytes=len(data),
        class_name=file.class_name,
        license_name=LICENSE_NAME,
        license_url=LICENSE_URL,
        license_read_at=now,
        fetched_at=now,
        source_path=file.path,
    )
