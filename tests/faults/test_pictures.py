"""Pictures of strangers: only the decoders that are meant, none that Pillow has a hole in."""

import io
import re
from pathlib import Path

import numpy as np
import PIL
import pytest
from PIL import Image, features

from colorcore import Palette
from colorfiles.photos import UnreadableImage, formats, look_at
from colorfiles.shard_index import ShardEntry
from colorfiles.storage import Storage
from dataprep.palettes.pixel_batches import ShardBatch

PACKAGES = Path(__file__).parents[2] / "packages"
# What the holes that Pillow 12.2 and 12.3 closed are reached by: see docs/security.md.
_HOLES = re.compile(
    r"PdfParser|PdfImagePlugin|ImageShow|\.show\(\)|truetype\(|FontFile|GdImage|EpsImage|FitsImage"
    r"|PsdImage|McIdas|\.polygon\(|ImagePath"
)


def _encoded(image: Image.Image, format_name: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name)
    return buffer.getvalue()


def test_every_picture_is_opened_by_decoders_that_are_named() -> None:
    calls = [
        f"{path.name}: {call}"
        for path in sorted(PACKAGES.rglob("*.py"))
        for call in re.findall(r"Image\.open\([^\n]*(?:\n[^\n]*)?", path.read_text())
        if "formats=" not in call
    ]
    assert calls == []


def test_nothing_reaches_what_an_older_pillow_has_holes_in() -> None:
    found = [
        f"{path.name}: {match[0]}"
        for path in sorted(PACKAGES.rglob("*.py"))
        if (match := _HOLES.search(path.read_text()))
    ]
    assert found == []


def test_jpeg_2000_is_not_decoded_by_a_pillow_with_a_hole_there(monkeypatch) -> None:
    start = b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100)
    monkeypatch.setattr(features, "check", lambda name: True)
    formats.can_decode.cache_clear()
    try:
        monkeypatch.setattr(PIL, "__version__", "12.1.1.post0")
        with pytest.raises(UnreadableImage, match=r"JPEG2000 needs Pillow 12\.3 or newer"):
            look_at(start)
        formats.can_decode.cache_clear()
        monkeypatch.setattr(PIL, "__version__", "12.3.0")
        assert formats.can_decode("JPEG2000")
    finally:
        formats.can_decode.cache_clear()


@pytest.mark.parametrize("kind", ["eps", "bmp", "large", "cut"])
def test_a_sample_that_is_no_jpeg_of_a_views_size_is_left_out_of_a_palette(kind: str) -> None:
    image = Image.fromarray(np.zeros((16, 16, 3), np.uint8))
    data = {
        "eps": _encoded(image, "EPS"),
        "bmp": _encoded(image, "BMP"),
        "large": _encoded(Image.new("L", (9_000, 2)), "JPEG"),
        "cut": _encoded(image, "JPEG")[:200],
    }[kind]
    shard = ShardEntry("train-000000.tar", "train", "0" * 64, 1, 1)
    palette = Palette(centers=np.array([[0.0, 0.0], [0.1, 0.1]]), prior=np.array([0.5, 0.5]))
    with pytest.raises((ValueError, OSError)):
        ShardBatch(Storage("."), shard, palette)._image({"rgb.jpg": data})
