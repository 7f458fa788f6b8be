"""Which photos are found, what their outputs are called, and that no input is replaced."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorfiles.outside.words import shown
from colorfiles.photos import can_decode
from colorunet.batch.outputs import plan_outputs
from colorunet.errors import ColorunetError

JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)


def _tree(root: Path, *names: str, content: bytes = JPEG) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def _names(root: Path, out: Path, *inputs: Path, **options: bool) -> list[str]:
    plan = plan_outputs(inputs or (root,), out, **options)
    return [job.target.relative_to(out).as_posix() for job in plan.jobs]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return _tree(tmp_path / "album", "a.jpg", "b/a.jpg", "b/c/a.JPG", "b/d.jpeg")


def test_one_folder_keeps_its_structure(album: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert _names(album, out) == ["a.jpg", "b/a.jpg", "b/d.jpeg", "b/c/a.JPG"]


def test_of_several_folders_each_keeps_its_name_too(album: Path, tmp_path: Path) -> None:
    other = _tree(tmp_path / "other", "a.jpg")
    got = _names(album, tmp_path / "out", album / "b", other, album / "a.jpg")
    assert got == ["b/a.jpg", "b/d.jpeg", "b/c/a.JPG", "other/a.jpg", "a.jpg"]


def test_the_content_says_the_format_and_the_name_keeps_what_it_can(tmp_path: Path) -> None:
    root = _tree(tmp_path / "in", "noext", "really.png", "beach.2019", "x.heic.jpg")
    _tree(root, "cut.jpg", content=PNG)
    assert _names(root, tmp_path / "out") == [
        "beach.2019.jpg", "cut.png", "noext.jpg", "really.jpg", "x.heic.jpg",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind", "package"),
    [("a.heic", "HEIF", "pillow-heif"), ("a.avif", "AVIF", "pillow-avif-plugin")],
)
def test_a_format_that_is_not_written_here_is_refused_with_what_it_needs(
    tmp_path: Path, name: str, kind: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tree(tmp_path, "photo.jpg")
    if can_decode(kind):
        (job,) = plan_outputs([tmp_path / "photo.jpg"], tmp_path / name).jobs
        assert (job.format.name, job.name) == (kind, str(tmp_path / name))
    monkeypatch.setattr("colorunet.batch.outputs.can_decode", lambda _: False)
    with pytest.raises(ColorunetError, match=rf"{kind} needs .*{package}.* or name a \.png"):
        plan_outputs([tmp_path / "photo.jpg"], tmp_path / name)


def test_names_that_are_one_on_some_file_system_get_numbers(tmp_path: Path) -> None:
    names = ("A.jpg", "a.jpg", "a.png", "re\u0301.jpg", "r\u00e9.jpg")
    got = _names(_tree(tmp_path / "in", *names), tmp_path / "out")
    assert got == ["A.jpg", "a-2.jpg", "a-3.jpg", "re\u0301.jpg", "r\u00e9-2.jpg"]


def test_who_keeps_the_own_name_comes_first(tmp_path: Path) -> None:
    root = _tree(tmp_path / "in", "a.gif", content=b"GIF89a" + bytes(60))
    _tree(root, "a.png", content=PNG)
    assert _names(root, tmp_path / "out") == ["a-2.png", "a.png"]


def test_names_of_255_bytes_stay_that_short(tmp_path: Path) -> None:
    names = ("x" * 251 + ".jpg", "X" * 251 + ".jpg", "é" * 127, "y" * 255)
    for name in _names(_tree(tmp_path / "in", *names), tmp_path / "out", compare=True):
        assert len(os.fsencode(name)) <= 255


def test_what_programs_keep_beside_photos_is_left_out_and_counted(tmp_path: Path) -> None:
    root = _tree(
        tmp_path / "in", "a.jpg", ".thumbnails/t.jpg", "@eaDir/s.jpg", "__MACOSX/._a.jpg",
        "b/.hidden/x.jpg", "._a.jpg",
    )  # fmt: skip
    _tree(root, "Thumbs.db", "notes.txt", content=b"BMW, Audi")
    plan = plan_outputs([root], tmp_path / "out")
    assert [job.source.path.name for job in plan.jobs] == ["a.jpg"]
    assert plan.sources.left_out == {"hidden or programs' folders": 4, "hidden files": 1}


def test_what_looks_like_a_picture_is_never_left_out_silently(tmp_path: Path) -> None:
    names = ("a.jp2", "b.avif", "c.psd", "d.jxl", "e.cr2", "empty.png", "f.tga")
    root = _tree(tmp_path / "in", *names, content=b"")
    _tree(root, "g", "h.dat", content=JPEG)
    os.symlink("nowhere.jpg", root / "i.jpg")
    os.mkfifo(root / "j.jpg")
    plan = plan_outputs([root], tmp_path / "out")
    assert [job.source.path.name for job in plan.jobs] == [*names, "g", "h.dat", "i.jpg", "j.jpg"]
    assert [job.source.problem for job in plan.jobs[-2:]] == [
        "no such file: a link to nowhere", "not a regular file",
    ]  # fmt: skip


def test_links_to_folders_are_followed_once_after_all_else(tmp_path: Path) -> None:
    root = _tree(tmp_path / "in", "z/a.jpg")
    elsewhere = _tree(tmp_path / "elsewhere", "b.jpg")
    os.symlink("z", root / "a")
    os.symlink("..", root / "z" / "up")
    os.symlink(elsewhere, root / "more")
    plan = plan_outputs([root], tmp_path / "out")
    assert [job.target.name for job in plan.jobs] == ["a.jpg", "b.jpg"]
    assert plan.jobs[0].target.parent.name == "z"
    assert plan.sources.left_out == {"folders that are links to others": 2}


def test_an_output_folder_inside_the_input_is_left_out(album: Path) -> None:
    _tree(album, "colorized/old.jpg")
    assert "old.jpg" not in _names(album, album / "colorized")


def test_an_output_folder_around_the_input_leaves_nothing_out(album: Path) -> None:
    assert len(_names(album, album.parent)) == 4


def test_no_input_is_replaced_by_any_of_its_names(album: Path, tmp_path: Path) -> None:
    with pytest.raises(ColorunetError, match="would replace an input"):
        plan_outputs([album], album)
    linked = tmp_path / "linked"
    os.symlink(album, linked)
    with pytest.raises(ColorunetError, match="would replace an input"):
        plan_outputs([album], linked)
    out = tmp_path / "out"
    out.mkdir()
    os.link(album / "a.jpg", out / "a.jpg")
    with pytest.raises(ColorunetError, match="would replace an input"):
        plan_outputs([album], out)
    with pytest.raises(ColorunetError, match="would replace an input"):
        plan_outputs([album / "a.jpg"], album / "a.jpg")


def test_a_path_that_does_not_exist_is_an_error_before_anything(album: Path) -> None:
    with pytest.raises(
        ColorunetError, match=r"gone\.jpg: no such file or folder; nothing was done"
    ):
        plan_outputs([album, album / "gone.jpg"], album.parent / "out")


def test_a_file_may_be_named_for_one_photo(album: Path, tmp_path: Path) -> None:
    (job,) = plan_outputs([album / "a.jpg"], tmp_path / "c1.tiff").jobs
    assert (job.target, job.format.name) == (tmp_path / "c1.tiff", "TIFF")
    for inputs in ([album], [album / "a.jpg", album / "b" / "a.jpg"]):
        with pytest.raises(ColorunetError, match="names one file"):
            plan_outputs(inputs, tmp_path / "c1.jpg")


def test_an_animated_gif_stays_one_and_a_still_one_does_not(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((8, 8), level, np.uint8)) for level in (0, 90)]
    frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "still.gif")
    assert _names(tmp_path, tmp_path / "out") == ["moves.gif", "still.png"]


def test_a_folder_costs_two_calls_and_a_file_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _tree(tmp_path / "in", *(f"{n % 5}/{n}.jpg" for n in range(200)))
    calls = {"stat": 0, "scandir": 0, "open": 0}
    for name in calls:
        real = getattr(os, name)

        def counted(*args: object, _real: object = real, _name: str = name, **kw: object) -> object:
            calls[_name] += 1
            return _real(*args, **kw)  # type: ignore[operator]

        monkeypatch.setattr(os, name, counted)
    assert len(plan_outputs([root], tmp_path / "out").jobs) == 200
    assert calls["open"] == 200
    assert calls["scandir"] == 6
    assert calls["stat"] <= 30


def test_a_path_is_shown_as_one_line_that_any_terminal_takes() -> None:
    assert shown(os.fsdecode(b"new\nline \xe9 \xc3\xa9.jpg")) == "new\\x0aline \\udce9 é.jpg"


@pytest.mark.parametrize("name", ["out.xyz", "out.jgp", "out.psd"])
def test_a_mistyped_ending_is_no_folder(name: str, album: Path, tmp_path: Path) -> None:
    out = tmp_path / name
    with pytest.raises(ColorunetError, match=r"no suffix of a format that is written: \.jpg, "):
        plan_outputs((album / "a.jpg",), out)
    assert not out.exists()
    out.mkdir()
    assert _names(album, out, album / "a.jpg") == ["a.jpg"]
    assert _names(album, tmp_path / "2019.05", album / "a.jpg") == ["a.jpg"]


def test_sidecars_are_counted_as_left_out(tmp_path: Path) -> None:
    root = _tree(tmp_path / "in", "a.jpg")
    takeout = (
        "a.jpg.json",
        "a.jpg.supplemental-metadata.json",
        "a.jpg.suppl.json",
        "a.jpg(1).json",
    )
    for name in ("a.jpg.xmp", "b.XMP", "a.jpg.pp3", *takeout, "n.json"):
        (root / name).write_text("{}")
    _tree(root, "c.pam", "d.pfm", content=b"P7\nWIDTH 2\n")
    plan = plan_outputs((root,), tmp_path / "out")
    assert [Path(job.source.name).name for job in plan.jobs] == ["a.jpg", "c.pam", "d.pfm"]
    assert dict(plan.sources.left_out) == {
        "sidecars (.xmp, .aae, .json and the like), which aren't copied": 7
    }
