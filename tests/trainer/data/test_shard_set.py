"""Shard sets are read as docs/shard-format.md says, and faults name shard and key."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zstandard

from colorcore import Palette, rgb_to_yuv, uv_to_bins
from colorfiles.errors import ColorfilesError
from trainer.data.shard_set import ShardSet
from trainer.errors import BadSample, BadShard, TrainerError

Make = Callable[..., Path]


def test_samples_come_in_shard_order_with_luma_bins_and_colour(
    make_shards: Make, tmp_path: Path, small_palette: Palette
) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s", train=(2, 3)))
    samples = list(shard_set.samples("train"))
    assert [sample.key for sample in samples] == [
        f"demo-train{shard}x{number}-v0"
        for shard, count in ((0, 2), (1, 3))
        for number in range(count)
    ]
    assert shard_set.palette == small_palette
    for sample in samples:
        assert sample.luma.dtype == sample.bins.dtype == np.uint8
        assert sample.luma.shape == sample.bins.shape == (32, 32)
        assert sample.rgb is not None
        yuv = rgb_to_yuv(sample.rgb / 255.0)
        assert np.abs(yuv[..., 0] * 255 - sample.luma).mean() < 3
        again = uv_to_bins(yuv[..., 1:], small_palette)
        assert np.mean(again == sample.bins) > 0.5  # JPEG moves colours near a border


def test_a_folder_without_index_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match=r"index.json.*dataprep shard"):
        ShardSet.open(tmp_path)


def test_a_changed_palette_names_both_fingerprints(make_shards: Make, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "s")
    index = json.loads((folder / "index.json").read_text())
    written = index["palette"]["fingerprint"]
    index["palette"]["centers"][3][0] += 0.01
    (folder / "index.json").write_text(json.dumps(index))
    with pytest.raises(ColorfilesError, match=rf"{written}.*but the content has [0-9a-f]{{64}}"):
        ShardSet.open(folder)


def test_a_file_name_that_leaves_the_folder_is_refused(make_shards: Make, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "s")
    text = (folder / "index.json").read_text()
    (folder / "index.json").write_text(text.replace("train-000000.tar", "../train-000000.tar"))
    with pytest.raises(ColorfilesError, match="plain file name"):
        ShardSet.open(folder)


def test_a_missing_split_lists_those_present(make_shards: Make, tmp_path: Path) -> None:
    shard_set = ShardSet.open(make_shards(tmp_path / "s"))
    with pytest.raises(TrainerError, match="'test', only of train, val"):
        shard_set.shards("test")


def test_a_missing_shard_is_named(make_shards: Make, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "s")
    (folder / "train-000001.tar").unlink()
    with pytest.raises(BadShard, match=r"train-000001\.tar"):
        list(ShardSet.open(folder).samples("train"))


def test_a_truncated_shard_is_named(make_shards: Make, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "s")
    shard = folder / "train-000000.tar"
    shard.write_bytes(shard.read_bytes()[:3000])
    with pytest.raises(BadShard, match=r"train-000000.tar: expected \d+ bytes, found 3000"):
        list(ShardSet.open(folder).samples("train"))


def test_a_tampered_shard_is_named(make_shards: Make, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "s")
    shard = folder / "val-000000.tar"
    data = bytearray(shard.read_bytes())
    data[700] ^= 1
    shard.write_bytes(data)
    with pytest.raises(BadShard, match=r"val-000000.tar: expected sha256"):
        list(ShardSet.open(folder).samples("val"))


def test_a_bin_the_palette_lacks_names_shard_and_key(
    make_shards: Make, tmp_path: Path, small_palette: Palette
) -> None:
    folder = make_shards(tmp_path / "s")
    shard_set = ShardSet.open(folder)
    from trainer.data.sample_decoder import SampleDecoder

    tar = shard_set.open_shard(shard_set.shards("train")[1])
    members = tar.read(2)
    strange = np.full((32, 32), small_palette.n, dtype=np.uint8)
    strange[:16] = 255
    members["bins.zst"] = zstandard.ZstdCompressor().compress(strange.tobytes())
    decode = SampleDecoder(bins=small_palette.n, size=32)
    with pytest.raises(
        BadSample, match=r"train-000001.tar, sample demo-train1x2-v0: .*bin 12 on 512"
    ):
        decode(members)
    members["bins.zst"] = zstandard.ZstdCompressor().compress(b"short")
    with pytest.raises(BadSample, match=r"demo-train1x2-v0.*expected 1024 bytes"):
        decode(members)
    del members["bins.zst"]
    with pytest.raises(BadSample, match=r"demo-train1x2-v0.*bins.zst is missing"):
        decode(members)
