"""The mark embedded in the metadata of a file."""

from dataclasses import replace

from colorfiles.photos import Metadata
from colorunet.evidence.exif import description_of, exif_with_mark
from colorunet.evidence.mark import Mark
from colorunet.evidence.xmp import with_mark

UNPARSED = "its XMP, which can't be parsed"


def marked_metadata(
    metadata: Metadata, mark: Mark, *, longest: int = 1 << 30
) -> tuple[Metadata, str]:
    """Return metadata with the mark, and phrases on what was left out to make room.

    Args:
        metadata: of the photo.
        mark: what to say.
        longest: the most bytes of EXIF, and of XMP, that the format holds.
    """
    lost = ""
    try:
        xmp = with_mark(metadata.xmp, mark, description=description_of(metadata.exif))
    except ValueError:
        xmp, lost = with_mark(b"", mark), UNPARSED
    if len(xmp) > longest:
        xmp, lost = with_mark(b"", mark), f"{len(metadata.xmp):,} bytes of XMP"
    return replace(metadata, xmp=xmp, exif=_marked_exif(metadata.exif, mark, longest)), lost


def _marked_exif(exif: bytes, mark: Mark, longest: int) -> bytes:
    try:
        marked = exif_with_mark(exif, mark)
    except ValueError:
        return exif
    return marked if len(marked) <= longest else exif
