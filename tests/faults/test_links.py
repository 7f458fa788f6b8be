"""Names in manifests, journals and indexes, and what lies under them: links, FIFOs, devices."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from colorfiles.errors import ColorfilesError
from colorfiles.storage import Storage
from dataprep.photos.folder import MANIFEST, PhotoFolder
from dataprep.photos.rows import SCHEMA, Photo, to_row
from dataprep.sources.folder import import_folder

EVIL = ["../victim.txt", "/etc/passwd", "folder/../../victim.txt", "folder/a\0.jpg", "other/a.jpg"]


def _row(path: str) -> dict[str, object]:
    photo = Photo(key="folder-x", source="folder", source_id="x", path="folder/x.jpg")
    return to_row(photo) | {"path": path, "sha256": "5a" * 32, "perceptual_hash": "5a" * 8}


@pytest.mark.parametrize("path", EVIL)
def test_a_path_of_a_manifest_that_leads_out_is_one_error(tmp_path: Path, path: str) -> None:
    table = pa.Table.from_pylist([_row(path)], SCHEMA)
    pq.write_table(table, tmp_path / MANIFEST)
    with pytest.raises(ColorfilesError, match="photo folder-x: its path"):
        PhotoFolder(tmp_path)


@pytest.mark.parametrize("path", EVIL)
def test_a_path_of_the_journal_that_leads_out_is_never_taken(tmp_path: Path, path: str) -> None:
    (tmp_path / ".manifest.journal.jsonl").write_text(json.dumps(_row(path)) + "\n")
    assert PhotoFolder(tmp_path).photos() == []


def test_the_row_that_is_changed_is_one(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([_row("folder/x.jpg")], SCHEMA), tmp_path / MANIFEST)
    assert len(PhotoFolder(tmp_path).kept()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"path": ""},
        {"sha256": ""},
        {"sha256": "5A" * 32},
        {"perceptual_hash": ""},
        {"perceptual_hash": "z" * 16},
        {"perceptual_hash": "-000000000000001"},
        {"perceptual_hash": "5a" * 5_000},
        {"status": "rejected", "reason": "gray", "path": "", "perceptual_hash": "z"},
    ],
)
def test_a_photo_that_has_no_hashes_or_no_file_is_one_error(
    tmp_path: Path, change: dict[str, object]
) -> None:
    table = pa.Table.from_pylist([_row("folder/x.jpg") | change], SCHEMA)
    pq.write_table(table, tmp_path / MANIFEST)
    with pytest.raises(ColorfilesError, match=r"not a manifest \(photo folder-x: "):
        PhotoFolder(tmp_path)


def test_a_date_beyond_all_in_a_column_of_texts_is_one_error(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([_row("folder/x.jpg")], SCHEMA)
    title = pa.array([1 << 60], pa.date64())
    pq.write_table(
        table.set_column(SCHEMA.get_field_index("title"), "title", title), tmp_path / MANIFEST
    )
    with pytest.raises(ColorfilesError, match="not a manifest"):
        PhotoFolder(tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"status": "maybe"}, {"width": None}, {"key": None}, {"title": None}, {"tags": [None]}],
)
def test_values_of_another_type_are_one_error(tmp_path: Path, change: dict[str, object]) -> None:
    pq.write_table(
        pa.Table.from_pylist([_row("folder/x.jpg") | change], SCHEMA), tmp_path / MANIFEST
    )
    with pytest.raises(ColorfilesError, match="not a manifest"):
        PhotoFolder(tmp_path)


def _put(kind: str, path: Path, victim: Path) -> None:
    path.unlink(missing_ok=True)
    if kind == "link":
        path.symlink_to(victim)
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")


KINDS = ["link", "fifo", "device"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_that_is_no_file_of_the_folder_is_not_read(
    tmp_path: Path, noise_tree: Path, victim: Path, kind: str
) -> None:
    import_folder(noise_tree, tmp_path / "photos")
    folder = PhotoFolder(tmp_path / "photos")
    photo = folder.kept()[0]
    _put(kind, folder.root / photo.path, victim)
    with pytest.raises(ColorfilesError, match=photo.key):
        folder.read(photo)
    with pytest.raises(OSError, match=r"not a regular file|leads out"):
        Storage(str(folder.root)).read(photo.path)


def test_removing_a_photo_never_follows_a_folder_out(tmp_path: Path, noise_tree: Path) -> None:
    photos = tmp_path / "photos"
    import_folder(noise_tree, photos)
    shutil.move(photos / "folder", tmp_path / "elsewhere")
    (photos / "folder").symlink_to(tmp_path / "elsewhere")
    before = sorted((tmp_path / "elsewhere").iterdir())
    folder = PhotoFolder(photos)
    photo = folder.kept()[0]
    folder.remove(photo, "removed: gone")
    new = dataclasses.replace(photo, key="folder-new", path="folder/new.jpg")
    with pytest.raises(ColorfilesError, match="a link that leads out"):
        folder.add(new, b"bytes")
    folder.close()
    with pytest.raises(ColorfilesError, match="a link that leads out"):
        import_folder(noise_tree, photos)
    assert sorted((tmp_path / "elsewhere").iterdir()) == before


def test_a_journal_that_is_a_link_is_not_written_through(
    tmp_path: Path, noise_tree: Path, victim: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / ".manifest.journal.jsonl").symlink_to(victim)
    with pytest.raises(OSError, match="leads out"):
        import_folder(noise_tree, photos)
    assert victim.read_text() == "precious"


def test_making_a_folder_writes_through_no_link(tmp_path: Path, victim: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / ".write-probe.tmp").symlink_to(victim)
    Storage(str(folder)).make()
    assert victim.read_text() == "precious"
    assert [path.name for path in folder.iterdir()] == [".write-probe.tmp"]


@pytest.mark.parametrize(
    "case",
    [
        *("link index.json", "fifo index.json", "device index.json"),
        *("link val-000000.tar", "fifo train-000000.tar"),
    ],
)
def test_verify_and_fit_end_at_once_over_what_is_no_file(
    tmp_path, run, make_shards, victim, case
) -> None:
    shards = make_shards(tmp_path / "shards")
    kind, name = case.split()
    _put(kind, shards / name, victim)
    fit = ("trainer", "fit", shards, "--out", tmp_path / "run", "--device", "cpu", "--dry-run")
    for command in (("dataprep", "verify", shards, "--workers", 1), fit):
        done = run(*command)
        told = done.stdout + done.stderr
        assert done.returncode in (1, 3)
        assert "Traceback" not in told
        assert "not a regular file" in told or "leads out" in told


@pytest.mark.parametrize("file", ["../outside.tar", "/x.tar", "a\\b.tar", "..", "a\n.tar", 7, None])
def test_an_index_names_plain_files_only(tmp_path, make_shards, file) -> None:
    from trainer.data.shard_set import ShardSet

    shards = make_shards(tmp_path / "shards")
    index = json.loads((shards / "index.json").read_text())
    index["shardlist"][0]["file"] = file
    (shards / "index.json").write_text(json.dumps(index))
    with pytest.raises(ColorfilesError, match=r"index\.json: file: expected"):
        ShardSet.open(shards)


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_no_command_waits_for_a_fifo(tmp_path, run, one_line, victim, kind) -> None:
    source = tmp_path / "source"
    _put(kind, source, victim)
    one_line(run("dataprep", "fetch-sun", source, "--out", tmp_path / "photos"))
    one_line(run("dataprep", "shard", tmp_path, "--palette", source, "--out", tmp_path / "s"))
    done = run("trainer", "colorize", source, "--out", tmp_path / "colored")
    assert done.returncode == 3
    assert "not a regular file" in done.stderr
