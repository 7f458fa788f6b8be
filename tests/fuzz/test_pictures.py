"""Damaged pictures, profiles and parameters: a value or one clean error, whatever the bytes."""

import contextlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from damage import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, features
from safetensors.numpy import save

from colorfiles.photos import ReadSettings, UnreadableImage, look_at, read_image, read_pages
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
_FEATURES = {"AVIF": "avif", "JPEG2000": "jpg_2000"}


def _picture(kind: str) -> bytes:
    rng = np.random.default_rng(1)
    format_name, options = kind.partition(" ")[0], dict(_KINDS[kind])
    if format_name in ("AVIF", "JPEG2000") and not features.check(_FEATURES[format_name]):
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
    content = data.draw(damaged(_picture(kind)))
    with contextlib.suppress(UnreadableImage):
        look_at(content, SMALL)
    with contextlib.suppress(UnreadableImage):
        assert read_image(content, SMALL).pixels.size[0] >= 1
    with contextlib.suppress(UnreadableImage):
        for page in read_pages(content, SMALL):
            assert page is not None


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
