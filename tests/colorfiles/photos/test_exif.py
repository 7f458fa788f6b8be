"""What stands in EXIF stays, letter for letter; only what isn't true any more is changed."""

import io

import numpy as np
import pytest
from PIL import Image

from colorfiles.photos import ReadSettings, read_image
from colorfiles.photos.exif import upright_exif

WORDS = "Großmutter am See 1938".encode()
WITH_METADATA = ReadSettings(metadata=True)


def _exif(orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = WORDS
    exif[0x0112] = orientation
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0xA001], inner[0x927C] = "1938:07:04 10:00:00", 65535, b"maker's \x80 note"
    exif[0x8769] = inner  # else Pillow's TIFFs leave it out
    return exif


def _photo(format_name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    levels = np.arange(4800, dtype=np.uint16).reshape(60, 80) // 20
    Image.fromarray(levels.astype(np.uint8)).save(buffer, format_name, exif=_exif(), **options)
    return buffer.getvalue()


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_texts_beyond_ascii_stay_and_the_orientation_becomes_1(format_name: str) -> None:
    image = read_image(_photo(format_name), WITH_METADATA)
    assert image.size == (60, 80)
    assert WORDS in image.metadata.exif
    assert b"maker's \x80 note" in image.metadata.exif
    read = Image.Exif()
    read.load(image.metadata.exif)
    assert read[0x0112] == 1
    assert read.get_ifd(0x8769)[0x9003] == "1938:07:04 10:00:00"


def test_a_thumbnail_of_the_gray_photo_is_no_longer_referred_to() -> None:
    data = bytearray(_exif().tobytes())
    link = 6 + 8 + 2 + 12 * int.from_bytes(data[14:16], "big")
    data[link : link + 4] = (8).to_bytes(4, "big")
    assert upright_exif(bytes(data))[link : link + 4] == bytes(4)


def test_converted_pixels_are_said_to_be_srgb() -> None:
    read = Image.Exif()
    read.load(upright_exif(_exif().tobytes(), converted=True))
    assert read.get_ifd(0x8769)[0xA001] == 1


@pytest.mark.parametrize("data", [b"", b"Exif\0\0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08\0\x09"])
def test_damaged_exif_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="EXIF"):
        upright_exif(data)
