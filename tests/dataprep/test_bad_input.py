"""The corpus of bad and odd images, from ``import`` to ``shard``: used rightly, or refused."""

import json
import os
import resource
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from corpus import Corpus
from PIL import Image

from dataprep.cli import app
from dataprep.photos.imaging import decode_photo

MEMORY_BYTES = 4 << 30
TIMEOUT_S = 120


@pytest.fixture(scope="module")
def corpus(demo_photos: Path) -> dict[str, Any]:
    names = ("chelsea.png", "coffee.png", "astronaut.png", "china.jpg", "flower.jpg")
    paths = sorted(path for path in demo_photos.rglob("*.*") if path.name in names)
    files = Corpus([Image.open(path) for path in paths]).files()
    return {odd.name: odd for odd in files}


def dataprep(*args: object, temp: Path) -> subprocess.CompletedProcess[str]:
    """Run the real command with little memory, little time and a temporary folder of its own."""
    temp.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "dataprep", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env=os.environ | {"TMPDIR": str(temp), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES)),
        check=False,
    )


@pytest.fixture(scope="module")
def imported(
    corpus: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, dict]]:
    """The photo folder that the whole corpus was imported into, and its rows by file name."""
    root = tmp_path_factory.mktemp("corpus")
    (root / "odd").mkdir()
    for name, odd in corpus.items():
        (root / "odd" / name).write_bytes(odd.data)
    (root / "odd" / "folder.jpg").mkdir()
    done = dataprep("import", root / "odd", "--out", root / "photos", "--json", temp=root / "tmp")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout)["seen"] == len(corpus)
    assert list((root / "tmp").iterdir()) == []
    rows = pq.read_table(root / "photos" / "manifest.parquet").to_pylist()
    assert len(rows) == len(corpus)
    return root / "photos", {row["source_path"]: row for row in rows}


def test_the_corpus_has_at_least_sixty_files(corpus: dict[str, Any]) -> None:
    assert len(corpus) >= 60


def test_each_is_used_or_rejected_as_it_should_be(
    corpus: dict[str, Any], imported: tuple[Path, dict[str, dict]]
) -> None:
    wrong = {}
    for name, odd in corpus.items():
        row = imported[1][name]
        used = row["status"] == "kept"
        as_expected = odd.outcome == "either" or used == (odd.outcome == "used")
        if not as_expected or not (row["reason"] or "").startswith(odd.reason):
            wrong[name] = (odd.outcome, odd.reason, row["status"], row["reason"])
        if not used:
            assert row["reason"], name
            assert not row["path"], name
    assert wrong == {}


def test_what_is_used_has_the_right_pixels_colors_and_way_up(
    corpus: dict[str, Any], imported: tuple[Path, dict[str, dict]]
) -> None:
    photos, rows = imported
    wrong = {}
    for name, odd in corpus.items():
        row = rows[name]
        if row["status"] != "kept":
            continue
        data = (photos / row["path"]).read_bytes()
        assert data == odd.data
        image = decode_photo(data)
        assert (image.width, image.height) == (row["width"], row["height"])
        if odd.looks_like is not None:
            assert image.size == odd.looks_like.size, name
            off = np.abs(np.asarray(image, float) - np.asarray(odd.looks_like, float)).mean()
            if off > odd.tolerance:
                wrong[name] = off
    assert wrong == {}


def test_a_second_import_judges_the_same(
    corpus: dict[str, Any], imported: tuple[Path, dict[str, dict]], tmp_path: Path
) -> None:
    (tmp_path / "odd").mkdir()
    for name, odd in corpus.items():
        (tmp_path / "odd" / name).write_bytes(odd.data)
    out = tmp_path / "photos"
    CliRunner().invoke(app, ["import", str(tmp_path / "odd"), "--out", str(out), "--workers", "4"])
    rows = pq.read_table(out / "manifest.parquet").to_pylist()
    verdict = {row["source_path"]: (row["key"], row["reason"], row["sha256"]) for row in rows}
    expected = {
        name: (row["key"], row["reason"], row["sha256"]) for name, row in imported[1].items()
    }
    assert verdict == expected


def test_decoding_leaks_no_file_descriptor(corpus: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    for name, odd in corpus.items():
        (tmp_path / "odd" / name).write_bytes(odd.data)

    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    command = ["import", str(tmp_path / "odd"), "--out"]
    CliRunner().invoke(app, [*command, str(tmp_path / "warm")])
    before = open_files()
    CliRunner().invoke(app, [*command, str(tmp_path / "out")])
    assert open_files() == before


def test_the_corpus_goes_on_to_shards_and_what_does_not_has_a_reason(
    imported: tuple[Path, dict[str, dict]], tmp_path: Path
) -> None:
    photos, rows = imported
    kept = {row["key"] for row in rows.values() if row["status"] == "kept"}
    palette, shards = tmp_path / "palette.json", tmp_path / "shards"
    temp = tmp_path / "tmp"
    done = dataprep("palette", photos, "--bins", 16, "--out", palette, "--json", temp=temp)
    assert done.returncode == 0, done.stderr
    done = dataprep(
        "shard", photos, "--split", "--palette", palette, "--out", shards, "--size", 64,
        "--views", 2, "--workers", 1, "--json", temp=temp,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["photos"] + summary["skipped_photos"] == len(kept)
    assert sum(summary["skipped"].values()) == summary["skipped_photos"]
    used = {row["source_path"] for row in rows.values() if row["key"] in keys_in(shards)}
    assert {"exif-6.jpg", "jpeg-cmyk.jpg", "png-alpha.png", "bmp-named.jpg"} <= used
    assert list(temp.iterdir()) == []
    done = dataprep("verify", shards, "--json", temp=temp)
    assert done.returncode == 0, done.stdout


def keys_in(shards: Path) -> set[str]:
    """The keys of the photos whose views are in a shard set."""
    result = set()
    for path in shards.glob("*.tar"):
        with tarfile.open(path) as archive:
            result |= {name.split(".")[0].rpartition("-v")[0] for name in archive.getnames()}
    return result
