"""``colorunet PATH…`` where clips lie among photos, as a user types it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner, Result
from clip_files import ClipSettings, decoded, write_clip
from PIL import Image

from colorunet.cli import app
from colorunet.evidence.reading import is_marked, read_mark
from colorunet.evidence.vocabulary import DIGITAL_SOURCE_TYPE
from colorunet.video.clip_formats import looks_like_clip

Grays = Callable[..., list[np.ndarray]]


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--working-edge", "64"])


@pytest.fixture
def album(gray_film: Grays, tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    (folder / "more").mkdir(parents=True)
    luma = gray_film(4)
    Image.fromarray(luma[0]).save(folder / "photo.jpg")
    write_clip(folder / "more" / "film.mp4", luma, ClipSettings(sound=0.2))
    write_clip(folder / "old.avi", luma, ClipSettings(codec="mpeg4", options={}))
    (folder / "broken.mov").write_bytes(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ")
    (folder / "code.ts").write_text("export const answer: number = 42;\n")
    (folder / "song.mp3").write_bytes(b"ID3\x03" + bytes(100))
    return folder


@pytest.mark.parametrize("engine", [(), ("--workers", "2")], ids=["here", "photos on workers"])
def test_clips_are_coloured_among_photos_and_what_is_broken_is_named(
    album: Path, tmp_path: Path, engine: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    result = _run(album, "-o", out, "--json", *engine)
    assert result.exit_code == 3
    summary = json.loads(result.stdout)
    found = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*"))
    if engine:
        found.remove("manifest.jsonl")
    assert found == ["more/film.mp4", "more/film.xmp", "old.mkv", "old.xmp", "photo.jpg"]
    assert all(is_marked(out / name) for name in found if name.endswith("jpg"))
    for name, key in (("old.mkv", "COMMENT"), ("more/film.mp4", "comment")):
        with av.open(str(out / name)) as file:
            comment = file.metadata[key]
        mark = read_mark(out / name)
        assert mark is not None
        assert mark.note in comment
        assert mark.network_sha256 in comment
    assert [Path(skip["input"]).name for skip in summary["skips"]] == ["broken.mov"]
    films = {Path(one["input"]).name: one for one in summary["images"]}
    assert films["film.mp4"]["pages"] == 4
    assert 0 < films["film.mp4"]["flicker"] < 0.01
    assert films["photo.jpg"]["flicker"] is None
    assert "broken.mov" in result.stderr
    assert "Traceback" not in result.stderr
    assert len(decoded(out / "old.mkv").frames) == 4
    again = json.loads(_run(album, "-o", out, "--json", *engine).stdout)
    assert (again["kept"], again["colorized"]) == (3, 0)


def test_exiftool_reads_the_mark_of_a_film_in_its_comment_and_its_sidecar(
    album: Path, tmp_path: Path, exiftool: Callable[..., dict[str, Any]]
) -> None:
    out = tmp_path / "out"
    assert _run(album / "more" / "film.mp4", "-o", out).exit_code == 0
    mark = read_mark(out / "film.mp4")
    assert mark is not None
    (comment,) = (
        words for tag, words in exiftool(out / "film.mp4").items() if tag.endswith(":Comment")
    )
    assert comment == f"{mark.note}; {mark.parameters}"
    sidecar = exiftool(out / "film.xmp")
    assert sidecar["XMP-iptcExt:DigitalSourceType"] == DIGITAL_SOURCE_TYPE
    assert sidecar["XMP-dc:Description"] == mark.note
    assert sidecar["XMP-xmpMM:History"][0]["SoftwareAgent"] == mark.agent


def test_no_mark_leaves_comment_and_sidecar_out(album: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert _run(album / "more" / "film.mp4", "-o", out, "--no-mark").exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["film.mp4", "manifest.jsonl"]
    with av.open(str(out / "film.mp4")) as file:
        assert "comment" not in file.metadata


def test_one_clip_goes_to_one_file(album: Path, tmp_path: Path) -> None:
    result = _run(album / "old.avi", "-o", tmp_path / "new.mp4")
    assert result.exit_code == 0, result.stderr
    assert len(decoded(tmp_path / "new.mp4").frames) == 4
    for clip, name in ((album / "old.avi", "new.jpg"), (album / "photo.jpg", "new.mov")):
        refused = _run(clip, "-o", tmp_path / name)
        assert refused.exit_code == 1
        assert name in str(refused.exception)


def test_what_is_for_single_photos_is_refused_for_clips(album: Path, tmp_path: Path) -> None:
    clip = album / "more" / "film.mp4"
    result = _run(clip, "-o", tmp_path / "out", "--versions", "2")
    assert result.exit_code == 3
    assert "versions are for photos" in result.stderr


@pytest.mark.parametrize(
    "option", [("--badge",), ("--sign", "cert.pem", "key.pem"), ("--compare",)], ids=lambda o: o[0]
)
def test_options_of_photos_are_refused_for_a_clip_before_any_work(
    album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in option[1:]:
        Path(name).write_text("the call is refused before this is read")
    result = _run(album / "more" / "film.mp4", "-o", "out", *option)
    assert result.exit_code == 2
    assert f"{option[0]} is for photos" in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_output_cut_short_is_made_anew(album: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    clip = album / "more" / "film.mp4"
    assert _run(clip, "-o", out).exit_code == 0
    whole = (out / "film.mp4").read_bytes()
    (out / "film.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    assert _run(clip, "-o", out).exit_code == 0
    assert (out / "film.mp4").read_bytes() == whole


@pytest.mark.parametrize("missing", ["av", "cv2"])
def test_without_the_extra_a_clip_is_named_with_what_to_install(
    missing: str, album: Path, tmp_path: Path
) -> None:
    code = (
        f"import importlib.util as u, sys; sys.modules[{missing!r}] = None\n"
        f"found = u.find_spec\n"
        f"u.find_spec = lambda name, *a: None if name == {missing!r} else found(name, *a)\n"
        "import colorunet.__main__ as m\n"
        f"sys.argv = ['colorunet', {str(album)!r}, '-o', {str(tmp_path / 'out')!r}]; m.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "film.mp4" in line]
    assert "pip install '.[video]'" in line
    assert (tmp_path / "out" / "photo.jpg").exists()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "start", "is_clip"),
    [
        ("a.mp4", b"", True),
        ("A.MOV", b"", True),
        ("a.ts", b"export const", False),
        ("a.ts", b"\x47\x40\x11\x10", True),
        ("a.mts", b"\0\0\0\0\x47\x40", True),
        ("clip", b"\0\0\0\x18ftypmp42", True),
        ("a.m4a", b"\0\0\0\x18ftypM4A ", False),
        ("a.mka", b"\x1a\x45\xdf\xa3", False),
        ("a.txt", b"hello", False),
    ],
)
def test_clips_are_told_from_other_files(name: str, start: bytes, is_clip: bool) -> None:
    assert looks_like_clip(name, start) is is_clip


def test_the_summary_counts_photos_and_films_apart(album: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    both = _run(album, "-o", out)
    assert f"1 photo and 2 films colourised in {out}, 1 skipped" in both.stderr + both.stdout
    film = _run(album / "more" / "film.mp4", "-o", out / "again.mkv")
    assert f"1 film colourised: {out}/again.mkv" in film.stderr + film.stdout


def test_an_unknown_ending_is_answered_with_those_of_films(album: Path, tmp_path: Path) -> None:
    result = _run(album / "old.avi", "-o", tmp_path / "out.avi")
    assert result.exit_code == 1
    assert ".avi is no suffix of a format that is written" in str(result.exception)
    assert "of films .mp4, .m4v, .mov" in str(result.exception)
