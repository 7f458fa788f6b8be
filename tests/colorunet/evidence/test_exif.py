"""Software and a note in EXIF, with everything else where it was."""

import io
import struct

import pytest
from PIL import Image

from colorunet.evidence.exif import description_of, exif_with_mark
from colorunet.evidence.mark import Mark

MARK = Mark("0.1.0", "colorunet", "ab" * 32, "2026-11-30")


def _exif(order: str) -> bytes:
    """EXIF with a maker's note that names its own place, as cameras write it."""
    prefix = b"II*\0" if order == "<" else b"MM\0*"
    maker = b"MAKER NOTE WITH OFFSETS INSIDE"
    texts = {0x010E: b"A field\0", 0x010F: b"Acme Cameras\0", 0x0131: b"Firmware 3\0"}
    start = 8 + 2 + 12 * 4 + 4
    data, entries = b"", b""
    for tag, text in texts.items():
        entries += struct.pack(f"{order}HHII", tag, 2, len(text), start + len(data))
        data += text + b"\0" * (len(text) % 2)
    inner = start + len(data)
    entries += struct.pack(f"{order}HHII", 0x8769, 4, 1, inner)
    data += struct.pack(f"{order}HHHIII", 1, 0x927C, 7, len(maker), inner + 18, 0) + maker
    head = prefix + struct.pack(f"{order}IH", 8, 4)
    return b"Exif\0\0" + head + entries + bytes(4) + data


@pytest.mark.parametrize("order", ["<", ">"])
def test_texts_are_appended_and_nothing_else_moves(order: str) -> None:
    before = _exif(order)
    after = exif_with_mark(before, MARK)
    assert after[14 : len(before)] == before[14:]  # behind the address of the first directory
    exif = Image.Exif()
    exif.load(after)
    assert exif[0x0131] == "Firmware 3; ColorUnet 0.1.0"
    assert exif[0x010E] == f"A field; {MARK.note}"
    assert exif[0x010F] == "Acme Cameras"
    assert exif.get_ifd(0x8769)[0x927C] == b"MAKER NOTE WITH OFFSETS INSIDE"


def test_a_photo_without_exif_gets_two_entries() -> None:
    exif = Image.Exif()
    exif.load(exif_with_mark(b"", MARK))
    assert dict(exif) == {0x0131: "ColorUnet 0.1.0", 0x010E: MARK.note}


def test_marking_twice_adds_nothing_to_the_texts() -> None:
    twice = exif_with_mark(exif_with_mark(_exif("<"), MARK), MARK)
    assert description_of(twice) == f"A field; {MARK.note}"


@pytest.mark.parametrize("end", [0, 7, 12, 20, 60])
def test_damaged_exif_is_refused(end: int) -> None:
    damaged = _exif("<")[: 6 + end]
    if end:
        with pytest.raises(ValueError, match="EXIF"):
            exif_with_mark(damaged, MARK)
    assert description_of(damaged) == ""


def test_letters_beyond_ascii_stay_the_bytes_that_they_were() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Großmutter".encode("latin-1")
    after = exif_with_mark(exif.tobytes(), MARK)
    assert "Großmutter".encode("latin-1") in after
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "JPEG", exif=after)
    assert Image.open(file).getexif()[0x0131] == "ColorUnet 0.1.0"
