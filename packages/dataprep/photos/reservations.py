"""Opt-outs from data mining and AI training in a photo's metadata.

Two vocabularies are read: the Data Mining property of the IPTC Photo Metadata Standard 2023.1 (of
PLUS), and the training and data mining assertion of C2PA 1.x and of CAWG. Both are searched for in
the bytes of the file: XMP packets are stored as plain text so that they can be found this way in
any format, except PNG, where it may be compressed and is unpacked; an assertion is short CBOR or
JSON. EXIF and IPTC's older records (IIM) have no such property. Signatures aren't checked: a forged
opt-out costs one photo, an overlooked one violates an author's request. Not detected: XMP in
UTF-16, an assertion split by a JPEG segment's end, and an ``.xmp`` file beside the photo.
"""

import re
import zlib

__all__ = ["OPTED_OUT", "reservation"]

OPTED_OUT = "opted out"  # how the reason of such a photo begins
# DMI-PROHIBITED, or with what is prohibited: -AIMLTRAINING, -GENAIMLTRAINING, -SEECONSTRAINT, …
_IPTC = re.compile(rb"DMI-PROHIBITED(?:-[A-Z]{3,40})?")
# The keyword of XMP in an iTXt chunk, its flag and method of compression, language and translation:
# PNG specification, third edition, 11.3.3.4.
_PACKED_XMP = re.compile(rb"iTXtXML:com\.adobe\.xmp\x00\x01\x00[^\x00]*\x00[^\x00]*\x00")
_MOST_XMP_BYTES = 16 << 20
_MARK = b"training-mining"  # in the label of a C2PA assertion
# An entry such as {"c2pa.ai_training": {"use": "notAllowed"}}; inference alone isn't training.
_C2PA = re.compile(
    rb"(?:c2pa|cawg)\.(ai_training|ai_generative_training|data_mining)"
    rb".{1,8}?use.{1,6}?(notAllowed|constrained)",
    re.DOTALL,
)


def reservation(data: bytes) -> str:
    """Return the opt-out in a file's metadata as a reason; "" for none."""
    if found := _IPTC.search(data) or _IPTC.search(_unpacked_xmp(data)):
        return f"{OPTED_OUT}: IPTC data mining {found[0].decode()}"
    if _MARK in data and (found := _C2PA.search(data)):
        return f"{OPTED_OUT}: C2PA {found[1].decode()} {found[2].decode()}"
    return ""


def _unpacked_xmp(data: bytes) -> bytes:
    """Return the compressed XMP of a PNG; b"" for none."""
    start = _PACKED_XMP.search(data)
    if start is None:
        return b""
    try:
        return zlib.decompressobj().decompress(data[start.end() :], _MOST_XMP_BYTES)
    except zlib.error:
        return b""
