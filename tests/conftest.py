"""Fixtures that several rooms of the tests share."""

from importlib.util import find_spec
from pathlib import Path

import pytest

# Real colour photographs that the scikit-image and scikit-learn wheels ship.
_SKIMAGE = ("astronaut.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "rocket.jpg")
_SKLEARN = ("china.jpg", "flower.jpg")


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None, f"{name} is part of the demo extra"
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="session")
def demo_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real colour photographs, in two sub-folders."""
    root = tmp_path_factory.mktemp("demo-photos")
    for package, folder, names in (
        ("skimage", "data", _SKIMAGE),
        ("sklearn", "datasets/images", _SKLEARN),
    ):
        (root / package).mkdir()
        for name in names:
            source = _package_folder(package) / folder / name
            if source.exists():
                (root / package / name).write_bytes(source.read_bytes())
    assert sum(1 for _ in root.rglob("*.*")) >= 6
    return root
