"""Damaged pictures, profiles and parameters: a value or one clean error, whatever the bytes."""

import contextlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
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
    "TIFF": {}, "TIFF of strips": {"compression": "tiff_lzw"},
}  # fmt: skip


def _picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, kind.split(maxsplit=1)[0], **_KINDS[kind])
    return buffer.getvalue()


def damaged(sound: bytes) -> st.SearchStrategy[bytes]:
    """Sound bytes with some changed near the start, where headers are, or anywhere; or cut."""
    places = st.integers(0, min(64, len(sound) - 1)) | st.integers(0, len(sound) - 1)
    changes = st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=6)
    return st.builds(_changed, st.just(sound), changes, st.integers(1, len(sound)) | st.none())


def _changed(sound: bytes, changes: list[tuple[int, int]], length: int | None) -> bytes:
    data = bytearray(sound)
    for at, value in changes:
        data[at] = value
    return bytes(data[:length])


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
