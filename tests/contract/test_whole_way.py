"""Three hundred photos from a Flickr-like server to coloured ones: each is accounted for.

At each hand-over the bytes are the same: what the server gave lies in the photo folder, what lies
there stands in the shards' tables, what stands in the shards is what the trainer reads.
"""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from flickr_server.library import Library, make_library
from flickr_server.server import FlickrServer
from PIL import Image

from colorunet.batch.files import colorize_files
from colorunet.coloring.colorizer import Colorizer
from dataprep.cli import app
from trainer.data.shard_set import ShardSet
from trainer.data.tar_index import TarShard

PHOTOS = 300
ODD = {"gray": 6, "gone": 3, "html": 2, "broken": 3}  # of them, by what is wrong


@pytest.fixture(scope="module")
def library(demo_photos: Path) -> Library:
    made = make_library(
        demo_photos, tags=("beach", "nature"), per_tag=PHOTOS // 2, licenses=(4, 5, 9), common=0
    )
    ids = iter(sorted(made.entries)[5::17])
    for kind, count in ODD.items():
        for _ in range(count):
            made.change(next(ids), kind=kind)
    for entry_id in made.entries:
        made.change(entry_id, sizes="m")
    return made


def _dataprep(*words: object) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*map(str, words), "--json"], catch_exceptions=False)
    assert done.exit_code in (0, 3), done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every photo that the server has was asked for."""
    out = tmp_path_factory.mktemp("way") / "photos"
    with FlickrServer(library) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLICKR_API_KEY", "any")
        patch.setenv("FLICKR_API_SECRET", "any")
        options = ("--tags", "beach,nature", "--count", PHOTOS, "--image-rate", 1000)
        _dataprep("fetch-flickr", *options, "--api-url", server.api_url, "--out", out)
    return out


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, Any]]:
    return pq.read_table(folder / "manifest.parquet").to_pylist()


@pytest.fixture(scope="module")
def shards(folder: Path) -> Path:
    palette, out = folder.parent / "palette.json", folder.parent / "shards"
    _dataprep("palette", folder, "--bins", 16, "--workers", 1, "--out", palette)
    cut = ("--size", 32, "--views", 1, "--workers", 1)
    _dataprep("shard", folder, "--palette", palette, "--out", out, *cut)
    return out


def test_each_photo_of_the_server_is_kept_or_rejected_with_a_reason(
    library: Library, rows: list[dict[str, Any]]
) -> None:
    assert sorted(row["source_id"] for row in rows) == sorted(library.entries)
    kept = {row["source_id"] for row in rows if row["status"] == "kept"}
    assert all(row["reason"] for row in rows if row["source_id"] not in kept)
    assert kept <= {entry.id for entry in library.entries.values() if entry.kind == "photo"}
    assert len(kept) >= PHOTOS - sum(ODD.values()) - 10  # twins by what they show may be left out


def test_what_the_server_gave_lies_in_the_folder_byte_by_byte(
    library: Library, folder: Path, rows: list[dict[str, Any]]
) -> None:
    for row in rows:
        if row["status"] == "kept":
            given, _ = library.image(library.entries[row["source_id"]], "m")
            assert (folder / row["path"]).read_bytes() == given
            assert row["sha256"] == hashlib.sha256(given).hexdigest()


def test_each_kept_photo_stands_in_one_split_of_the_shards(
    shards: Path, rows: list[dict[str, Any]]
) -> None:
    kept = {row["key"]: row["sha256"] for row in rows if row["status"] == "kept"}
    split_of: dict[str, set[str]] = {}
    for table in sorted(shards.glob("*.parquet")):
        for row in pq.read_table(table).to_pylist():
            assert row["sha256"] == kept[row["photo_key"]]
            split_of.setdefault(row["photo_key"], set()).add(row["split"])
    index = json.loads((shards / "index.json").read_text())
    assert all(len(splits) == 1 for splits in split_of.values())
    assert len(split_of) + sum(index["skipped"].values()) == len(kept)


def test_the_trainer_reads_every_sample_with_its_bytes(shards: Path) -> None:
    opened = ShardSet.open(shards)
    for entry in opened.entries:
        path = shards / entry.file
        assert hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256
        with tarfile.open(path) as archive:
            members = {info.name: archive.extractfile(info).read() for info in archive.getmembers()}
        shard = TarShard(path)
        assert len(shard) == entry.nsamples
        for number in range(len(shard)):
            sample = shard.read(number)
            key = sample["__key__"]
            for name in [name for name in sample if not name.startswith("__")]:
                assert bytes(sample[name]) == members.pop(f"{key}.{name}")
        shard.close()
        assert members == {}


def test_each_kept_photo_is_coloured_at_its_size_and_itself_left_as_it_was(
    folder: Path, rows: list[dict[str, Any]]
) -> None:
    kept = {Path(row["path"]).name: row for row in rows if row["status"] == "kept"}
    out = folder.parent / "colorized"
    colorizer = Colorizer.load("colorunet-listed", working_edge_px=32)
    summary = colorize_files(colorizer, [folder / "flickr"], out, network="colorunet-listed")
    assert (summary.colorized, summary.kept, summary.skipped) == (len(kept), 0, 0)
    assert {path.name for path in out.iterdir()} == kept.keys()
    for name, row in kept.items():
        with Image.open(out / name) as image:
            assert image.size == (row["width"], row["height"])
        data = (folder / row["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
