"""Detection of files that bear the mark of ColorUnet."""

from pathlib import Path

from colorfiles.outside.files import open_regular
from colorunet.evidence.mark import Mark
from colorunet.evidence.packets import find_packet
from colorunet.evidence.sidecar import sidecar_packet
from colorunet.evidence.xmp import mark_of_xmp


def read_mark(path: Path) -> Mark | None:
    """Return a file's mark, from its metadata or its sidecar; None without one.

    Nothing is decoded: of most formats a few kilobytes are read.

    Raises:
        OSError: the file can't be opened, or is no regular one.
    """
    return mark_of_xmp(packet_of(path))


def is_marked(path: Path) -> bool:
    """Whether a file bears the mark; False if it can't be opened."""
    try:
        return read_mark(path) is not None
    except OSError:
        return False


def packet_of(path: Path) -> bytes:
    """Return the XMP packet of a file, or else that of its sidecar; b"" for none.

    Raises:
        OSError: the file can't be opened, or is no regular one.
    """
    with open_regular(path) as file:
        return find_packet(file) or sidecar_packet(path)
