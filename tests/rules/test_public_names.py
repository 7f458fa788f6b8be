"""What each package promises by name: docs/stable.md says that it stays."""

import importlib
import subprocess
import sys

import pytest

PACKAGES = ("colorcore", "colorunet", "dataprep", "trainer")


@pytest.mark.parametrize(
    "package",
    # colorize_video needs the extra "video"
    [pytest.param(p, marks=pytest.mark.slow) if p == "colorunet" else p for p in PACKAGES],
)
def test_every_public_name_can_be_imported(package: str) -> None:
    module = importlib.import_module(package)
    assert len(module.__all__) > 3
    assert all(getattr(module, name) is not None for name in module.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_attribute_error_that_names_it(package: str) -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        importlib.import_module(package).no_such_name  # noqa: B018


def test_naming_the_packages_loads_nothing_heavy() -> None:
    code = (
        "import sys, colorunet, dataprep, trainer; "
        "sys.exit(str(sorted({'torch', 'pyarrow', 'PIL'} & set(sys.modules)) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    import colorunet

    assert colorunet.__version__ == version("colorunet")
