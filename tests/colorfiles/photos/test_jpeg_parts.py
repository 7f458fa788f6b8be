"""IPTC, extended XMP and clips of JPEGs are kept; XMP says no more than the file has."""

import hashlib
import struct

import numpy as np
import odd_files as odd
import pytest
from PIL import Image

from colorfiles.photos import Metadata, ReadSettings, read_image
from colorfiles.photos.iptc import iptc_records, kept_resources, resources_of
from colorunet.batch.writing.jpeg_parts import extension_segments, fitting

CLIP = b"\0\0\0\x18ftypmp42" + bytes(3000)
RECORDS = b"\x1c\2\x78\0\7Harbour"
_XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_HEAD = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
_TAIL = b"</rdf:Description></rdf:RDF></x:xmpmeta>"
_PRIMARY = b'<rdf:li><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>'


def _directory(*items: bytes) -> bytes:
    listed = b"".join((_PRIMARY, *items))
    return b"<Container:Directory><rdf:Seq>" + listed + b"</rdf:Seq></Container:Directory>"


def _item(semantic: bytes, size: int) -> bytes:
    named = b'Item:Semantic="' + semantic + b'" Item:Length="%d"' % size
    return b"<rdf:li><Container:Item " + named + b"/></rdf:li>"


def _jpeg(*segments: tuple[int, bytes], behind: bytes = b"") -> bytes:
    data = odd.saved(Image.fromarray(odd.gray()), "JPEG")
    parts = (bytes((0xFF, kind)) + struct.pack(">H", len(b) + 2) + b for kind, b in segments)
    return data[:2] + b"".join(parts) + data[2:] + behind


def _read(data: bytes) -> tuple[Metadata, tuple[str, ...]]:
    image = read_image(data, ReadSettings(metadata=True))
    assert np.abs(image.luma(8).astype(int) - odd.gray()).mean() < 3
    return image.metadata, image.notes


@pytest.mark.parametrize("way", ["offset", "item"])
def test_a_moving_picture_is_kept_with_what_xmp_says_of_it(way: str) -> None:
    size = len(CLIP)
    said = b'GCamera:MicroVideoOffset="%d">' % size
    if way == "item":
        said = b'GCamera:MotionPhoto="1">' + _directory(_item(b"MotionPhoto", size))
    xmp = _HEAD + said + _TAIL
    metadata, notes = _read(_jpeg((0xE1, _XMP_MARK + xmp), behind=CLIP))
    assert (metadata.clip, metadata.xmp) == (CLIP, xmp)
    assert notes == ("its moving picture isn't coloured",)
    kept, lost = fitting(metadata, "PNG")
    assert lost == ["its moving picture"]
    assert (kept.clip, kept.xmp) == (b"", _HEAD.rstrip() + b">" + _TAIL)
    assert fitting(metadata, "JPEG") == (metadata, [])


def test_a_moving_picture_that_is_missing_is_claimed_no_more() -> None:
    xmp = _HEAD + b'GCamera:MotionPhoto="1" GCamera:MicroVideoOffset="99"   >' + _TAIL
    metadata, notes = _read(_jpeg((0xE1, _XMP_MARK + xmp)))
    assert b"GCamera" not in metadata.xmp
    assert notes == ("its moving picture is incomplete: left out",)


def test_a_gain_map_is_left_out_with_all_that_names_it() -> None:
    gain = odd.saved(Image.fromarray(odd.gray()[::2, ::2]), "JPEG")
    said = b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" dc:a="b">'
    said += b"<hdrgm:GainMapMax><rdf:Seq><rdf:li>2</rdf:li></rdf:Seq></hdrgm:GainMapMax>"
    items = (_item(b"GainMap", len(gain)), _item(b"MotionPhoto", len(CLIP)))
    xmp = _HEAD + said + _directory(*items) + _TAIL
    metadata, notes = _read(_jpeg((0xE1, _XMP_MARK + xmp), behind=gain + CLIP))
    assert metadata.clip == CLIP
    directory = _directory(_item(b"MotionPhoto", len(CLIP)))
    assert metadata.xmp == _HEAD + b'dc:a="b">' + directory + _TAIL
    assert notes[0] == "its gain map was left out: it fits the photo as it was"


def test_extended_xmp_is_kept_where_it_is_whole() -> None:
    extension = bytes(range(65, 91)) * 4000
    guid = hashlib.md5(extension).hexdigest().upper().encode()
    xmp = _HEAD + b'xmpNote:HasExtendedXMP="' + guid + b'" dc:a="b">' + _TAIL
    parts = [(0xE1, part) for part in extension_segments(extension, guid, 65_533)]
    metadata, notes = _read(_jpeg((0xE1, _XMP_MARK + xmp), *reversed(parts)))
    assert (metadata.extended_xmp, metadata.xmp, notes) == (extension, xmp, ())
    kept, lost = fitting(metadata, "TIFF")
    assert lost == ["104,000 bytes of extended XMP"]
    assert kept.xmp == _HEAD.rstrip() + b' dc:a="b">' + _TAIL
    metadata, notes = _read(_jpeg((0xE1, _XMP_MARK + xmp), parts[0]))
    assert b"HasExtended" not in metadata.xmp
    assert notes == ("its extended XMP is incomplete: left out",)


def test_iptc_is_kept_without_thumbnails() -> None:
    thumbnail = b"8BIM\x04\x0c\0\0" + struct.pack(">I", 5) + b"abcde\0"
    named = b"8BIM\x04\x0a\x03abc" + struct.pack(">I", 1) + b"\1\0"
    resources = thumbnail + resources_of(RECORDS) + named
    metadata, notes = _read(_jpeg((0xED, b"Photoshop 3.0\0" + resources)))
    assert metadata.iptc == resources_of(RECORDS) + named
    assert iptc_records(metadata.iptc) == RECORDS
    assert notes == ()
    for cut in range(len(resources)):
        kept_resources(resources[:cut])


def test_what_stands_behind_the_picture_is_named() -> None:
    _, notes = _read(_jpeg(behind=bytes(2000)))
    assert notes == ("2,000 bytes behind the picture were left out",)
