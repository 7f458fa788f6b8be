"""A sound shard set passes; every kind of damage is found, also where the checksums were mended."""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner
from PIL import Image

from colorcore import Palette
from colorfiles.engines.local import LocalEngine
from dataprep.cli import app
from dataprep.errors import DataprepError
from dataprep.shards.ustar import TarWriter
from dataprep.verification.faults import Fault
from dataprep.verification.job import Verification, verify_shards

SIZE = 64


@dataclass(frozen=True)
class Victim:
    """A copy of a shard set that a test damages."""

    path: Path

    def members(self, shard: str) -> list[tuple[str, bytes]]:
        with tarfile.open(self.path / f"{shard}.tar") as tar:
            return [(m.name, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]

    def write(self, shard: str, members: list[tuple[str, bytes]]) -> None:
        with (self.path / f"{shard}.tar").open("wb") as file:
            tar = TarWriter(file)
            for name, data in members:
                tar.add(name, data)
            tar.finish()

    def change(self, shard: str, suffix: str, make: Callable[[bytes], bytes]) -> None:
        """Change the first member whose name ends so."""
        members = self.members(shard)
        at = next(i for i, (name, _) in enumerate(members) if name.endswith(suffix))
        members[at] = (members[at][0], make(members[at][1]))
        self.write(shard, members)

    def rows(self, shard: str) -> list[dict[str, Any]]:
        return pq.read_table(self.path / f"{shard}.parquet").to_pylist()

    def write_rows(self, shard: str, rows: list[dict[str, Any]]) -> None:
        path = self.path / f"{shard}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(path)), path)

    def set_rows(self, shard: str, **columns: Any) -> None:
        self.write_rows(shard, [row | columns for row in self.rows(shard)])

    @property
    def index(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.path / "index.json").read_text())
        return content

    def write_index(self, index: dict[str, Any]) -> None:
        (self.path / "index.json").write_text(json.dumps(index))

    def mend(self) -> None:
        """Make index and markers agree with the tars, as someone would who hides a change."""
        index = self.index
        for entry in index["shardlist"]:
            data = (self.path / entry["file"]).read_bytes()
            samples = [m for m in _try_members(data) if m[0].endswith(".bins.zst")]
            counts = np.zeros(index["palette"]["n"], dtype=np.int64)
            for _, member in samples:
                ids = np.frombuffer(_unpack(member), np.uint8)
                counts += np.bincount(ids[ids < len(counts)], minlength=len(counts))
            facts = {
                "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
                "nsamples": len(samples),
                "nphotos": len({name.rpartition("-v")[0] for name, _ in samples}),
                "bin_counts": counts.tolist(),
            }
            entry.update(facts | {"filesize": len(data)})
            marker = self.path / entry["file"].replace(".tar", ".json")
            if marker.exists():
                marker.write_text(json.dumps(json.loads(marker.read_text()) | facts))
        for name in index["files"]:
            if (self.path / name).exists():
                index["files"][name] = _sha256(self.path / name)
        for split in ("train", "val", "test"):
            entries = [entry for entry in index["shardlist"] if entry["split"] == split]
            for section, key in (("photos", "nphotos"), ("samples", "nsamples")):
                index["split"][split][section] = sum(entry[key] for entry in entries)
        self.write_index(index)

    def verify(self) -> Verification:
        return verify_shards(str(self.path), engine=LocalEngine(1))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _try_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                if member.isreg():
                    yield member.name, tar.extractfile(member).read()  # type: ignore[union-attr]
    except tarfile.TarError:
        return


def _unpack(data: bytes) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError:
        return b""


def _pack(bins: np.ndarray) -> bytes:
    return zstandard.ZstdCompressor().compress(bins.astype(np.uint8).tobytes())


def _bins(data: bytes) -> np.ndarray:
    return np.frombuffer(_unpack(data), np.uint8).reshape(SIZE, SIZE).copy()


def _jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


@pytest.fixture
def victim(sound_set: Path, tmp_path: Path) -> Victim:
    shutil.copytree(sound_set, tmp_path / "set")
    return Victim(tmp_path / "set")


def test_a_sound_set_passes(victim: Victim) -> None:
    found = victim.verify()
    assert (found.sound, found.faults) == (True, ())
    assert found.samples == sum(entry["nsamples"] for entry in victim.index["shardlist"])
    victim.mend()
    assert victim.verify() == found


def test_workers_find_the_same(victim: Victim) -> None:
    victim.change("train-000001", ".y.jpg", lambda data: data[:100])
    here = victim.verify()
    assert not here.sound
    assert verify_shards(str(victim.path), engine=LocalEngine(2)) == here


def _bytes_after_an_image(v: Victim) -> None:
    v.change("train-000000", ".y.jpg", lambda data: data + b"smuggled!")


def _a_second_zstd_frame(v: Victim) -> None:
    more = zstandard.ZstdCompressor().compress(b"smuggled")
    v.change("train-000000", ".bins.zst", lambda data: data + more)


def _a_train_picture_encoded_anew_in_val(v: Victim) -> None:
    luma = next(d for n, d in v.members("train-000000") if n.endswith("-v0.y.jpg"))
    buffer = io.BytesIO()
    Image.open(io.BytesIO(luma)).save(buffer, "JPEG", quality=60)
    v.change("val-000000", "-v0.y.jpg", lambda _: buffer.getvalue())


def _hashes_blank(v: Victim) -> None:
    v.set_rows("val-000000", sha256="", perceptual_hash="")


def _hash_false(v: Victim) -> None:
    v.set_rows("val-000000", sha256="0" * 64)


def _a_photo_deleted(v: Victim) -> None:
    gone = v.rows("train-000000")[0]["photo_key"]
    v.write("train-000000", [m for m in v.members("train-000000") if gone not in m[0]])
    v.write_rows("train-000000", [r for r in v.rows("train-000000") if r["photo_key"] != gone])


def _a_shard_deleted(v: Victim) -> None:
    index = v.index
    entry = next(e for e in index["shardlist"] if e["file"] == "train-000001.tar")
    index["shardlist"].remove(entry)
    index["split"]["train"]["shards"] -= 1
    v.write_index(index)
    for path in v.path.glob("train-000001.*"):
        path.unlink()


def _splits_of_other_ratios(v: Victim) -> None:
    index = v.index
    index["split"]["ratios"] = "50/50/50/50"
    v.write_index(index)


def _a_comment_in_a_jpeg(v: Victim) -> None:
    comment = b"\xff\xfe\0\x0asmuggled"
    v.change("train-000000", ".y.jpg", lambda data: data[:2] + comment + data[2:])


def _an_app_segment_in_a_jpeg(v: Victim) -> None:
    segment = b"\xff\xed\0\x0asmuggled"
    v.change("val-000000", ".rgb.jpg", lambda data: data[:20] + segment + data[20:])


def _luma_of_another_quality(v: Victim) -> None:
    def spoil(data: bytes) -> bytes:
        buffer = io.BytesIO()
        Image.open(io.BytesIO(data)).save(buffer, "JPEG", quality=94)
        return buffer.getvalue()

    v.change("train-000000", ".y.jpg", spoil)


def _a_marker_in_a_scan(v: Victim) -> None:
    v.change("train-000000", ".y.jpg", lambda data: data[:-2] + b"\xff\xd0" + data[-2:])


def _a_skippable_zstd_frame_first(v: Victim) -> None:
    skippable = b"\x50\x2a\x4d\x18\x08\0\0\0smuggled"
    v.change("train-000000", ".bins.zst", lambda data: skippable + data)


def _a_skippable_zstd_frame_last(v: Victim) -> None:
    skippable = b"\x50\x2a\x4d\x18\x08\0\0\0smuggled"
    v.change("train-000000", ".bins.zst", lambda data: data + skippable)


def _an_empty_zstd_block(v: Victim) -> None:
    header = zstandard.frame_header_size(v.members("train-000000")[1][1])
    v.change("train-000000", ".bins.zst", lambda d: d[:header] + b"\0\0\0" + d[header:])


def _a_payload_in_tar_padding(v: Victim) -> None:
    path = v.path / "train-000000.tar"
    data = bytearray(path.read_bytes())
    size = int(data[124:135], 8)
    data[512 + size : 512 + size + 3] = b"abc"
    path.write_bytes(data)


# Each damage, and words of the fault that names it. The checksums are mended after each.


def _bin_out_of_range(v: Victim) -> None:
    def spoil(data: bytes) -> bytes:
        bins = _bins(data)
        bins[3, 5] = v.index["palette"]["n"]
        return _pack(bins)

    v.change("train-000000", ".bins.zst", spoil)


def _bins_of_another_size(v: Victim) -> None:
    v.change("val-000000", ".bins.zst", lambda data: _pack(_bins(data)[:-1]))


def _bins_not_zstandard(v: Victim) -> None:
    v.change("train-000000", ".bins.zst", lambda data: b"nonsense" + data[8:])


def _bins_that_claim_gigabytes(v: Victim) -> None:
    frame = zstandard.ZstdCompressor().compress(bytes(1 << 24))
    v.change("train-000000", ".bins.zst", lambda _: frame)


def _one_pixel_of_a_train_view(v: Victim) -> None:
    # The middle column lies in every view of a photo that is wide or tall enough to have them.
    def spoil(data: bytes) -> bytes:
        bins = _bins(data)
        bins[SIZE // 2, SIZE // 2] = (bins[SIZE // 2, SIZE // 2] + 1) % 9
        return _pack(bins)

    v.change("train-000000", "-v0.bins.zst", spoil)


def _bins_mirrored(v: Victim) -> None:
    v.change("test-000000", ".bins.zst", lambda data: _pack(_bins(data)[:, ::-1]))


def _ids_permuted(v: Victim) -> None:
    v.change("val-000000", ".bins.zst", lambda data: _pack((_bins(data) + 1) % 9))


def _luma_of_another_photo(v: Victim) -> None:
    other = next(data for name, data in v.members("val-000000") if name.endswith(".y.jpg"))
    v.change("train-000000", "-v0.y.jpg", lambda _: other)


def _luma_brightened(v: Victim) -> None:
    def spoil(data: bytes) -> bytes:
        pixels = np.asarray(Image.open(io.BytesIO(data)), dtype=np.int32)
        return _jpeg(np.clip(pixels + 30, 0, 255).astype(np.uint8))

    v.change("test-000000", ".y.jpg", spoil)


def _luma_too_small(v: Victim) -> None:
    v.change("train-000000", ".y.jpg", lambda _: _jpeg(np.zeros((SIZE, SIZE // 2), np.uint8)))


def _luma_in_color(v: Victim) -> None:
    v.change("train-000000", ".y.jpg", lambda _: _jpeg(np.zeros((SIZE, SIZE, 3), np.uint8)))


def _luma_cut_short(v: Victim) -> None:
    v.change("train-000000", ".y.jpg", lambda data: data[: len(data) // 2])


def _rgb_missing_in_val(v: Victim) -> None:
    v.write("val-000000", [m for m in v.members("val-000000") if not m[0].endswith(".rgb.jpg")])


def _rgb_of_another_photo(v: Victim) -> None:
    other = next(data for name, data in v.members("test-000000") if name.endswith(".rgb.jpg"))
    v.change("val-000000", ".rgb.jpg", lambda _: other)


def _members_in_another_order(v: Victim) -> None:
    v.write("train-000000", v.members("train-000000")[::-1])


def _members_not_adjacent(v: Victim) -> None:
    first, *rest = v.members("train-000000")
    v.write("train-000000", [*rest, first])


def _a_sample_gone(v: Victim) -> None:
    v.write("train-000000", v.members("train-000000")[2:])


def _a_sample_gone_with_its_row(v: Victim) -> None:
    v.write("train-000000", v.members("train-000000")[2:])
    v.write_rows("train-000000", v.rows("train-000000")[1:])


def _a_sample_twice(v: Victim) -> None:
    members = v.members("train-000000")
    v.write("train-000000", members + members[:2])
    rows = v.rows("train-000000")
    v.write_rows("train-000000", rows + rows[:1])


def _a_photo_in_two_splits(v: Victim) -> None:
    key = v.rows("val-000000")[0]["photo_key"]
    rows = v.rows("train-000000")
    old = rows[0]["photo_key"]
    renamed = [(name.replace(old, key), data) for name, data in v.members("train-000000")]
    v.write("train-000000", renamed)
    text = json.dumps(rows).replace(old, key)
    v.write_rows("train-000000", json.loads(text))


def _a_train_picture_in_test(v: Victim) -> None:
    key = v.rows("test-000000")[0]["sample_key"]
    luma = next(data for name, data in v.members("train-000000") if name.endswith("-v0.y.jpg"))
    v.change("test-000000", f"{key}.y.jpg", lambda _: luma)


def _an_owner_in_two_splits(v: Victim) -> None:
    v.set_rows("val-000000", owner_id="1@N01")
    v.set_rows("test-000000", owner_id="1@N01")


def _near_duplicates_in_two_splits(v: Victim) -> None:
    value = int(v.rows("val-000000")[0]["perceptual_hash"], 16)
    v.set_rows("train-000002", perceptual_hash=f"{value ^ 0b1010101:016x}")


def _one_file_in_two_splits(v: Victim) -> None:
    sha256 = v.rows("val-000000")[0]["sha256"]
    v.set_rows("test-000000", sha256=sha256)


def _rows_of_another_split(v: Victim) -> None:
    v.set_rows("val-000000", split="train")


def _crop_moved(v: Victim) -> None:
    rows = v.rows("train-000000")
    rows[0]["crop_left"] += 1
    v.write_rows("train-000000", rows)


def _flip_denied(v: Victim) -> None:
    v.set_rows("train-000000", flip=False)


def _views_of_a_photo_told_apart(v: Victim) -> None:
    rows = v.rows("train-000000")
    rows[0]["license_name"] = "All rights reserved"
    v.write_rows("train-000000", rows)


def _rows_swapped(v: Victim) -> None:
    rows = v.rows("train-000000")
    v.write_rows("train-000000", [rows[1], rows[0], *rows[2:]])


def _parquet_not_parquet(v: Victim) -> None:
    (v.path / "val-000000.parquet").write_bytes(b"PAR1 but not really PAR1")


def _column_gone(v: Victim) -> None:
    path = v.path / "val-000000.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["noise_seed"]), path)


def _tar_with_an_owner(v: Victim) -> None:
    members = v.members("train-000000")
    with tarfile.open(v.path / "train-000000.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.mtime = len(data), 0o444, 1000, 1_700_000_000
            tar.addfile(info, io.BytesIO(data))


def _tar_with_a_link(v: Victim) -> None:
    members = v.members("train-000000")
    with tarfile.open(v.path / "train-000000.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o444
            tar.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("outside")
        link.type, link.linkname = tarfile.SYMTYPE, "../../secret"
        tar.addfile(link)


def _tar_cut_in_a_member(v: Victim) -> None:
    path = v.path / "train-000000.tar"
    path.write_bytes(path.read_bytes()[:5000])


def _bytes_after_the_end(v: Victim) -> None:
    with (v.path / "train-000000.tar").open("ab") as file:
        file.write(b"hidden")


def _palette_swapped(v: Victim) -> None:
    """A palette of the same size, as if the set had always been made with it."""
    index = v.index
    old = Palette.from_dict(index["palette"])
    new = replace(old, centers=np.array(old.centers)[:, ::-1].copy())
    for marker in v.path.glob("t*-*.json"):
        marker.write_text(marker.read_text().replace(old.fingerprint, new.fingerprint))
    marker = v.path / "val-000000.json"
    marker.write_text(marker.read_text().replace(old.fingerprint, new.fingerprint))
    v.write_index(index | {"palette": new.to_dict()})


def _palette_of_the_index_alone(v: Victim) -> None:
    index = v.index
    prior = np.arange(1, 10) / 45
    palette = replace(Palette.from_dict(index["palette"]), prior=prior)
    v.write_index(index | {"palette": palette.to_dict()})


def _views_of_another_seed(v: Victim) -> None:
    index = v.index
    index["views"]["seed"] = 7
    v.write_index(index)


DAMAGES = {
    _bin_out_of_range: "expected ids below 9, found up to 9 (1 pixels)",
    _bins_of_another_size: "expected a frame of 4096 bytes",
    _bins_not_zstandard: "bins.zst: not a zstandard frame",
    _bins_that_claim_gigabytes: "expected a frame of 4096 bytes, found one of 16777216",
    _one_pixel_of_a_train_view: "bins differ from those of the photo's other views",
    _bins_mirrored: "bins aren't those of rgb.jpg",
    _ids_permuted: "bins aren't those of rgb.jpg",
    _luma_of_another_photo: "luma differs from the photo's other views",
    _luma_brightened: "luma isn't that of rgb.jpg",
    _luma_too_small: "expected L of 64 x 64 pixels, found L of 32 x 64",
    _luma_in_color: "expected L of 64 x 64 pixels, found RGB",
    _luma_cut_short: "y.jpg: can't be decoded",
    _rgb_missing_in_val: "expected the members y.jpg, bins.zst, rgb.jpg, found y.jpg, bins.zst",
    _rgb_of_another_photo: "rgb.jpg",
    _members_in_another_order: "expected the members",
    _members_not_adjacent: "expected the members",
    _a_sample_gone: "rows, found",
    _a_sample_gone_with_its_row: "expected views 0 to 4",
    _a_sample_twice: "expected views 0 to 4",
    _a_photo_in_two_splits: "is in train-000000.tar and in val-000000.tar",
    _a_train_picture_in_test: "the same picture is in",
    _an_owner_in_two_splits: "photos of owner",
    _near_duplicates_in_two_splits: "near-duplicates are in",
    _one_file_in_two_splits: "the same file is in test and val",
    _rows_of_another_split: "its split is 'train' in a shard of val",
    _crop_moved: "crop_left: expected",
    _flip_denied: "flip: expected True",
    _views_of_a_photo_told_apart: "2 different stories",
    _rows_swapped: "of the parquet is of sample",
    _parquet_not_parquet: "val-000000.parquet: can't be read",
    _column_gone: "the column noise_seed is missing",
    _tar_with_an_owner: "headers or padding aren't the format's",
    _tar_with_a_link: "headers or padding aren't the format's",
    _tar_cut_in_a_member: "not a whole tar",
    _bytes_after_the_end: "headers or padding aren't the format's",
    _palette_swapped: "bins aren't those of rgb.jpg under this palette",
    _palette_of_the_index_alone: "written with palette",
    _views_of_another_seed: "written with seed 0, the index has 7",
    _bytes_after_an_image: "y.jpg: 9 bytes after its end",
    _a_comment_in_a_jpeg: "y.jpg: its header isn't that of a baseline JPEG",
    _an_app_segment_in_a_jpeg: "rgb.jpg: its header isn't that of a baseline JPEG",
    _luma_of_another_quality: "y.jpg: its header isn't that of a baseline JPEG",
    _a_marker_in_a_scan: "y.jpg: its scan holds a marker",
    _a_skippable_zstd_frame_first: "bins.zst: ",
    _a_skippable_zstd_frame_last: "something stands after the first frame",
    _an_empty_zstd_block: "bins.zst: its frame has an empty block",
    _a_payload_in_tar_padding: "headers or padding aren't the format's",
    _a_second_zstd_frame: "something stands after the first frame",
    _a_train_picture_encoded_anew_in_val: "the same picture, re-encoded, is in",
    _hashes_blank: "sha256: '' isn't one",
    _hash_false: "given another sha256",
    _a_photo_deleted: "some were deleted",
    _a_shard_deleted: "its shards aren't all that their job wrote",
    _splits_of_other_ratios: "written with split 90/10/90/10",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda f: f.__name__.strip("_"))
def test_damage_is_found_though_the_checksums_were_mended(
    damage: Callable[[Victim], None], victim: Victim
) -> None:
    damage(victim)
    victim.mend()
    found = victim.verify()
    assert not found.sound
    assert any(DAMAGES[damage] in str(fault) for fault in found.faults), found.faults


# Damage without mending, and damage of the index itself.


def _flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_one_flipped_bit_is_found_by_its_checksum(victim: Victim) -> None:
    _flip_a_byte(victim.path / "train-000000.tar")
    assert any("sha256: expected" in fault.what for fault in victim.verify().faults)


@pytest.mark.parametrize("suffix", ["tar", "parquet", "json"])
def test_a_missing_file_is_found(victim: Victim, suffix: str) -> None:
    (victim.path / f"val-000000.{suffix}").unlink()
    faults = [f for f in victim.verify().faults if f.where == f"val-000000.{suffix}"]
    assert any(fault.what.startswith("missing") for fault in faults)


@pytest.mark.parametrize("name", ["train-000099.tar", ".colorunet.0123456789abcdef.tmp", "x.txt"])
def test_a_stray_file_is_found(victim: Victim, name: str) -> None:
    (victim.path / name).write_bytes(b"")
    assert [fault.where for fault in victim.verify().faults] == [name]


def _index_without_a_shard(index: dict[str, Any]) -> None:
    del index["shardlist"][-1]


def _index_of_no_shard(index: dict[str, Any]) -> None:
    index["shardlist"] = []


def _index_with_a_shard_twice(index: dict[str, Any]) -> None:
    index["shardlist"].append(index["shardlist"][-1])


def _index_unsorted(index: dict[str, Any]) -> None:
    index["shardlist"].reverse()


def _index_with_other_counts(index: dict[str, Any]) -> None:
    counts = index["shardlist"][0]["bin_counts"]
    counts[0], counts[1] = counts[1] + 1, counts[0] - 1


def _index_with_more_samples(index: dict[str, Any]) -> None:
    index["split"]["train"]["samples"] += 1


def _index_with_a_shard_of_another_split(index: dict[str, Any]) -> None:
    index["shardlist"][0]["split"] = "train"


def _index_for_nobody_else(index: dict[str, Any]) -> None:
    del index["__kind__"]


def _index_with_another_url(index: dict[str, Any]) -> None:
    index["shardlist"][0]["url"] = "elsewhere.tar"


def _index_without_views(index: dict[str, Any]) -> None:
    del index["views"]


def _index_with_a_changed_palette(index: dict[str, Any]) -> None:
    index["palette"]["centers"][0][0] += 0.01


def _index_of_another_version(index: dict[str, Any]) -> None:
    index["schema_version"] = 3


def _index_with_nonsense(index: dict[str, Any]) -> None:
    index["shardlist"][0] = "train-000000.tar"


INDEX_DAMAGES = {
    _index_without_a_shard: "stray file",
    _index_of_no_shard: "expected at least one shard",
    _index_with_a_shard_twice: "stands there 2 times",
    _index_unsorted: "found another order",
    _index_with_other_counts: "bin_counts: expected",
    _index_with_more_samples: "split train: says",
    _index_with_a_shard_of_another_split: "its name says another",
    _index_for_nobody_else: "wids keys",
    _index_with_another_url: "url and filesize differ",
    _index_without_views: "views: not the settings of views",
    _index_with_a_changed_palette: "changed by hand or damaged",
    _index_of_another_version: "expected schema_version 1 or 2, given 3",
    _index_with_nonsense: "index.json",
}


@pytest.mark.parametrize("damage", INDEX_DAMAGES, ids=lambda f: f.__name__.strip("_"))
def test_a_damaged_index_is_found(damage: Callable[[dict[str, Any]], None], victim: Victim) -> None:
    index = victim.index
    damage(index)
    victim.write_index(index)
    found = victim.verify()
    assert not found.sound
    assert any(INDEX_DAMAGES[damage] in str(fault) for fault in found.faults), found.faults


def test_an_index_that_is_not_json_is_a_fault(victim: Victim) -> None:
    (victim.path / "index.json").write_text("{")
    assert not victim.verify().sound


def test_a_folder_without_an_index_is_no_shard_set(tmp_path: Path) -> None:
    with pytest.raises(DataprepError, match=r"no index\.json there"):
        verify_shards(str(tmp_path), engine=LocalEngine(1))


def test_a_shard_that_is_wholly_wrong_is_told_of_briefly(victim: Victim) -> None:
    victim.set_rows("train-000000", crop_top=-1, noise_sigma=0.5)
    of_shard = [f for f in victim.verify().faults if "train-000000" in f.where]
    assert len(of_shard) == 22  # the table's digest, 20 rows, and how many more
    assert of_shard[-1].what.endswith("more faults")


def test_bytes_of_any_kind_are_faults_and_never_a_crash(victim: Victim) -> None:
    rng = np.random.default_rng(3)
    path = victim.path / "val-000000.tar"
    whole = path.read_bytes()
    for _ in range(15):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), rng.integers(1, 40)):
            data[at] = rng.integers(0, 256)
        path.write_bytes(data[: rng.integers(1, len(data) + 1)])
        assert not victim.verify().sound


def test_the_command_lists_faults_and_exits_with_3(victim: Victim) -> None:
    runner = CliRunner()
    sound = runner.invoke(app, ["verify", str(victim.path), "--workers", "1"])
    assert sound.exit_code == 0
    assert sound.stdout.startswith("sound: ")
    _flip_a_byte(victim.path / "val-000000.tar")
    text = runner.invoke(app, ["verify", str(victim.path), "--workers", "1"])
    assert text.exit_code == 3
    assert "val-000000.tar: sha256" in text.stdout
    told = runner.invoke(app, ["verify", str(victim.path), "--workers", "1", "--json"])
    assert told.exit_code == 3
    content = json.loads(told.stdout)
    assert content["sound"] is False
    assert {"where", "what"} == set(content["faults"][0])
    assert str(Fault(**content["faults"][0])) in text.stdout


@pytest.mark.parametrize("column", ["license_name", "license_url", "owner_name"])
def test_a_change_of_provenance_in_every_row_is_found_by_its_digest(
    column: str, victim: Victim
) -> None:
    victim.set_rows("train-000000", **{column: "CC0 1.0"})
    assert [fault.where for fault in victim.verify().faults] == ["train-000000.parquet"]


@pytest.mark.parametrize("name", ["README.md", "croissant.json", "val-000000.json"])
def test_a_change_of_any_other_file_is_found_by_its_digest(name: str, victim: Victim) -> None:
    with (victim.path / name).open("a") as file:
        file.write(" ")
    faults = victim.verify().faults
    assert [fault.where for fault in faults] == [name]
    assert "changed since written" in faults[0].what


def test_an_index_that_leaves_out_a_table_is_a_fault(victim: Victim) -> None:
    index = victim.index
    del index["files"]["val-000000.parquet"]
    victim.write_index(index)
    assert Fault("index.json", "files: val-000000.parquet is missing") in victim.verify().faults


def test_a_set_of_format_version_1_is_read_and_said_to_lack_digests(victim: Victim) -> None:
    index = victim.index | {"schema_version": 1}
    for name in ("README.md", "croissant.json"):
        (victim.path / name).unlink()
    del index["files"]
    victim.write_index(index)
    for entry in index["shardlist"]:
        path = victim.path / entry["file"].replace(".tar", ".parquet")
        pq.write_table(pq.read_table(path).drop_columns(["copy_print"]), path)
    found = victim.verify()
    assert (found.sound, found.faults) == (True, ())
    assert ["no digests of tables and stats" in note for note in found.notes] == [True]
    result = CliRunner().invoke(app, ["verify", str(victim.path)])
    assert result.exit_code == 0
    assert "note: format version 1" in result.stdout
