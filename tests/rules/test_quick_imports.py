"""What ``tools/test --quick`` collects imports only what the extras of that call install."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Where a module of the repository lies, as pytest and tools/test have them found.
SOURCES = ("packages", *PROJECT["tool"]["pytest"]["ini_options"]["pythonpath"])
QUICK = [line for line in (ROOT / "tests" / "quick.txt").read_text().splitlines() if line[0] != "#"]
_OF_MODULES = packages_distributions()
_LEFT_OUT = re.compile(r"\b(slow|browser|ray|faults|rare)\b")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(lines: list[str]) -> set[str]:
    return {_canonical(re.split(r"[\[<>=~! ;]", line)[0]) for line in lines}


EXTRAS = {
    name: _names(lines) for name, lines in PROJECT["project"]["optional-dependencies"].items()
}


@cache
def _installed() -> set[str]:
    """The distributions that the script names for ``--quick``, by its first list of extras."""
    (extras, *_) = re.findall(r"^extras=(\S+)$", (ROOT / "tools" / "test").read_text(), re.M)
    base = _names(PROJECT["project"]["dependencies"])
    return base.union(*(EXTRAS[extra] for extra in extras.split(",")))


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield the modules that a statement imports by itself, those in functions aside."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        assert node.module is not None
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Try):  # what it handles is that the module isn't there
        parts = [*node.orelse, *node.finalbody, *([] if _handles_absence(node) else node.body)]
        yield from (name for part in parts for name in _imported(part))
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        yield from (name for part in node.orelse for name in _imported(part))
    elif not isinstance(node, _DEFINITIONS):
        yield from (name for part in ast.iter_child_nodes(node) for name in _imported(part))


def _handles_absence(node: ast.Try) -> bool:
    return any(
        handler.type is None or "Import" in ast.unparse(handler.type) for handler in node.handlers
    )


def _in_tests(tree: ast.Module) -> Iterator[str]:
    """Yield what tests import as they run, save those that ``--quick`` leaves out."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = map(ast.unparse, node.decorator_list)
            if not any(map(_LEFT_OUT.search, marks)):
                yield from (name for part in node.body for name in _imported(part))


@cache
def _file_of(module: str) -> Path | None:
    """Return the file of a module of the repository; None is somebody else's, or no module."""
    for source in SOURCES:
        stem = ROOT / source / module.replace(".", "/")
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file():
                return path
    return None


def _is_left_out(tree: ast.Module) -> bool:
    """Whether a mark of the whole file is one that ``--quick`` leaves out."""
    return any(
        isinstance(node, ast.Assign)
        and "pytestmark" in ast.unparse(node.targets[0])
        and _LEFT_OUT.search(ast.unparse(node.value))
        for node in tree.body
    )


def _asked_for(tree: ast.Module) -> set[str]:
    """Return the distributions of the extras without which a whole file is skipped."""
    text = "".join(f"{ast.unparse(node)}\n" for node in tree.body if _is_call(node))
    asked = [_distributions(name) for name in re.findall(r"importorskip\('(\w+)", text)]
    return set().union(*(extra for extra in EXTRAS.values() if any(extra & one for one in asked)))


def _is_call(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Call)


@cache
def _needed_by(path: Path) -> tuple[str, ...]:
    return tuple(_imported(ast.parse(path.read_text(encoding="utf-8"))))


def _strangers(path: Path) -> dict[str, str]:
    """Return what a test file needs and ``--quick`` lacks, each with the file that imports it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    there = _installed() | _asked_for(tree)
    in_tests = [] if _is_left_out(tree) else list(_in_tests(tree))
    waiting = [(path, name) for name in [*_needed_by(path), *in_tests]]
    seen: set[str] = set()
    found = {}
    while waiting:
        importer, module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        own = _file_of(module)
        if own is not None:
            parents = [module.rpartition(".")[0]] if "." in module else []
            waiting += [(own, name) for name in [*_needed_by(own), *parents]]
        elif not _is_ours(top := module.partition(".")[0]) and not _distributions(top) & there:
            found[top] = importer.name
    return found


@cache
def _is_ours(top: str) -> bool:
    folders = [ROOT / source / top for source in SOURCES]
    there = any(one.is_dir() or one.with_suffix(".py").is_file() for one in folders)
    return there or top in sys.stdlib_module_names


@cache
def _distributions(top: str) -> set[str]:
    names = {_canonical(name) for name in _OF_MODULES.get(top, ())}
    return {"pillow" if name == "pillow-simd" else name for name in names}


@pytest.mark.parametrize("folder", QUICK)
def test_what_the_quick_tests_import_is_installed_for_them(folder: str) -> None:
    files = [*(ROOT / folder).rglob("test_*.py"), *(ROOT / folder).rglob("conftest.py")]
    files += [
        path
        for parent in (ROOT / folder).relative_to(ROOT).parents
        for path in (ROOT / parent).glob("conftest.py")
    ]
    assert files
    assert {
        path.relative_to(ROOT).as_posix(): strangers
        for path in files
        if (strangers := _strangers(path))
    } == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import ray", True),
        ("import clip_files", True),  # which imports PyAV
        ("from colorunet.video.film import colorize_video", True),
        ("def test_it() -> None:\n    import ray", True),
        ("import pytest\npytest.importorskip('ray')\nimport av", True),
        ("try:\n    import ray\nexcept ImportError:\n    ray = None", False),
        ("import pytest\n@pytest.mark.slow\ndef test_it() -> None:\n    import ray", False),
        ("import pytest\npytest.importorskip('av')\nimport clip_files", False),
        ("import torch\nfrom colorunet import Colorizer", False),
    ],
)
def test_a_module_that_needs_another_extra_is_found(tmp_path: Path, text: str, found: bool) -> None:
    path = tmp_path / "test_it.py"
    path.write_text(text)
    assert bool(_strangers(path)) == found
