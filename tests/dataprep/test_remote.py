"""Photos, palette and shards behind a real S3-speaking server on loopback."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from colorfiles.storage import Storage
from dataprep.cli import app
from dataprep.errors import DataprepError
from dataprep.photos.reading import kept_photos
from dataprep.shards.shard_set import ShardSet

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def remote_photos(s3: str, photo_folder: Path) -> str:
    target = f"{s3}/photos"
    for path in sorted(photo_folder.rglob("*")):
        if path.is_file():
            relative = path.relative_to(photo_folder)
            Storage(f"{target}/{relative.parent}".removesuffix("/.")).write(
                relative.name, path.read_bytes()
            )
    return target


def run(*arguments: object) -> dict[str, object]:
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout)


def test_a_remote_manifest_has_the_same_photos(remote_photos: str, photo_folder: Path) -> None:
    assert kept_photos(remote_photos) == kept_photos(str(photo_folder))


def test_photos_palette_and_shards_at_addresses_give_the_bytes_of_local_ones(
    s3: str, remote_photos: str, photo_folder: Path, tmp_path: Path
) -> None:
    options = ("--size", 64, "--shard-size", 20, "--workers", 1)
    for photos, place in ((remote_photos, s3), (photo_folder, tmp_path)):
        run("palette", photos, "--bins", 8, "--out", f"{place}/p.json", "--workers", 1)
        run(
            *("shard", photos, "--split", "--palette", f"{place}/p.json"),
            *("--out", f"{place}/shards", *options),
        )
    there, here = Storage(f"{s3}/shards"), tmp_path / "shards"
    assert there.names() == sorted(path.name for path in here.iterdir())
    for name in there.names():
        assert there.read(name) == (here / name).read_bytes()


def test_a_remote_set_is_read_resumed_and_refused_like_a_local_one(
    s3: str, remote_photos: str, small_palette: Palette
) -> None:
    palette, out = f"{s3}/q.json", f"{s3}/again"
    Storage(s3).write("q.json", small_palette.to_json().encode())
    command = ("shard", remote_photos, "--palette", palette, "--out", out, "--size", 32)
    first = run(*command, "--workers", 1)
    shards = ShardSet.open(out)
    for shard in shards.shards:
        assert len(list(shards.samples(shard))) == shard.nsamples == shards.table(shard).num_rows
        tar = shards.storage.read(shard.file)
        assert hashlib.sha256(tar).hexdigest() == shard.sha256
    with pytest.raises(DataprepError, match="views: 5 there, 4 given"):
        run(*command, "--views", 4)
    shards.storage.delete("train-000001.json")
    shards.storage.delete("index.json")
    second = run(*command, "--resume", "--workers", 1)
    assert second["resumed_shards"] == first["shards"] - 1
    assert second["fingerprint"] == first["fingerprint"]


def test_an_absent_bucket_is_one_clear_error(s3: str, photo_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ColorfilesError, match="no manifest"):
        run("palette", "s3://no-such-bucket/photos", "--out", tmp_path / "p.json")
    with pytest.raises(ColorfilesError, match="can't be written to"):
        Storage("s3://no-such-bucket/out").make()


def test_an_unknown_scheme_is_one_clear_error() -> None:
    with pytest.raises(ColorfilesError, match="nowhere://x"):
        Storage("nowhere://x").names()


def test_a_server_that_is_not_there_is_one_clear_error(s3: str, monkeypatch) -> None:
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(OSError, match="Could not connect") as refused:
        Storage("s3://bucket/x").read("index.json")
    assert refused.value.strerror
    s3fs.S3FileSystem.clear_instance_cache()
