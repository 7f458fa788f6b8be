"""The photo folder remembers everything that was added, whenever its writer dies."""

import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataprep.errors import DataprepError
from dataprep.photos.folder import MANIFEST, PhotoFolder, size_on_disk, slug
from dataprep.photos.rows import SCHEMA, Photo

COLUMNS = {
    *("key", "source", "source_id", "path", "status", "reason", "sha256", "width", "height"),
    *("class", "tags", "owner_id", "owner_name", "title", "license_id", "license_name"),
    *("license_url", "license_read_at", "page_url", "image_url", "fetched_at", "source_path"),
}


def photo(key: str, **content: object) -> Photo:
    defaults: dict[str, object] = {
        "source": "folder",
        "source_id": key,
        "path": f"folder/{key}.jpg",
        "sha256": "5a" * 32,
        "perceptual_hash": "5a" * 8,
    }
    return Photo(key=key, **(defaults | content))  # type: ignore[arg-type]


def reject(key: str, reason: str = "gray") -> Photo:
    return photo(key, path="", status="rejected", reason=reason)


def test_the_manifest_has_the_columns_that_others_rely_on(tmp_path: Path) -> None:
    folder = PhotoFolder(tmp_path, create=True)
    folder.add(photo("b", tags=("x", "y"), class_name="beach", width=3), b"data")
    folder.add(reject("a"))
    folder.commit()
    table = pq.read_table(tmp_path / MANIFEST)
    assert set(table.column_names) >= COLUMNS
    assert table.schema.equals(SCHEMA)
    assert [row["key"] for row in table.to_pylist()] == ["a", "b"]
    assert table.to_pylist()[1]["class"] == "beach"
    assert table.to_pylist()[1]["tags"] == ["x", "y"]


def test_what_was_added_is_there_again_committed_or_not(tmp_path: Path) -> None:
    folder = PhotoFolder(tmp_path, create=True)
    folder.add(photo("a", title="é\n\"'"), b"one")
    folder.commit()
    folder.add(photo("b"), b"two")
    folder.add(reject("c"))
    again = PhotoFolder(tmp_path)
    assert again.photos() == folder.photos()
    assert [p.key for p in again.kept()] == ["a", "b"]
    assert again.read(again.kept()[1]) == b"two"
    assert again.rejected_by_reason() == {"gray": 1}
    assert "c" in again
    assert len(again) == 3
    folder.close()


def test_a_row_that_replaces_a_kept_one_takes_its_file_along(tmp_path: Path) -> None:
    folder = PhotoFolder(tmp_path, create=True)
    for key in "abc":
        folder.add(photo(key), key.encode())
    folder.add(reject("a", "duplicate: of b"))
    folder.add(photo("b", path="folder/b.png"), b"as PNG")
    folder.add(photo("c", title="another row, the same file"))
    folder.close()
    files = {path.name: path.read_bytes() for path in (tmp_path / "folder").iterdir()}
    assert files == {"b.png": b"as PNG", "c.jpg": b"c"}


@pytest.mark.parametrize("cut", [2, 20, 200])
def test_a_journal_line_that_a_kill_cut_short_is_ignored(tmp_path: Path, cut: int) -> None:
    folder = PhotoFolder(tmp_path, create=True)
    folder.add(photo("a"), b"one")
    folder.add(photo("b"), b"two")
    folder.close()
    (journal,) = tmp_path.glob(".*.jsonl")
    journal.write_bytes(journal.read_bytes()[:-cut])
    again = PhotoFolder(tmp_path)
    assert [p.key for p in again.photos()] == ["a"]
    again.add(photo("c"), b"three")
    again.close()
    assert [p.key for p in PhotoFolder(tmp_path).photos()] == ["a", "c"]


def test_a_removed_photo_keeps_its_row_with_the_reason(tmp_path: Path) -> None:
    folder = PhotoFolder(tmp_path, create=True)
    folder.add(photo("a", title="t"), b"one")
    folder.remove(folder.kept()[0], "vanished: HTTP 404")
    folder.commit()
    (row,) = PhotoFolder(tmp_path).photos()
    assert (row.status, row.reason, row.title, row.path) == (
        "rejected", "vanished: HTTP 404", "t", "",
    )  # fmt: skip
    assert not (tmp_path / "folder" / "a.jpg").exists()


@pytest.mark.parametrize(
    "path",
    [
        "../x.jpg",
        "folder/../../x.jpg",
        "/etc/x.jpg",
        "other/x.jpg",
        "folder/x",
        "folder/.x.jpg",
        "",
    ],
)
def test_no_path_leaves_the_folder(tmp_path: Path, path: str) -> None:
    folder = PhotoFolder(tmp_path / "photos", create=True)
    with pytest.raises(ValueError, match="photo a"):
        folder.add(photo("a", path=path), b"data")
    assert size_on_disk(tmp_path) == 0
    assert "a" not in folder


@pytest.mark.parametrize("key", ["", "A", "a.b", "../a", "a/b", "a\n", "-a", "x" * 121])
def test_a_key_that_could_do_harm_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="photo key"):
        photo(key)


def test_kept_and_reason_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="reason"):
        photo("a", reason="gray")
    with pytest.raises(ValueError, match="reason"):
        photo("a", status="rejected")


def test_a_kept_photo_needs_bytes_or_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither bytes nor a file"):
        PhotoFolder(tmp_path, create=True).add(photo("a"))


def test_a_folder_that_is_none_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DataprepError, match="dataprep import"):
        PhotoFolder(tmp_path / "nothing")


def test_a_manifest_that_is_none_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(b"not parquet")
    with pytest.raises(DataprepError, match="not a manifest"):
        PhotoFolder(tmp_path)


def test_a_missing_file_names_the_photo_and_the_remedy(tmp_path: Path) -> None:
    folder = PhotoFolder(tmp_path, create=True)
    folder.add(photo("a"), b"one")
    folder.close()
    (tmp_path / "folder" / "a.jpg").unlink()
    with pytest.raises(DataprepError, match=r"photo a: .*again"):
        folder.read(folder.kept()[0])


@given(st.text())
def test_a_slug_is_part_of_a_key(text: str) -> None:
    part = slug(text)
    assert len(part) <= 40
    if part:
        Photo(key=part, source="folder", source_id=part)


@given(st.text(), st.text())
def test_no_text_of_a_stranger_can_add_or_break_a_row(title: str, owner: str) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = PhotoFolder(Path(root), create=True)
        folder.add(photo("a", title=title, owner_name=owner), b"")
        folder.add(reject("b"))
        folder.close()
        assert PhotoFolder(Path(root)).photos() == folder.photos()
