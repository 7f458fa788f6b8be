"""Size that each extra adds to the base install in site-packages, for installed versions."""

import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_STAND_INS = {"pillow": ("pillow-simd",)}
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def main() -> None:
    """Print the size of the base install, and what each extra adds."""
    with (_ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    base = _closure(project["dependencies"])
    print(f"{'base':14}{_megabytes(base):6.0f} MB")
    for extra, requirements in project["optional-dependencies"].items():
        added = _closure(requirements) - base
        print(f"{extra:14}{_megabytes(added):+6.0f} MB")


def _closure(requirements: list[str]) -> set[str]:
    """Return the names of distributions that these requirements bring along."""
    found: set[str] = set()
    waiting = [_name_of(text) for text in requirements]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        installed = _distribution(name)
        if installed is None:
            continue
        found.add(name)
        for text in installed.requires or ():
            if "extra ==" not in text and "win32" not in text:
                waiting.append(_name_of(text))
    return found


def _name_of(requirement: str) -> str:
    match = _NAME.match(requirement)
    assert match is not None
    return match[0].lower().replace("_", "-")


def _distribution(name: str) -> Distribution | None:
    for one in (name, *_STAND_INS.get(name, ())):
        try:
            return distribution(one)
        except PackageNotFoundError:
            continue
    print(f"{name} isn't installed here, so not counted", file=sys.stderr)
    return None


def _megabytes(names: set[str]) -> float:
    size = 0
    for installed in map(_distribution, names):
        for file in installed.files or () if installed else ():
            path = Path(str(file.locate()))
            size += path.stat().st_size if path.is_file() else 0
    return size / 1e6


if __name__ == "__main__":
    main()
