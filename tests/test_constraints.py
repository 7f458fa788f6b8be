"""constraints.txt pins every version that tools/setup installs."""

from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
)


def _wanted_by(requirement: Requirement, marker: Marker | None) -> bool:
    return marker is None or any(
        marker.evaluate({"extra": extra}) for extra in (*requirement.extras, "")
    )


def _closure(root: Requirement) -> set[str]:
    """Return every distribution that ``root`` asks for here, directly or not."""
    result: set[str] = set()
    seen, waiting = set(), [root]
    while waiting:
        requirement = waiting.pop()
        if (key := str(requirement)) in seen:
            continue
        seen.add(key)
        try:
            wanted = distribution(requirement.name).requires or []
        except PackageNotFoundError:
            if canonicalize_name(requirement.name) != "pillow":  # pillow-simd may stand in for it
                raise
            result.add("pillow-simd")
            continue
        result.add(canonicalize_name(requirement.name))
        children = [Requirement(text) for text in wanted]
        waiting += [child for child in children if _wanted_by(requirement, child.marker)]
    return result - {"colorunet"}


@pytest.fixture(scope="module")
def everything() -> set[str]:
    extras = distribution("colorunet").metadata.get_all("Provides-Extra")
    assert extras is not None
    return _closure(Requirement(f"colorunet[{','.join(extras)}]"))


def test_every_package_of_every_extra_is_pinned(everything: set[str]) -> None:
    assert len(everything) > 100
    assert everything <= PINS.keys()


def test_the_installed_versions_are_the_pinned_ones(everything: set[str]) -> None:
    installed = {name: Version(version(name)) for name in everything}
    wrong = {
        name: (result.public, PINS[name])
        for name, result in installed.items()
        if result.public != Version(PINS[name]).public
    }
    assert not wrong


def test_what_builds_the_packages_is_pinned_too() -> None:
    assert PINS.keys() >= {"hatchling", "pip", "pybind11", "setuptools", "pillow", "pillow-simd"}
