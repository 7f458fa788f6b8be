"""Recognition of clips by name and first bytes, and the containers for output."""

import os
import re

# FFmpeg's names of the containers that are written, by suffix. AVI isn't: it has neither times
# nor the matrix and range of its colours.
_MUXERS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".qt": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".3gp": "3gp",
    ".flv": "flv",
    ".ts": "mpegts",
    ".mts": "mpegts",
    ".m2ts": "mpegts",
}
CLIP = "CLIP"  # the format of a film among those of photos
ANY = ".mkv"  # holds whatever the containers hold that are read and not written
CLIP_SUFFIXES = tuple(_MUXERS)
_READ = frozenset(
    (
        *CLIP_SUFFIXES,
        *(".avi", ".mpg", ".mpeg", ".mpe", ".m2v", ".vob", ".wmv", ".asf"),
        *(".ogv", ".dv", ".mxf", ".f4v", ".3g2", ".divx", ".mjpeg"),
    )
)
_AUDIO = frozenset((".m4a", ".m4b", ".mka", ".weba", ".oga", ".opus", ".aac", ".mp3", ".wma"))
_ALSO_OTHERS = {".ts": rb"\x47", ".mts": rb"....\x47|\x47", ".dv": rb"\x1f\x07\0"}
_MAGIC = re.compile(
    rb"....(ftyp|moov|mdat|wide)|\x1a\x45\xdf\xa3|RIFF....AVI |FLV\x01"
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11|\0\0\x01[\xba\xb3]|\x06\x0e\x2b\x34",
    re.DOTALL,
)


def looks_like_clip(name: str, start: bytes) -> bool:
    """Whether a file that isn't a photo is probably a clip, by name or first bytes.

    Args:
        name: of the file.
        start: the first 64 bytes of it; empty where it can't be read.
    """
    suffix = os.path.splitext(name)[1].lower()
    if suffix in _ALSO_OTHERS:
        return bool(re.match(_ALSO_OTHERS[suffix], start, re.DOTALL))
    if suffix in _READ:
        return True
    return suffix not in _AUDIO and bool(_MAGIC.match(start))


def muxer_for(name: str) -> str:
    """Return FFmpeg's name of the container of a file's suffix."""
    return _MUXERS.get(os.path.splitext(name)[1].lower(), "matroska")
