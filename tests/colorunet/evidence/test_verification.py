"""Coloured files are told from changed ones, in every format; the gray comes back."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from colorfiles.errors import ForeignFile
from colorfiles.photos import can_decode
from colorunet.batch.writing.formats import format_named
from colorunet.cli import app
from colorunet.errors import ColorunetError
from colorunet.evidence.restoring import restore
from colorunet.evidence.verification import verify

from .conftest import MARK, write_colored

_FURTHER = {"AVIF": "a.avif", "HEIF": "a.heic"}
_JP2 = ["a.jp2"] if can_decode("JPEG2000") else []
LOSSLESS = ("a.png", "a.tif", "a.bmp", "a.ppm", "a.tga", *_JP2)
LOSSY = (
    "a.jpg",
    "a.webp",
    "a.gif",
    *(file for name, file in _FURTHER.items() if can_decode(name)),
)


def _original(folder: Path, luma: np.ndarray) -> Path:
    path = folder / "original.png"
    Image.fromarray(luma).save(path)
    return path


def _changed(path: Path, change: str) -> None:
    """Change a coloured file as somebody might, and keep its mark."""
    with Image.open(path) as image:
        rgb, xmp = np.asarray(image.convert("RGB")).copy(), image.info.get("xmp", b"")
    if change == "brightened":
        rgb = np.clip(np.rint(rgb * 1.01), 0, 255).astype(np.uint8)
    elif change == "retouched":
        rgb[60:76, 90:106] = rgb[60:76, 106:122]
    elif change == "cropped":
        rgb = rgb[:-3]
    options = {} if path.suffix == ".png" else {"quality": 95, "subsampling": 0, "xmp": xmp}
    Image.fromarray(rgb).save(path, **options)


@pytest.mark.parametrize("name", [*LOSSLESS, *LOSSY, "a.pcx"])
def test_what_was_only_coloured_holds(tmp_path: Path, gray: np.ndarray, name: str) -> None:
    path = write_colored(tmp_path / name, gray)
    verdict = verify(path, _original(tmp_path, gray))
    assert verdict.holds, verdict.findings
    assert verdict.mark == MARK
    assert verdict.luma is not None
    if name in LOSSLESS:
        assert verdict.luma.largest == 0


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bits_are_kept_to_the_last_level(tmp_path: Path, gray: np.ndarray, name: str) -> None:
    rng = np.random.default_rng(0)
    deep = np.clip(gray.astype(int) * 257 + rng.integers(-99, 99, gray.shape), 0, 65535)
    path = write_colored(tmp_path / name, deep.astype(np.uint16))
    verdict = verify(path, _original(tmp_path, deep.astype(np.uint16)))
    assert verdict.holds, verdict.findings
    assert verdict.luma is not None
    assert verdict.luma.largest == 0


@pytest.mark.parametrize("name", ["a.ppm", "a.bmp", "a.jpg"])
def test_fewer_bits_than_the_original_has_are_allowed(
    tmp_path: Path, gray: np.ndarray, name: str
) -> None:
    deep = gray.astype(np.uint16) * 257 + 90
    path = write_colored(tmp_path / name, deep)
    verdict = verify(path, _original(tmp_path, deep))
    assert verdict.holds, verdict.findings


@pytest.mark.parametrize("change", ["brightened", "retouched", "cropped"])
@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_what_was_changed_is_found_and_shown(
    tmp_path: Path, gray: np.ndarray, name: str, change: str
) -> None:
    path = write_colored(tmp_path / name, gray)
    _changed(path, change)
    verdict = verify(path, _original(tmp_path, gray), pictures=tmp_path)
    assert not verdict.holds
    assert verdict.luma is not None
    assert not verdict.luma.kept
    if change == "cropped":
        assert "sizes differ" in verdict.luma.problem
        return
    with Image.open(verdict.luma.picture) as picture:
        assert picture.size == (205, 131)
    if change == "retouched":
        assert verdict.luma.box is not None
        left, top, right, bottom = verdict.luma.box
        assert (left, top) >= (80, 56)
        assert (right, bottom) <= (112, 80)


def test_a_jpeg_that_was_compressed_again_holds_if_its_mark_is_kept(
    tmp_path: Path, gray: np.ndarray
) -> None:
    path = write_colored(tmp_path / "a.jpg", gray)
    with Image.open(path) as image:
        image.load()
        xmp = image.info["xmp"]
    for quality, holds in ((75, True), (30, True)):
        image.save(path, quality=quality, xmp=xmp)
        assert verify(path, _original(tmp_path, gray)).holds is holds


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.png", "exact: the format is lossless"),
        ("a.jp2", "exact: the format is lossless"),
        ("a.jpg", "JPEG as it was written: each DCT coefficient within half a quantisation step"),
        ("a.webp", "bounds measured for WebP at quality 95"),
        ("a.avif", "bounds measured for AVIF at quality 90"),
        ("a.heic", "bounds measured for HEIC at quality 90"),
    ],
)
def test_the_verdict_says_how_its_bounds_are_known(
    tmp_path: Path, gray: np.ndarray, name: str, words: str
) -> None:
    target = format_named(name)
    assert target is not None
    if not can_decode(target.name):
        pytest.skip(f"{target.name} isn't written here")
    luma = verify(write_colored(tmp_path / name, gray), _original(tmp_path, gray)).luma
    assert luma is not None
    assert (luma.kept, luma.conclusive, luma.allowed) == (True, True, words)


def test_a_gif_is_said_to_prove_little(tmp_path: Path, gray: np.ndarray) -> None:
    verdict = verify(write_colored(tmp_path / "a.gif", gray), _original(tmp_path, gray))
    assert verdict.luma is not None
    assert (verdict.holds, verdict.luma.conclusive) == (True, False)
    assert "this format proves little" in verdict.findings[-1]
    assert "nothing but chroma was changed" not in verdict.findings[-1]


@pytest.mark.skipif(
    not can_decode("JPEG2000"), reason="Pillow older than 12.3, or without OpenJPEG"
)
def test_of_a_format_without_measured_bounds_the_verdict_says_so(
    tmp_path: Path, gray: np.ndarray
) -> None:
    with Image.open(write_colored(tmp_path / "a.png", gray)) as image:
        image.save(tmp_path / "a.jp2", irreversible=True, quality_mode="dB", quality_layers=[45])
    luma = verify(tmp_path / "a.jp2", _original(tmp_path, gray)).luma
    assert luma is not None
    assert (luma.kept, luma.conclusive) == (True, False)
    assert luma.allowed == "bounds assumed: none were measured for JPEG2000"


def test_without_a_mark_nothing_holds(tmp_path: Path, gray: np.ndarray) -> None:
    path = write_colored(tmp_path / "a.png", gray, mark=None)
    verdict = verify(path, _original(tmp_path, gray))
    assert not verdict.holds
    assert verdict.luma is not None
    assert verdict.luma.kept


def test_the_command_says_it_in_words_in_json_and_by_its_exit_code(
    tmp_path: Path, gray: np.ndarray
) -> None:
    original = _original(tmp_path, gray)
    path = write_colored(tmp_path / "original.jpg", gray)
    good = CliRunner().invoke(app, ["verify", str(path), "--original", str(original)])
    assert good.exit_code == 0, good.output
    assert "luma kept" in good.stdout
    _changed(path, "brightened")
    words = ["verify", str(path), "--original", str(original), "--json"]
    bad = CliRunner().invoke(app, words)
    assert bad.exit_code == 1
    (verdict,) = json.loads(bad.stdout)["files"]
    assert verdict["holds"] is False
    assert verdict["luma"]["kept"] is False
    assert (tmp_path / "original-changed.png").is_file()
    assert CliRunner().invoke(app, ["verify", str(tmp_path / "missing.png")]).exit_code == 2
    two = CliRunner().invoke(app, ["verify", str(path), str(path), "--original", str(original)])
    assert two.exit_code == 2
    (tmp_path / "original-changed.png").write_bytes(b"mine")
    foreign = CliRunner().invoke(app, ["verify", str(path), "--original", str(original)])
    assert foreign.exit_code == 1
    assert "original-changed.png: is there already and not a file that this" in foreign.stdout
    assert (tmp_path / "original-changed.png").read_bytes() == b"mine"


def test_originals_are_found_by_name_in_a_folder(tmp_path: Path, gray: np.ndarray) -> None:
    album, out = tmp_path / "album", tmp_path / "out"
    album.mkdir()
    out.mkdir()
    shutil.move(_original(tmp_path, gray), album / "a.png")
    paths = [str(write_colored(out / name, gray)) for name in ("a.jpg", "a.tif")]
    done = CliRunner().invoke(app, ["verify", *paths, "--original", str(album)])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", [*LOSSLESS, "a.jpg"])
def test_the_gray_photo_comes_back(tmp_path: Path, gray: np.ndarray, name: str) -> None:
    path = write_colored(tmp_path / name, gray)
    restored = restore(path, tmp_path / "gray.png")
    back = np.asarray(Image.open(tmp_path / "gray.png")).astype(int)
    assert restored.exact == (name in LOSSLESS)
    assert np.abs(back - gray).max() <= (0 if restored.exact else 12)


def test_restoring_replaces_nothing_unasked_and_never_its_input(
    tmp_path: Path, gray: np.ndarray
) -> None:
    path = write_colored(tmp_path / "a.png", gray)
    Path(tmp_path / "there.png").write_bytes(b"mine")
    for overwrite in (False, True):
        with pytest.raises(ForeignFile, match=r"there\.png: is there already"):
            restore(path, tmp_path / "there.png", overwrite=overwrite)
    for suffix in ("png", "tif", "jpg"):
        restore(path, tmp_path / f"gray.{suffix}")
        with pytest.raises(ColorunetError, match="--overwrite replaces it"):
            restore(path, tmp_path / f"gray.{suffix}")
        restore(path, tmp_path / f"gray.{suffix}", overwrite=True)
    with pytest.raises(ColorunetError, match="the coloured photo itself"):
        restore(path, path, overwrite=True)
    with pytest.raises(ColorunetError, match=r"expected one of \.png"):
        restore(path, tmp_path / "a.xyz")
