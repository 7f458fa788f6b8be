"""Small damage that viewers forgive is mended and noted; missing pixels are refused still."""

import re
import struct

import numpy as np
import odd_files as odd
import pytest
from PIL import Image

from colorfiles.photos import ReadSettings, UnreadableImage, look_at, read_image, read_pages


def _noise(**options: object) -> bytes:
    rng = np.random.default_rng(0)
    return odd.saved(
        Image.fromarray(rng.integers(0, 256, (64, 96, 3), np.uint8)), "JPEG", **options
    )


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_end_mark_is_read_where_its_pixels_are_there(progressive: bool) -> None:
    whole = _noise(progressive=progressive)
    image = read_image(whole[:-2])
    np.testing.assert_array_equal(image.luma(8), read_image(whole).luma(8))
    assert image.notes == ("its end mark is missing",)
    assert look_at(whole[:-2]).width == 96
    for missing in (40, len(whole) // 2):
        for settings in (ReadSettings(), ReadSettings(whole=False)):
            with pytest.raises(UnreadableImage, match="ends before its last row"):
                read_image(whole[:-missing], settings)
        with pytest.raises(UnreadableImage, match="ends before its last row"):
            read_image(whole[:-missing], near_px=8)


@pytest.mark.parametrize("before", [b"\r\n", b"\xef\xbb\xbf", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_bytes_before_the_start_are_passed_over(before: bytes) -> None:
    for data in (_noise(), odd.saved(Image.fromarray(odd.scene()), "PNG")):
        image = read_image(before + data)
        np.testing.assert_array_equal(image.luma(8), read_image(data).luma(8))
        assert image.notes == (f"{len(before)} bytes before its start were skipped",)
    for other in (b"%PDF-1.4 ", b"8BPS"):
        with pytest.raises(UnreadableImage, match="not a known image"):
            read_image(other + _noise())


def test_a_wrong_checksum_beside_the_pixels_costs_that_chunk_alone() -> None:
    rows = odd.gray()
    sound = odd.png(rows, 8, 0, (b"tEXt", b"Title\0Lake"), (b"pHYs", struct.pack(">IIB", 9, 9, 1)))
    damaged = sound.replace(b"Lake", b"Cake")
    image = read_image(damaged, ReadSettings(metadata=True))
    np.testing.assert_array_equal(image.luma(8), rows)
    assert image.notes == ("its damaged 'tEXt' chunk was left out",)
    assert image.metadata.text == {}
    assert len(list(read_pages(damaged))) == 1
    pixels = bytearray(sound)
    pixels[sound.index(b"IDAT") + 20] ^= 0xFF
    with pytest.raises(UnreadableImage):
        read_image(bytes(pixels))


def test_a_height_that_is_told_behind_the_pixels_is_used() -> None:
    data = _noise()
    frame = data.index(b"\xff\xc0")
    later = data[: frame + 5] + b"\0\0" + data[frame + 7 : -2]
    later += b"\xff\xdc\0\4" + data[frame + 5 : frame + 7] + b"\xff\xd9"
    image = read_image(later)
    np.testing.assert_array_equal(image.luma(8), read_image(data).luma(8))
    assert image.notes == ("its height stands behind its pixels",)


def test_no_reason_is_a_bare_key() -> None:
    for data in (_noise()[:30], b"\xff\xd8\xff" + bytes(100), b"\xff\xd8\xff\xc0\0\5" + bytes(9)):
        with pytest.raises(UnreadableImage) as caught:
            read_image(data)
        assert not re.search(r"'\w+'$", caught.value.reason)


def test_a_gif_and_a_png_without_their_ends_are_read() -> None:
    image = Image.fromarray(odd.gray())
    for kind, missing in (("GIF", 1), ("PNG", 12), ("PNG", 4)):
        whole = odd.saved(image, kind)
        np.testing.assert_array_equal(
            read_image(whole[:-missing]).luma(8), read_image(whole).luma(8)
        )


@pytest.mark.parametrize("wrong", [100, -20, -8])
def test_a_webp_that_tells_a_wrong_length_is_read_where_all_of_it_is_there(wrong: int) -> None:
    whole = odd.saved(Image.fromarray(odd.scene()), "WEBP", lossless=True)
    told = whole[:4] + struct.pack("<I", len(whole) - 8 + wrong) + whole[8:]
    image = read_image(told)
    np.testing.assert_array_equal(np.asarray(image.rgb()), odd.scene())
    assert image.notes == ("its header has a wrong length",)
    assert read_image(whole).notes == read_image(whole + bytes(33)).notes == ()
    with pytest.raises(UnreadableImage):
        read_image(told[:-40])
