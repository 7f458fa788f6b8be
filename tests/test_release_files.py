"""The lock file holds the pinned versions, and the SBOM all that is in it."""

import json
import tomllib
from pathlib import Path

from release_files import LOCK, sbom_json

ROOT = Path(__file__).parents[1]
LOCKED = tomllib.loads(LOCK.read_text())
PINS = set((ROOT / "constraints.txt").read_text().splitlines())


def test_the_lock_file_holds_the_pinned_versions_from_the_public_index() -> None:
    assert {f"{one['name']}=={one['version']}" for one in LOCKED["packages"]} <= PINS
    for package in LOCKED["packages"]:
        for wheel in package["wheels"]:
            assert wheel["url"].startswith("https://files.pythonhosted.org/packages/")
            assert len(wheel["hashes"]["sha256"]) == 64


def test_every_dependency_of_the_base_install_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {one["name"] for one in LOCKED["packages"]}
    assert {line.split(">=")[0] for line in project["dependencies"]} <= names


def test_the_sbom_names_all_that_is_locked_and_is_the_same_each_time() -> None:
    text = sbom_json(LOCKED)
    content = json.loads(text)
    assert (content["bomFormat"], content["specVersion"]) == ("CycloneDX", "1.6")
    assert {(one["name"], one["version"]) for one in content["components"]} == {
        (one["name"], one["version"]) for one in LOCKED["packages"]
    }
    assert content["metadata"]["component"]["name"] == "colorunet"
    assert sbom_json(LOCKED) == text
