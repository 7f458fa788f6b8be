"""Both halves see the same picture in the same file, whatever kind it is of."""

from pathlib import Path

import numpy as np
import odd_files as odd
import pytest

from colorunet.batch.images import read_gray
from colorunet.errors import UnusableImage
from dataprep.errors import UnusablePhoto
from dataprep.photos.imaging import ImageLimits, decode_photo

FILES = [
    *odd.deep_tiffs(), *odd.deep_pngs(), *odd.models(), *odd.profiled(),
    *(file for _, file in odd.oriented()),
]  # fmt: skip
BAD = {
    "empty": b"",
    "html": b"<html>404</html>",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "fits": b"SIMPLE  =                    T" + bytes(2880),
    "raw": odd.tiff(odd.gray_16(), photometric=32803),
    "cut": FILES[0].data[:200],
}
LIMITS = ImageLimits(min_edge_px=1)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_has_one_picture_for_both_halves(file: odd.OddFile, tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(file.data)
    gray = read_gray(path)
    color = decode_photo(file.data, LIMITS)
    luma = np.asarray(color.convert("L")).astype(int)
    assert luma.shape == gray.luma.shape
    solid = np.ones(luma.shape, bool) if gray.alpha is None else gray.alpha == 255
    assert np.abs(luma - gray.luma)[solid].max() <= 1


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_both_halves_refuse_the_same_with_the_same_words(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(UnusablePhoto) as one:
        decode_photo(data, LIMITS)
    with pytest.raises(UnusableImage) as other:
        read_gray(path)
    assert str(one.value) == str(other.value)
