"""What `dataprep shard` writes, five readers read: all give the same arrays in the same order."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner
from PIL import Image

from dataprep.cli import app

SIZE = 64
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Arrays:
    """The arrays of one sample."""

    luma: np.ndarray
    bins: np.ndarray
    rgb: np.ndarray | None

    @classmethod
    def of_members(cls, luma: bytes, bins: bytes, rgb: bytes | None) -> "Arrays":
        ids = zstandard.ZstdDecompressor().decompress(bins)
        return cls(
            luma=pixels(luma),
            bins=np.frombuffer(ids, dtype=np.uint8).reshape(SIZE, SIZE),
            rgb=pixels(rgb) if rgb is not None else None,
        )

    def equals(self, other: "Arrays") -> bool:
        same_rgb = (self.rgb is None) == (other.rgb is None) and (
            self.rgb is None or other.rgb is None or np.array_equal(self.rgb, other.rgb)
        )
        return (
            np.array_equal(self.luma, other.luma)
            and np.array_equal(self.bins, other.bins)
            and same_rgb
        )


def pixels(data: bytes) -> np.ndarray:
    """The pixels of an image file."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def assert_same(result: dict[str, Arrays], expected: dict[str, Arrays]) -> None:
    """Both have the same samples in the same order, with the same arrays."""
    assert list(result) == list(expected)
    assert [key for key, arrays in result.items() if not arrays.equals(expected[key])] == []


@pytest.fixture(scope="session")
def shards(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("contract")
    photos, palette, out = root / "photos", root / "palette.json", root / "shards"
    for line in (
        ["import", str(demo_photos), "--out", str(photos)],
        ["palette", str(photos), "--bins", "16", "--out", str(palette), "--workers", "1"],
        [
            *("shard", str(photos), "--split", "--palette", str(palette), "--out", str(out)),
            *("--size", str(SIZE), "--workers", "1"),
        ],
    ):
        done = CliRunner().invoke(app, line, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    return out


@pytest.fixture(scope="session")
def truth(shards: Path) -> dict[str, dict[str, Arrays]]:
    """By split and key, read with nothing but tarfile, zstandard and PIL."""
    result: dict[str, dict[str, Arrays]] = {split: {} for split in SPLITS}
    for path in sorted(shards.glob("*.tar")):
        members: dict[str, bytes] = {}
        with tarfile.open(path) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                assert stream is not None
                members[member.name] = stream.read()
        for key in dict.fromkeys(name.split(".")[0] for name in members):
            result[path.name.split("-")[0]][key] = Arrays.of_members(
                members[f"{key}.y.jpg"],
                members[f"{key}.bins.zst"],
                members.get(f"{key}.rgb.jpg"),
            )
    assert all(result.values())
    return result


def _tars(shards: Path, split: str) -> list[str]:
    return [str(path) for path in sorted(shards.glob(f"{split}-*.tar"))]


@pytest.mark.parametrize("split", SPLITS)
def test_the_trainer_reads_them(shards: Path, truth: Any, split: str) -> None:
    from trainer.data.shard_set import ShardSet

    opened = ShardSet.open(shards)
    result = {s.key: Arrays(s.luma, s.bins, s.rgb) for s in opened.samples(split)}
    assert_same(result, truth[split])
    assert opened.count(split) == len(result)
    assert opened.size == SIZE


def test_trainer_and_dataprep_agree_on_the_palette(shards: Path) -> None:
    import dataprep.shards.shard_set
    import trainer.data.shard_set

    written = dataprep.shards.shard_set.ShardSet.open(str(shards))
    read = trainer.data.shard_set.ShardSet.open(shards)
    assert read.palette.fingerprint == written.palette.fingerprint
    assert np.array_equal(read.palette.centers, written.palette.centers)
    assert read.fingerprint == hashlib.sha256((shards / "index.json").read_bytes()).hexdigest()


# webdataset leaves the files that it read to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("split", SPLITS)
def test_webdataset_reads_them(shards: Path, truth: Any, split: str) -> None:
    import webdataset as wds

    samples = wds.WebDataset(_tars(shards, split), shardshuffle=False)
    result = {
        sample["__key__"]: Arrays.of_members(
            sample["y.jpg"], sample["bins.zst"], sample.get("rgb.jpg")
        )
        for sample in samples
    }
    assert_same(result, truth[split])


@pytest.fixture
def offline_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for Hugging Face datasets, which may not ask the network."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("split", SPLITS)
def test_hugging_face_datasets_reads_them(
    shards: Path, truth: Any, split: str, streaming: bool, offline_cache: Path
) -> None:
    import datasets

    rows = datasets.load_dataset(
        "webdataset",
        data_files={split: _tars(shards, split)},
        split=split,
        cache_dir=str(offline_cache),
        streaming=streaming,
    )
    result = {row["__key__"]: _of_row(row) for row in rows}
    assert_same(result, truth[split])


def _of_row(row: dict[str, Any]) -> Arrays:
    # This reader decodes images and unpacks zstandard by itself.
    rgb = row.get("rgb.jpg")
    return Arrays(
        luma=np.asarray(row["y.jpg"]),
        bins=np.frombuffer(row["bins.zst"], np.uint8).reshape(SIZE, SIZE),
        rgb=np.asarray(rgb) if rgb is not None else None,
    )


def test_the_wids_index_leads_to_every_sample(shards: Path, truth: Any) -> None:
    import wids

    # Shards that lie here already are used in place.
    dataset = wids.ShardListDataset(
        str(shards / "index.json"), transformations=[], localname=str, keep=True
    )
    expected = {key: arrays for split in sorted(SPLITS) for key, arrays in truth[split].items()}
    assert len(dataset) == len(expected)
    assert_same(dict(_of_wids(dataset)), expected)
    middle = len(dataset) // 2
    assert dataset[middle]["__key__"] == list(expected)[middle]


def _of_wids(dataset: Any) -> Iterator[tuple[str, Arrays]]:
    for number in range(len(dataset)):
        sample = dataset[number]
        members = {name: stream.read() for name, stream in sample.items() if name.startswith(".")}
        yield (
            sample["__key__"],
            Arrays.of_members(members[".y.jpg"], members[".bins.zst"], members.get(".rgb.jpg")),
        )


def test_every_row_of_the_parquet_is_a_sample_in_the_order_of_the_tar(
    shards: Path, truth: Any
) -> None:
    for split in SPLITS:
        tables = [pq.read_table(path) for path in sorted(shards.glob(f"{split}-*.parquet"))]
        keys = [key for table in tables for key in table["sample_key"].to_pylist()]
        assert keys == list(truth[split])


def test_the_index_names_every_shard_as_other_programs_expect_it(shards: Path) -> None:
    index = json.loads((shards / "index.json").read_text())
    assert len(index["palette"]["centers"]) == len(index["palette"]["prior"]) == 16
    assert index["palette"]["fingerprint"]
    assert {path.name for path in shards.glob("*.tar")} == {e["file"] for e in index["shardlist"]}
    for entry in index["shardlist"]:
        data = (shards / entry["file"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["bytes"] == entry["filesize"] == len(data)
        assert entry["split"] == entry["file"].split("-")[0]
        assert entry["nsamples"] > 0


def test_only_held_out_samples_have_the_color_crop(truth: Any) -> None:
    assert all(arrays.rgb is None for arrays in truth["train"].values())
    for split in ("val", "test"):
        assert all(arrays.rgb is not None for arrays in truth[split].values())
