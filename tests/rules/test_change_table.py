"""The table of docs/architecture.md that says where a change goes: it covers what is added most."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Where a change goes")[2].partition("\n## ")[0]
ROWS = [line for line in TABLE.splitlines() if line.startswith("| ") and "`" in line]
_PATH = re.compile(r"`([\w./-]+/[\w./-]*)`")


@pytest.mark.parametrize(
    "what",
    [
        *("photo source", "decoding rule", "network", "loss", "file format", "dial", "measure"),
        "engine",
    ],
)
def test_the_table_names_files_for(what: str) -> None:
    (row,) = [row for row in ROWS if re.match(rf"\| add an? {what} \|", row)]
    _, _, open_, tests, _ = row.split("|")
    assert any(path.endswith(".py") for path in _PATH.findall(open_))
    assert any(path.endswith(".py") for path in _PATH.findall(tests))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_file_and_folder_in_the_table_is_there(row: str) -> None:
    paths = _PATH.findall(row)
    assert paths
    there = [(ROOT / path).exists() or (ROOT / "packages" / path).exists() for path in paths]
    assert all(there), [path for path, found in zip(paths, there, strict=True) if not found]
