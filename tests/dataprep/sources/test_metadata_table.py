"""What a table says of a photo arrives whole, or is told of."""

from pathlib import Path

import pytest

from dataprep.errors import DataprepError
from dataprep.sources.metadata_table import read_metadata


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1e"])
def test_a_mark_that_only_some_take_for_a_line_break_parts_no_row(
    tmp_path: Path, mark: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"path,title,license_name\na.jpg,The sea{mark}at night,CC BY 4.0\n", "utf-8")
    metadata = read_metadata(table)
    assert metadata.of("a.jpg") == {
        "title": f"The sea{mark}at night",
        "license_name": "CC BY 4.0",
    }
    assert metadata.unmatched(["a.jpg"]) == []


def test_a_quoted_title_may_have_two_lines(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(b'path,title\r\na.jpg,"The sea\r\nat night"\r\nb.jpg,Sky\r\n')
    assert read_metadata(table).of("b.jpg") == {"title": "Sky"}


def test_a_path_that_stands_twice_with_other_words_is_told_of(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("path,title\na.jpg,Sea\nb.jpg,Sky\nb.jpg,Sky\na.jpg,Lake\n")
    metadata = read_metadata(table)
    assert metadata.of("a.jpg") == {"title": "Lake"}
    assert metadata.faults == ("1 paths stand twice, the last row counts: a.jpg",)


def test_a_value_that_no_manifest_would_take_back_is_refused_at_the_door(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("path,title\na.jpg," + "x" * 70_000)
    with pytest.raises(DataprepError, match=r"a\.jpg: title: over 8,192 characters"):
        read_metadata(table)
