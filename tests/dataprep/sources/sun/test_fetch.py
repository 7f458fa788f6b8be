"""``fetch-sun`` draws the same photos from every kind of source, and replaces unusable ones."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from dataprep.cli import app
from dataprep.errors import DataprepError


def fetch(*args: object) -> Result:
    return CliRunner().invoke(app, ["fetch-sun", *map(str, args)])


def succeed(*args: object) -> dict:
    result = fetch(*args, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def rows(photos: Path) -> dict[str, dict]:
    """The manifest by key, without the times of reading."""
    table = pq.read_table(photos / "manifest.parquet").to_pylist()
    return {
        row["key"]: {k: v for k, v in row.items() if k not in ("fetched_at", "license_read_at")}
        for row in table
    }


def kept(photos: Path) -> dict[str, dict]:
    return {key: row for key, row in rows(photos).items() if row["status"] == "kept"}


def files(photos: Path) -> dict[str, str]:
    return {
        path.relative_to(photos).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in photos.rglob("*")
        if path.is_file() and path.name != "manifest.parquet"
    }


@pytest.mark.parametrize("wanted", ["all", "2", "300", "beach,church/outdoor"])
def test_folder_tar_and_targz_give_the_same_photos_rejects_and_bytes(
    wanted: str, sun_tree: Path, sun_tar: Path, sun_targz: Path, tmp_path: Path
) -> None:
    for number, source in enumerate((sun_tree, sun_tar, sun_targz)):
        succeed(source, "--classes", wanted, "--per-class", 5, "--out", tmp_path / str(number))
    folder, tar, targz = (tmp_path / str(number) for number in range(3))
    assert rows(folder) == rows(tar) == rows(targz)
    assert files(folder) == files(tar) == files(targz)
    assert set(Counter(row["class"] for row in kept(folder).values()).values()) == {5}


def test_the_order_of_an_archive_changes_nothing(sun_tree: Path, tmp_path: Path, pack_tree) -> None:
    results = []
    for order in range(4):
        archive = pack_tree(sun_tree, tmp_path / f"{order}.tar", shuffle=order)
        succeed(archive, "--classes", "all", "--per-class", 4, "--out", tmp_path / str(order))
        results.append((rows(tmp_path / str(order)), files(tmp_path / str(order))))
    assert results[0] == results[1] == results[2] == results[3]


def test_another_seed_draws_others(sun_tree: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        succeed(
            sun_tree, "--classes", "all", "--per-class", 4, "--seed", seed, "--out",
            tmp_path / str(seed),
        )  # fmt: skip
    assert set(kept(tmp_path / "0")) != set(kept(tmp_path / "1"))


def test_more_photos_of_a_class_contain_the_fewer(sun_tree: Path, tmp_path: Path) -> None:
    for count in (3, 6):
        succeed(sun_tree, "--classes", "all", "--per-class", count, "--out", tmp_path / str(count))
    assert set(kept(tmp_path / "3")) < set(kept(tmp_path / "6"))


def test_every_class_is_full_though_files_are_unusable_and_each_has_its_reason(
    sun_tree: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    summary = succeed(sun_tree, "--classes", "beach,kitchen", "--per-class", 9, "--out", out)
    assert summary["kept"] == 18
    assert not summary["short"]
    summary = succeed(sun_tree, "--classes", "beach,kitchen", "--per-class", 20, "--out", out)
    assert summary["short"] == {"beach": 9, "kitchen": 9}
    assert summary["rejected_by_reason"] == {
        "duplicate": 2,
        "gray": 4,
        "too small": 2,
        "toned": 2,
        "undecodable": 6,
    }
    reject = next(row for row in rows(out).values() if row["reason"].startswith("duplicate"))
    assert reject["reason"].removeprefix("duplicate: of ") in kept(out)


def test_bmp_png_and_gif_under_jpg_names_are_kept_as_received(
    sun_tree: Path, tmp_path: Path
) -> None:
    succeed(sun_tree, "--classes", "ocean", "--per-class", 9, "--out", tmp_path)
    stored = kept(tmp_path)
    suffixes = Counter(Path(row["path"]).suffix for row in stored.values())
    assert suffixes == {".jpg": 6, ".bmp": 1, ".png": 1, ".gif": 1}
    for row in stored.values():
        data = (tmp_path / row["path"]).read_bytes()
        assert data == (sun_tree / row["source_path"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (row["sha256"], row["bytes"])


def test_a_row_says_where_the_photo_is_from_and_under_which_terms(
    sun_tree: Path, tmp_path: Path
) -> None:
    succeed(sun_tree, "--classes", "church/outdoor", "--per-class", 1, "--out", tmp_path)
    (row,) = kept(tmp_path).values()
    assert row["class"] == "church/outdoor"
    assert row["source"] == "sun"
    letters = Path(row["source_path"]).stem.removeprefix("sun_")
    assert row["key"] == f"sun-church-outdoor-{letters}"
    assert row["source_path"] == f"c/church/outdoor/sun_{letters}.jpg"
    assert row["path"].startswith("sun/church-outdoor-")
    assert "research" in row["license_name"]


def test_the_default_is_the_outdoor_classes_and_absent_ones_are_reported(
    sun_tree: Path, tmp_path: Path
) -> None:
    result = fetch(sun_tree, "--per-class", 2, "--out", tmp_path)
    assert result.exit_code == 0
    classes = {row["class"] for row in kept(tmp_path).values()}
    assert classes == {"beach", "ocean", "church/outdoor", "abbey"}
    assert "216 classes aren't there" in result.stderr


def test_a_class_asked_for_by_name_that_is_absent_exits_3_after_the_rest(
    sun_tree: Path, tmp_path: Path
) -> None:
    result = fetch(sun_tree, "--classes", "beach,wave", "--per-class", 2, "--out", tmp_path)
    assert result.exit_code == 3
    assert "wave" in result.stderr
    assert len(kept(tmp_path)) == 2


def test_an_unknown_class_is_a_usage_error_that_names_the_nearest(
    sun_tree: Path, sun_tar: Path, tmp_path: Path
) -> None:
    for source in (sun_tree, sun_tar):
        result = fetch(source, "--classes", "oceann", "--out", tmp_path / "out")
        assert result.exit_code == 2
        assert "did you mean ocean" in result.stderr
        assert not (tmp_path / "out").exists()


def test_a_partition_limits_what_is_drawn(sun_tree: Path, sun_targz: Path, tmp_path: Path) -> None:
    files_of_beach = sorted((sun_tree / "b" / "beach").iterdir())[:8]
    partition = tmp_path / "Training_01.txt"
    partition.write_text("".join(f"/b/beach/{path.name}\r\n" for path in files_of_beach))
    for number, source in enumerate((sun_tree, sun_targz)):
        succeed(source, "--partition", partition, "--out", tmp_path / str(number))
    assert rows(tmp_path / "0") == rows(tmp_path / "1")
    allowed = {f"b/beach/{path.name}" for path in files_of_beach}
    assert {row["source_path"] for row in rows(tmp_path / "0").values()} <= allowed


def test_a_second_run_changes_nothing(sun_tree: Path, sun_tar: Path, tmp_path: Path) -> None:
    for source in (sun_tree, sun_tar, sun_tree):
        summary = succeed(source, "--classes", "all", "--per-class", 3, "--out", tmp_path)
        state = (rows(tmp_path), files(tmp_path))
    assert summary["already_there"] == summary["kept"] == 15
    assert state == (rows(tmp_path), files(tmp_path))


def test_a_photo_that_was_deleted_is_fetched_again(sun_tree: Path, tmp_path: Path) -> None:
    succeed(sun_tree, "--classes", "all", "--per-class", 3, "--out", tmp_path)
    before = files(tmp_path)
    next((tmp_path / "sun").iterdir()).unlink()
    summary = succeed(sun_tree, "--classes", "all", "--per-class", 3, "--out", tmp_path)
    assert summary["already_there"] == 14
    assert files(tmp_path) == before


def test_a_parent_folder_serves_as_well(sun_tree: Path, tmp_path: Path) -> None:
    succeed(sun_tree, "--classes", "all", "--per-class", 3, "--out", tmp_path / "0")
    succeed(sun_tree.parent, "--classes", "all", "--per-class", 3, "--out", tmp_path / "1")
    assert rows(tmp_path / "0") == rows(tmp_path / "1")


def test_links_in_a_tree_are_not_followed(sun_tree: Path, tmp_path: Path) -> None:
    tree = tmp_path / "SUN397"
    shutil.copytree(sun_tree / "b", tree / "b")
    secret = tmp_path / "secret.jpg"
    shutil.copy(next((sun_tree / "o" / "ocean").iterdir()), secret)
    (tree / "b" / "beach" / "sun_zzzzzzzzzzzzzzzz.jpg").symlink_to(secret)
    (tree / "o").symlink_to(sun_tree / "o")
    succeed(tree, "--classes", "all", "--per-class", 99, "--out", tmp_path / "out")
    found = rows(tmp_path / "out").values()
    assert {row["class"] for row in found} == {"beach"}
    assert not any("zzzz" in row["key"] for row in found)


@pytest.mark.parametrize("content", [None, {}, {"readme.txt": b"hello"}])
def test_a_source_without_sun_in_it_is_one_clear_error(
    content: dict[str, bytes] | None, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    for name, data in (content or {}).items():
        source.mkdir(exist_ok=True)
        (source / name).write_bytes(data)
    if content == {}:
        source.mkdir()
    result = fetch(source, "--out", tmp_path / "out")
    assert isinstance(result.exception, DataprepError)
    assert str(source) in str(result.exception)
    assert "SUN397" in str(result.exception)


def test_a_pipe_is_read_like_an_archive(sun_tree: Path, sun_tar: Path, tmp_path: Path) -> None:
    options = ("--classes", "all", "--per-class", 3, "--out")
    succeed(sun_tree, *options, tmp_path / "0")
    command = [sys.executable, "-m", "dataprep", "fetch-sun", "-", *map(str, options)]
    with subprocess.Popen(["cat", "--", str(sun_tar)], stdout=subprocess.PIPE) as writer:
        subprocess.run([*command, str(tmp_path / "1")], stdin=writer.stdout, check=True)
    assert rows(tmp_path / "0") == rows(tmp_path / "1")


def test_max_rejected_exits_3(sun_tree: Path, tmp_path: Path) -> None:
    result = fetch(
        sun_tree, "--classes", "beach", "--per-class", 20, "--max-rejected", 1, "--out", tmp_path
    )
    assert result.exit_code == 3
    assert len(kept(tmp_path)) == 9
