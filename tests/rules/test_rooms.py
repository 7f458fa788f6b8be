"""The plan of each package: how many rooms, how many arrows between them, and no way in circles."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[2] / "packages"
MOST = {  # rooms and arrows
    "colorcore": (12, 20),
    "colorfiles": (16, 28),
    "dataprep": (12, 35),
    "trainer": (14, 55),
    "colorunet": (11, 36),
}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _rooms(package: Path) -> set[str]:
    """The files and folders directly in a package; ``__init__`` is none."""
    files = {path.stem for path in package.glob("*.py")} - {"__init__"}
    return files | {p.name for p in package.iterdir() if p.is_dir() and any(p.rglob("*.py"))}


def _arrows(package: Path) -> set[tuple[str, str]]:
    rooms = _rooms(package)
    result = set()
    for path in package.rglob("*.py"):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        for name in _imported(path):
            parts = name.split(".")
            other = parts[1] if len(parts) > 1 and parts[0] == package.name else ""
            if room in rooms and other in rooms - {room}:
                result.add((room, other))
    return result


def test_every_package_has_its_limits() -> None:
    assert {p.name for p in PACKAGES.iterdir() if any(p.glob("*.py"))} == set(MOST)


@pytest.mark.parametrize("name", sorted(MOST))
def test_rooms_and_arrows_stay_few(name: str) -> None:
    most_rooms, most_arrows = MOST[name]
    assert len(_rooms(PACKAGES / name)) <= most_rooms
    assert len(_arrows(PACKAGES / name)) <= most_arrows


@pytest.mark.parametrize("name", sorted(MOST))
def test_no_arrow_leads_back(name: str) -> None:
    graph: dict[str, set[str]] = {}
    for start, end in _arrows(PACKAGES / name):
        graph.setdefault(start, set()).add(end)
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("name", sorted(MOST))
def test_no_modules_import_each_other(name: str) -> None:
    """Imports for types alone count too: a module reads on its own what lies below it."""
    modules = {_module(path): path for path in (PACKAGES / name).rglob("*.py")}
    graph = {
        module: {other for other in _imported(path) if other in modules and other != module}
        for module, path in modules.items()
        if path.stem != "__init__"  # a contents page, loaded by name
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGES).with_suffix("").parts)


@pytest.mark.parametrize("name", ["colorunet", "dataprep", "trainer"])
def test_the_docs_name_every_room(name: str) -> None:
    page = (PACKAGES.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
    folders = {room for room in _rooms(PACKAGES / name) if (PACKAGES / name / room).is_dir()}
    assert [room for room in sorted(folders) if f"`{room}`" not in row] == []
