"""The site of docs/, built as tools/docs builds it."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(out)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    # A page that the nav of mkdocs.yml lacks, a link to nothing, an unknown name: each a warning.
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return out


@pytest.mark.parametrize("package", ["colorcore", "colorunet", "dataprep", "trainer"])
def test_every_public_name_has_its_place_on_the_page_of_its_package(
    site: Path, package: str
) -> None:
    page = (site / "api" / f"{package}.html").read_text(encoding="utf-8")
    names = importlib.import_module(package).__all__
    assert [name for name in names if f'id="{package}.{name}"' not in page] == []


def test_the_front_page_and_the_pages_beside_docs_are_there(site: Path) -> None:
    pages = ("index.html", "CHANGELOG.html", "benchmarks/RESULTS.html", "architecture.html")
    assert [page for page in pages if not (site / page).is_file()] == []
