"""Whatever bytes a file has, its reader gives a value or one clean error, and soon."""

import contextlib
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from colorfiles.shard_index import ShardIndex
from colorunet.errors import ColorunetError
from colorunet.parameters.checkpoint import load_run
from dataprep.palettes.palette_file import read_palette
from dataprep.photos.folder import PhotoFolder
from dataprep.photos.parquet import read_table
from dataprep.photos.rows import from_row
from dataprep.shards.shard_set import unpack_bins
from dataprep.sources.sun.archive import ArchiveDamaged, StreamedArchive
from trainer.config.recipe import Recipe
from trainer.data.tar_index import TarShard
from trainer.errors import TrainerError
from trainer.runs.metrics_log import read_metrics

# 200 examples each: all of this file takes well under two minutes on one busy core. `tools/soak`
# sets more.
fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "200")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["../x.tar", "a.tar", "a\0.tar", 2**63, -1, 10**400])
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@contextlib.contextmanager
def one_clean_error(kind: type[Exception], words: str) -> Iterator[None]:
    """Lets errors of one kind pass that name the file; every other is a failure."""
    try:
        yield
    except kind as error:
        told = str(error)
    else:
        return
    assert words in told


@st.composite
def changed(draw: st.DrawFn, sound: dict[str, Any]) -> bytes:
    """A sound document with one value anywhere in it put in the place of another, or deleted."""
    content: Any = json.loads(json.dumps(sound))
    place = content
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        inner = place[key]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            place = inner
            continue
        if isinstance(place, dict) and draw(st.booleans()):
            del place[key]
        else:
            place[key] = draw(anything)
        return json.dumps(content).encode("utf-8", "surrogatepass")


PALETTE = Palette(centers=np.array([[0.0, 0.0], [0.1, 0.1]]), prior=np.array([0.5, 0.5])).to_dict()
SHARD = {
    "file": "train-000000.tar",
    "split": "train",
    "sha256": "0" * 64,
    "nsamples": 1,
    "bytes": 1,
}
INDEX = {"schema_version": 1, "palette": PALETTE, "views": {"size": 8}, "shardlist": [SHARD]}
CHECKPOINT = {"schema_version": 1, "step": 1, "size": 32, "palette": PALETTE}
CHECKPOINT |= {"recipe": {"network": {"width": 8, "depth": 2}}}


@fuzz
@given(data=st.binary() | changed(PALETTE))
def test_palettes(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(data)
    with one_clean_error(ColorfilesError, "p.json: "):
        read_palette(str(tmp_path / "p.json"))


@fuzz
@given(data=st.binary() | changed(INDEX))
def test_indexes(data: bytes) -> None:
    with one_clean_error(ColorfilesError, "index.json: "):
        for shard in ShardIndex.from_bytes(data, "index.json").shards:
            assert "/" not in shard.file


@fuzz
@given(data=st.binary() | changed(CHECKPOINT))
def test_checkpoints(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "best.json").write_bytes(data)
    with pytest.raises(ColorunetError):  # at the latest there are no parameters
        load_run(tmp_path)


TOML = [
    "epochs = ",
    "[data]\n",
    "batch_size",
    "=",
    "1",
    '"',
    "'''",
    "[",
    "]",
    "{",
    "}",
    ".a",
    "\n",
    "9",
]


@fuzz
@given(
    data=st.binary()
    | st.lists(st.sampled_from(TOML), max_size=40).map(lambda p: "".join(p).encode())
)
def test_recipes(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(data)
    with one_clean_error(TrainerError, "r.toml: "):
        Recipe.load(str(tmp_path / "r.toml"))


@fuzz
@given(data=st.binary() | st.lists(changed({"step": 1, "loss": 0.5}), max_size=3).map(b"\n".join))
def test_metrics(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(data)
    assert all(isinstance(line["step"], int) for line in read_metrics(tmp_path))


ROW = {
    "key": "folder-a", "source": "folder", "source_id": "a", "path": "folder/a.jpg",
    "status": "kept", "reason": "", "sha256": "5a" * 32, "perceptual_hash": "5a" * 8,
    "width": 1, "height": 1, "bytes": 1, "class": "", "tags": [],
    "owner_id": "", "owner_name": "", "title": "", "license_id": "", "license_name": "",
    "license_url": "", "license_read_at": "", "page_url": "", "image_url": "",
    "fetched_at": "", "source_path": "",
}  # fmt: skip


@fuzz
@given(data=st.binary() | changed(ROW))
def test_journals_of_a_photo_folder(data: bytes, tmp_path: Path) -> None:
    (tmp_path / ".manifest.journal.jsonl").write_bytes(data)
    for photo in PhotoFolder(tmp_path).photos():
        assert photo.path == "" or photo.path.startswith(f"{photo.source}/")
        assert ".." not in photo.path


def test_the_row_that_is_changed_is_sound() -> None:
    assert from_row(ROW).key == "folder-a"


@st.composite
def damaged(draw: st.DrawFn, sound: bytes) -> bytes:
    """Sound bytes, of which some were changed and the rest perhaps cut off."""
    data = bytearray(sound)
    for at in draw(st.lists(st.integers(0, len(data) - 1), max_size=6)):
        data[at] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


def _tar() -> bytes:
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("a-v0.y.jpg", "a-v0.bins.zst", "long/" * 40 + "b.jpg"):
            info = tarfile.TarInfo(name)
            info.size = 3
            tar.addfile(info, io.BytesIO(b"abc"))
    return buffer.getvalue()[:6_144]


def _parquet() -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"photo_key": ["a", "b"], "view": [1, 2]}), buffer)
    return buffer.getvalue()


@fuzz
@given(data=st.binary() | damaged(_tar()))
def test_tars(data: bytes, tmp_path: Path) -> None:
    with contextlib.suppress(ArchiveDamaged):
        for member in StreamedArchive(io.BytesIO(data)).members():
            member.read()
    (tmp_path / "a.tar").write_bytes(data)
    with one_clean_error(TrainerError, "a.tar"):
        shard = TarShard(tmp_path / "a.tar")
        for number in range(len(shard)):
            shard.read(number)
        shard.close()


@fuzz
@given(data=st.binary() | damaged(_parquet()))
def test_tables(data: bytes) -> None:
    with contextlib.suppress(pa.ArrowException, OSError, ValueError, KeyError):
        read_table(io.BytesIO(data))


@fuzz
@given(data=st.binary() | damaged(zstandard.ZstdCompressor().compress(bytes(64))))
def test_bins(data: bytes) -> None:
    with contextlib.suppress(zstandard.ZstdError):
        assert len(unpack_bins(data)) <= 8_192**2
