"""Who may import whom, read from the source: packages of the house, and of others."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = {"colorcore", "colorfiles", "dataprep", "trainer", "colorunet"}
_FILES = {"colorcore", "colorfiles"}
MAY_IMPORT = {
    "colorcore": set(),
    "colorfiles": {"colorcore"},
    "dataprep": _FILES,
    "colorunet": _FILES,
    "trainer": _FILES | {"colorunet"},
}
NEVER = {
    "colorfiles": {"torch", "safetensors", "pyarrow", "flickrapi"},
    "dataprep": {"torch", "safetensors"},
    "colorunet": {"flickrapi", "ray", "pyarrow", "webdataset"},
    "trainer": {"flickrapi", "ray"},
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = packages_distributions()


@dataclass(frozen=True)
class Import:
    where: str
    module: str


def _imports(package: str) -> Iterator[Import]:
    for path in sorted((ROOT / "packages" / package).rglob("*.py")):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.ImportFrom):
                name = package if node.level else node.module or ""
                yield Import(where, name.split(".")[0])
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(where, alias.name.split(".")[0])


def _declared(*extras: str) -> set[str]:
    listed = list(PROJECT["dependencies"])
    for extra in extras:
        listed += PROJECT["optional-dependencies"][extra]
    return {_canonical(re.split(r"[\[<>=~! ;]", line)[0]) for line in listed}


def _distributions(module: str) -> set[str]:
    # pillow-simd stands in for Pillow, under the same module.
    names = {_canonical(name) for name in DISTRIBUTIONS.get(module, ())}
    return {"pillow" if name == "pillow-simd" else name for name in names}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("package", sorted(HOUSE))
def test_arrows_between_packages_point_down_only(package: str) -> None:
    wrong = [
        result
        for result in _imports(package)
        if result.module in HOUSE - {package} - MAY_IMPORT[package]
    ]
    assert not wrong


def test_colorcore_imports_nothing_but_its_three_libraries() -> None:
    allowed = {"numpy", "jaxtyping", "array_api_compat", "colorcore"} | sys.stdlib_module_names
    assert not [result for result in _imports("colorcore") if result.module not in allowed]


@pytest.mark.parametrize("package", sorted(HOUSE))
def test_every_library_is_declared_in_some_extra(package: str) -> None:
    shipped = set(PROJECT["optional-dependencies"]) - {"dev", "demo"}
    declared, known = _declared(*shipped), sys.stdlib_module_names | HOUSE
    wrong = [
        result
        for result in _imports(package)
        if result.module not in known
        and not _distributions(result.module) & declared
        and _distributions(result.module)  # what isn't installed here can't be looked up
    ]
    assert not wrong


@pytest.mark.parametrize("package", sorted(NEVER))
def test_no_half_imports_what_only_the_other_half_installs(package: str) -> None:
    assert not [result for result in _imports(package) if result.module in NEVER[package]]
