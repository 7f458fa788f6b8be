"""Files of a release: pylock.toml (PEP 751) of the base install, and its SBOM (CycloneDX 1.6).

python tools/release_files.py lock            # pylock.toml, from constraints.txt; asks the index
python tools/release_files.py sbom --out DIR  # DIR/colorunet-VERSION.cdx.json, from pylock.toml
"""

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "pylock.toml"
_LOCAL = re.compile(r"file://([^\"]+)")


def project() -> dict[str, Any]:
    """Return the distribution's entries of pyproject.toml."""
    content: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return content


@click.group()
def main() -> None:
    """Write the files of a release."""


@main.command()
def lock() -> None:
    """Write pylock.toml: the base install at pinned versions, with hashes, for this platform."""
    words = [sys.executable, "-m", "pip", "lock", "--only-binary", ":all:"]
    words += ["--constraint", str(ROOT / "constraints.txt"), "--output", str(LOCK)]
    subprocess.run([*words, *project()["dependencies"]], check=True)
    LOCK.write_text(_LOCAL.sub(_public_address, LOCK.read_text()))


def _public_address(match: re.Match[str]) -> str:
    """Return where PyPI has a file that pip took from a local folder: by its BLAKE2b digest."""
    path = Path(unquote(match[1]))
    digest = hashlib.blake2b(path.read_bytes(), digest_size=32).hexdigest()
    place = f"{digest[:2]}/{digest[2:4]}/{digest[4:]}"
    return f"https://files.pythonhosted.org/packages/{place}/{path.name}"


@main.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default="dist", show_default=True
)
def sbom(out: Path) -> None:
    """Write the SBOM: every distribution of pylock.toml with its version, address and hashes."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"colorunet-{project()['version']}.cdx.json"
    path.write_text(sbom_json(tomllib.loads(LOCK.read_text())) + "\n")
    click.echo(path)


def sbom_json(locked: dict[str, Any]) -> str:
    """Return the SBOM of a pylock.toml, reproducibly."""
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    def component(name: str, version: str, kind: ComponentType, *hashes: HashType) -> Component:
        purl = PackageURL("pypi", name=name, version=version)
        return Component(
            name=name, version=version, type=kind, purl=purl, bom_ref=str(purl), hashes=hashes
        )

    about = project()
    root = component(about["name"], about["version"], ComponentType.APPLICATION)
    parts = []
    for package in locked["packages"]:
        digests = [
            HashType(alg=HashAlgorithm.SHA_256, content=wheel["hashes"]["sha256"])
            for wheel in package["wheels"]
        ]
        library = ComponentType.LIBRARY
        parts.append(component(package["name"], package["version"], library, *digests))
    bom = Bom(components=parts)
    bom.metadata.component = root
    bom.register_dependency(root, parts)
    return without_chance(JsonV1Dot6(bom).output_as_string(indent=2))


def without_chance(text: str) -> str:
    """Return an SBOM without random serial number and time, which CycloneDX allows."""
    import json

    content = json.loads(text)
    content.pop("serialNumber", None)
    content["metadata"].pop("timestamp", None)
    return json.dumps(content, indent=2)


if __name__ == "__main__":
    main()
