"""Luma decodes to the pixels that Pillow gives, and never beyond the size promised."""

import io
from typing import Any

import numpy as np
import pytest
import zstandard
from PIL import Image

from trainer.data.sample_decoder import SampleDecoder
from trainer.errors import BadSample

EDGE = 64
# Start of the file, APP0 and one table: where a gray JPEG's frame begins, and in it its size.
FRAME = 2 + 18 + 69


def _luma(edge: int = EDGE) -> np.ndarray:
    return np.random.default_rng(edge).integers(0, 256, (edge, edge), dtype=np.uint8)


def _encoded(pixels: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    kind = options.pop("format", "JPEG")
    Image.fromarray(pixels).save(buffer, kind, **({"quality": 95} | options))
    return buffer.getvalue()


def _decoded(data: bytes, name: str = "y.jpg") -> np.ndarray:
    bins = zstandard.ZstdCompressor().compress(bytes(EDGE * EDGE))
    members = {"__key__": "k", "__url__": "train-000000.tar", name: data, "bins.zst": bins}
    return SampleDecoder(bins=4, size=EDGE)(members).luma


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"quality": 10},
        {"progressive": True},
        {"optimize": True},
        {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"},
        {"comment": b"a"},
        {"restart_marker_rows": 1},
        {"dpi": (300, 300)},
        {"format": "PNG"},
    ],
)
def test_luma_decodes_as_pillow_opens_it(options: dict[str, Any]) -> None:
    name = "y.png" if options.get("format") == "PNG" else "y.jpg"
    data = _encoded(_luma(), **options)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(_decoded(data, name), np.asarray(image))


@pytest.mark.parametrize("edge", [EDGE // 2, EDGE * 2, EDGE * 16])
def test_another_size_is_refused_before_it_is_decoded(edge: int) -> None:
    with pytest.raises(BadSample, match=rf"y.jpg: expected 64 x 64 L, given {edge} x {edge} L"):
        _decoded(_encoded(_luma(edge)))


def test_colour_in_place_of_luma_is_refused() -> None:
    with pytest.raises(BadSample, match=r"expected 64 x 64 L, given 64 x 64 RGB"):
        _decoded(_encoded(np.stack([_luma()] * 3, axis=-1)))


def test_a_header_that_hides_a_larger_frame_is_refused() -> None:
    small, large = _encoded(_luma()), _encoded(_luma(EDGE * 16))
    assert small[FRAME : FRAME + 2] == large[FRAME : FRAME + 2] == b"\xff\xc0"
    for hidden in (small[:FRAME] + large, small[: FRAME + 13] + large[FRAME:]):
        with pytest.raises(BadSample, match=r"train-000000.tar, sample k"):
            _decoded(hidden)


def test_no_damaged_file_does_worse_than_raise() -> None:
    whole, rng = _encoded(_luma()), np.random.default_rng(3)
    decoded = refused = 0
    for number in range(400):
        data = bytearray(whole)
        at = int(rng.integers(len(data) if number % 2 else FRAME + 20))
        data[at : at + 1] = rng.bytes(int(rng.integers(0, 4)))
        try:
            decoded += _decoded(bytes(data)).shape == (EDGE, EDGE)
        except BadSample:
            refused += 1
    assert min(decoded, refused) > 40
    assert decoded + refused == 400


def test_a_file_cut_short_is_named() -> None:
    with pytest.raises(BadSample, match=r"train-000000.tar, sample k: y.jpg: not enough image"):
        _decoded(_encoded(_luma())[:-200])


@pytest.mark.parametrize("size", [0, -1, 70_000])
def test_a_size_that_no_jpeg_has_is_refused_like_any_other(size: int) -> None:
    bins = zstandard.ZstdCompressor().compress(b"")
    members = {"__key__": "k", "__url__": "u", "y.jpg": _encoded(_luma()), "bins.zst": bins}
    with pytest.raises(BadSample, match=rf"expected {size} x {size} L"):
        SampleDecoder(bins=4, size=size)(members)
