"""Fewer views for photos that a split file says so of: planned, written, verified, resumed."""

import csv
import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from dataprep.cli import app
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.view_counts import read_view_counts

pytestmark = pytest.mark.slow


def _run(*words: str | Path) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.stdout


def _written(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("key", "split", "views"), *rows])
    return path


@pytest.fixture(scope="module")
def folder(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    _run("import", demo_photos, "--out", root / "photos")
    _run("palette", root / "photos", "--bins", "8", "--out", root / "palette.json")
    return root


def test_a_photo_has_the_views_that_its_row_says_and_all_others_five(
    folder: Path, tmp_path: Path
) -> None:
    keys = sorted(photo.key for photo in PhotoFolder(folder / "photos").kept())
    wanted = dict.fromkeys(keys, 5) | {keys[0]: 1, keys[1]: 3}
    rows = [(key, "train", str(n) if n < 5 else "") for key, n in wanted.items()]
    file = _written(tmp_path / "split.csv", [(keys[-1], "val", ""), *rows[:-1]])
    out = tmp_path / "shards"
    words = ["shard", folder / "photos", "--palette", folder / "palette.json"]
    words += ["--out", out, "--split-file", file, "--size", "64"]
    _run(*words)
    counts = Counter(
        row["photo_key"]
        for path in out.glob("train-*.parquet")
        for row in pq.read_table(path).to_pylist()
    )
    assert counts == {key: wanted[key] for key in keys[:-1]}
    assert json.loads((out / "index.json").read_text())["split"]["view_counts"]
    _run("verify", out)
    before = {path.name: path.read_bytes() for path in out.glob("*.tar")}
    _run(*words, "--resume")
    assert before == {path.name: path.read_bytes() for path in out.glob("*.tar")}


@pytest.mark.parametrize("given", ["0", "6", "two", "-1", "1.5"])
def test_a_count_out_of_range_is_refused_with_the_photo(given: str, tmp_path: Path) -> None:
    file = _written(tmp_path / "split.csv", [("a1", "train", given)])
    with pytest.raises(DataprepError, match=f"photo a1: expected 1 to 5 views, given '{given}'"):
        read_view_counts(file, 5)


def test_a_split_file_without_the_column_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "split.csv").write_text("key,split\na1,train\n")
    assert read_view_counts(tmp_path / "split.csv", 5) == {}
