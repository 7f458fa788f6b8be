"""JPEGs that are encoded in strips."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from colorfiles.photos import read_image
from colorfiles.photos.jpeg import segments
from colorunet.batch.writing import jpeg
from colorunet.batch.writing.jpeg import write_jpeg

_OPTIONS = {"quality": 95, "subsampling": 0}
_RESTART_INTERVAL = 0xDD


@pytest.mark.parametrize("height", [1, 8, 48, 49, 205, 480])
@pytest.mark.parametrize("band", [1, 7, 64])
def test_strips_decode_to_the_pixels_of_a_picture_encoded_at_once(
    height: int, band: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jpeg, "_MOST_UNITS", 6 * 13)  # strips of 48 rows of 13 blocks
    rng = np.random.default_rng(1)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    picture = coarse.resize((101, height))
    whole, strips = io.BytesIO(), io.BytesIO()
    picture.save(whole, "JPEG", **_OPTIONS)
    rows = np.asarray(picture)
    bands = (rows[top : top + band] for top in range(0, height, band))
    write_jpeg(strips, bands, picture.size, {**_OPTIONS, "comment": b"kept"})
    with Image.open(whole) as expected, Image.open(strips) as found:
        assert found.info["comment"] == b"kept"
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
    assert read_image(strips.getvalue()).notes == ()
    marked = [kind for kind, _, _ in segments(strips.getvalue())].count(_RESTART_INTERVAL)
    assert marked == (height > 48)


def test_a_strip_is_written_before_the_rows_behind_the_next_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jpeg, "_MOST_UNITS", 2 * 4)
    file = io.BytesIO()
    written: list[int] = []

    def bands() -> Iterator[np.ndarray]:
        for _ in range(6):
            written.append(file.tell())
            yield np.zeros((16, 32, 3), np.uint8)

    write_jpeg(file, bands(), (32, 96), _OPTIONS)
    assert written == sorted(set(written))
