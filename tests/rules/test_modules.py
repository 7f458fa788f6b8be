"""The size and the names of modules."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "packages").rglob("*.py"))
BANNED = {"utils", "util", "common", "helpers", "manager", "misc"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_stays_under_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 300


def test_no_module_is_named_for_nothing() -> None:
    assert not [path for path in MODULES if path.stem in BANNED]
