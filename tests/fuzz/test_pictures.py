"""Damaged pictures, profiles and parameters: a value or one clean error, whatever the bytes."""

import contextlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from animations import random_animation
from damage import damaged, with_false_numbers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from safetensors.numpy import save

from colorfiles.photos import (
    ReadSettings,
    UnreadableImage,
    can_decode,
    look_at,
    read_image,
    read_pages,
)
from colorfiles.photos.curves import Profile, gray_curve, rgb_curve
from colorunet.errors import ColorunetError
from colorunet.parameters.tensor_layout import TensorLayout

fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SMALL = ReadSettings(max_bytes=4 << 20, metadata=True)
_KINDS = {
    "JPEG": {}, "PNG": {}, "GIF": {}, "BMP": {}, "WEBP": {}, "PPM": {}, "TGA": {}, "PCX": {},
    "TIFF": {}, "TIFF of strips": {"compression": "tiff_lzw"}, "TIFF of 16 bits": {}, "MPO": {},
    "PNG of 16 bits": {}, "PNG of frames": {"save_all": True}, "GIF of frames": {"save_all": True},
    "AVIF": {}, "JPEG2000": {},
}  # fmt: skip
_NOT_EVERYWHERE = ("AVIF", "JPEG2000")


def _picture(kind: str) -> bytes:
    rng = np.random.default_rng(1)
    format_name, options = kind.partition(" ")[0], dict(_KINDS[kind])
    if format_name in _NOT_EVERYWHERE and not can_decode(format_name):
        pytest.skip(f"this Pillow has no {format_name}")
    pixels = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    if kind.endswith("16 bits"):
        image = Image.fromarray(rng.integers(0, 1 << 16, (12, 16), dtype=np.uint16))
    if options.get("save_all"):
        options["append_images"] = [Image.fromarray(255 - pixels)]
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", _KINDS)
@fuzz
@given(data=st.data())
def test_pictures(kind: str, data: st.DataObject) -> None:
    _read(data.draw(damaged(_picture(kind))))


def _read(content: bytes) -> None:
    with contextlib.suppress(UnreadableImage):
        look_at(content, SMALL)
    with contextlib.suppress(UnreadableImage):
        assert read_image(content, SMALL).pixels.size[0] >= 1
    with contextlib.suppress(UnreadableImage):
        for page in read_pages(content, SMALL):
            assert page is not None


# By how the headers of frames, pages, tiles and items begin.
_HEADERS = {
    "GIF": (b"\x2c", b"\x21\xf9"), "PNG": (b"fcTL", b"IHDR", b"acTL"), "WEBP": (b"ANMF", b"VP8"),
    "TIFF": (b"\x00\x01\x03\x00", b"\x00\x01\x04\x00", b"\x42\x01", b"\x11\x01"),
    "MPO": (b"MPF\0", b"\xff\xc0"), "JPEG2000": (b"ihdr", b"\xff\x51"),
    "AVIF": (b"ispe", b"iloc", b"av1C", b"pixi"), "HEIF": (b"ispe", b"iloc", b"hvcC", b"pixi"),
}  # fmt: skip


def _frames(kind: str) -> bytes:
    if kind in ("GIF", "PNG", "WEBP"):
        return random_animation(kind, 1)
    if kind == "TIFF":
        pages = [np.full((40, 50), level, np.uint8) for level in (9, 99)]
        buffer = io.BytesIO()
        with tifffile.TiffWriter(buffer) as writer:
            for page in pages:
                writer.write(page, tile=(16, 16), compression="zlib", photometric="minisblack")
        return buffer.getvalue()
    image = Image.linear_gradient("L").resize((40, 30)).convert("RGB")
    buffer = io.BytesIO()
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").from_pillow(image).save(buffer)
        return buffer.getvalue()
    if kind in _NOT_EVERYWHERE and not can_decode(kind):
        pytest.skip(f"this Pillow has no {kind}")
    options = {"save_all": True, "append_images": [image]} if kind == "MPO" else {}
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", _HEADERS)
@fuzz
@given(data=st.data())
def test_headers_of_frames(kind: str, data: st.DataObject) -> None:
    _read(data.draw(with_false_numbers(_frames(kind), _HEADERS[kind])))


_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@fuzz
@given(data=st.binary() | damaged(_PROFILE))
def test_profiles(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        profile = Profile.parsed(data)
        for curve in (gray_curve, rgb_curve):
            with contextlib.suppress(ValueError):
                curve(profile)


_TENSORS = save({"a": np.zeros((2, 3), np.float16), "b": np.ones(4, np.float32)})


def _with_header(header: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + bytes(8)


headers = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
).map(lambda header: _with_header(json.dumps(header).encode("utf-8", "surrogatepass")))


@fuzz
@given(data=st.binary() | damaged(_TENSORS) | headers)
def test_headers_of_parameters(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "best.safetensors").write_bytes(data)
    with contextlib.suppress(ColorunetError):
        TensorLayout.of(tmp_path / "best.safetensors")
