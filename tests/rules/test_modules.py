"""The size and the names of modules."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "packages").rglob("*.py"))
BANNED = {"utils", "util", "common", "helpers", "manager", "misc"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_stays_under_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 300


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.parent.name == "cli"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_body_of_a_command_is_at_most_40_lines(path: Path) -> None:
    """Parse, one library call, print: what is decided lies in the library."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "command":
            body = node.body[1:] if ast.get_docstring(node) else node.body
            end = body[-1].end_lineno or 0
            assert end - body[0].lineno < 40


def test_no_module_is_named_for_nothing() -> None:
    assert not [path for path in MODULES if path.stem in BANNED]
