"""Photos of data sets are counted by set; all others are listed one by one, or refused."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from ship_parts.licenses import (
    photo_rows,
    read_research_sets,
    require_publishable,
    set_counts,
)

from colorfiles.errors import ColorfilesError
from dataprep.photos.rows import Photo


def _photo(key: str, license_name: str, owner: str) -> Photo:
    photo = Photo(key=key, source="folder", source_id=key, path=f"folder/{key}.jpg")
    return replace(photo, license_name=license_name, owner_name=owner, sha256="0" * 64)


def test_photos_of_a_named_data_set_are_counted_and_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "sets.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ("name", "shows", "source", "terms"),
                ("scenes", "rooms", "https://a.test", "research"),
            ]
        )
    sets = read_research_sets(path)
    photos = {
        "a": _photo("a", "CC-BY", "Ann"),
        "b": _photo("b", "research", "scenes"),
        "c": _photo("c", "research", "scenes"),
    }
    splits = {"a": "train", "b": "train", "c": "val"}
    assert [row.key for row in photo_rows(photos, splits, sets)] == ["a"]
    assert set_counts(photos, splits, sets) == {"scenes": {"train": 1, "val": 1}}
    assert sets["scenes"].terms == "research"


def test_a_photo_of_a_set_that_is_not_named_is_refused() -> None:
    with pytest.raises(ColorfilesError, match=r"photo b .*licence 'research'"):
        require_publishable([_photo("b", "research", "scenes")], ["others"])


def test_the_committed_table_of_data_sets_is_whole() -> None:
    table = Path(__file__).parents[2] / "experiments/research-sets.csv"
    for one in read_research_sets(table).values():
        assert one.shows
        assert one.source.startswith("https://") or one.source.startswith("http://")
        assert one.terms
