"""The command line of ``dataprep shard``: what it takes, prints and exits with."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from dataprep.cli import app
from dataprep.photos.folder import PhotoFolder


@pytest.fixture
def palette_file(small_palette: Palette, tmp_path: Path) -> Path:
    path = tmp_path / "p.json"
    path.write_text(small_palette.to_json())
    return path


def run(*arguments: object) -> Result:
    small = ("--size", "16", "--views", "1", "--workers", "1")
    return CliRunner().invoke(app, ["shard", *map(str, arguments), *small], catch_exceptions=False)


def ratios(out: Path) -> str:
    return json.loads((out / "index.json").read_text())["split"]["ratios"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((), (), "90/10/90/10"),
        (("--split",), (), "90/10/90/10"),
        ((), ("--split",), "90/10/90/10"),
        (("--split", "80/20/75/25"), (), "80/20/75/25"),
        ((), ("--split", "80/20/75/25"), "80/20/75/25"),
        (("--split=80/20/75/25",), (), "80/20/75/25"),
    ],
)
def test_split_takes_ratios_or_nothing_wherever_it_stands(
    photo_folder: Path,
    palette_file: Path,
    tmp_path: Path,
    *,
    before: tuple[str, ...],
    after: tuple[str, ...],
    expected: str,
) -> None:
    out = tmp_path / "s"
    done = run(*before, photo_folder, *after, "--palette", palette_file, "--out", out)
    assert done.exit_code == 0
    assert ratios(out) == expected


def test_json_is_one_object_and_nothing_else_is_printed(
    photo_folder: Path, palette_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    done = run(photo_folder, "--split", "--palette", palette_file, "--out", out, "--json")
    summary = json.loads(done.stdout)
    assert done.stderr == ""
    photos = len(PhotoFolder(photo_folder).kept())
    assert (summary["photos"], summary["samples"], summary["out"]) == (photos, photos, str(out))
    assert {split: counts["photos"] > 0 for split, counts in summary["splits"].items()} == {
        "train": True,
        "val": True,
        "test": True,
    }


def test_words_tell_what_was_written(
    photo_folder: Path, palette_file: Path, tmp_path: Path
) -> None:
    done = run(photo_folder, "--palette", palette_file, "--out", tmp_path / "s")
    assert "samples in" in done.stdout
    assert str(tmp_path / "s") in done.stdout


def test_more_skips_than_allowed_exit_with_3(
    photo_folder: Path, palette_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "splits.csv").write_text(
        "key,split\n"
        + "".join(
            f"{photo.key},{split}\n"
            for photo, split in zip(
                PhotoFolder(photo_folder).kept(), ("train", "val", "test"), strict=False
            )
        )
    )
    command = (photo_folder, "--split-file", tmp_path / "splits.csv", "--palette", palette_file)
    done = run(*command, "--out", tmp_path / "a", "--max-rejected", 0)
    assert done.exit_code == 3
    assert "not in the split file" in done.stdout
    assert run(*command, "--out", tmp_path / "b", "--max-rejected", 100).exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--split", "90/10/90/20"), "expected four numbers such as 90/10/90/10"),
        (("--noise-sigma", "2"), "'--noise-sigma': 2.0 is not in the range"),
        (("--resume", "--overwrite"), "exclude each other"),
        (("--luma", "webp"), "'jpeg', 'png'"),
    ],
)
def test_wrong_options_are_a_usage_error(
    photo_folder: Path,
    palette_file: Path,
    tmp_path: Path,
    *,
    options: tuple[str, ...],
    message: str,
) -> None:
    done = run(photo_folder, *options, "--palette", palette_file, "--out", tmp_path / "s")
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "s").exists()


def test_a_folder_without_photos_and_a_missing_palette_are_one_clear_error(
    photo_folder: Path, palette_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(ColorfilesError, match=r"no manifest\.parquet there"):
        run(tmp_path, "--palette", palette_file, "--out", tmp_path / "s")
    with pytest.raises(ColorfilesError, match="make it with `dataprep palette`"):
        run(photo_folder, "--palette", tmp_path / "absent.json", "--out", tmp_path / "s")


def test_a_palette_of_another_colour_space_is_refused(
    photo_folder: Path, palette_file: Path, tmp_path: Path
) -> None:
    content = json.loads(palette_file.read_text()) | {"color_space": "cielab"}
    palette_file.write_text(json.dumps(content))
    with pytest.raises(ColorfilesError, match="expected 'yuv-bt601-gamma', given 'cielab'"):
        run(photo_folder, "--palette", palette_file, "--out", tmp_path / "s")
