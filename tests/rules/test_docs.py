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


def test_the_home_has_a_picture_the_install_line_and_the_page_to_try(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    assert 'src="pictures/front.jpg"' in home
    assert (site / "pictures" / "front.jpg").is_file()
    assert "pip install ." in home
    assert 'href="demo/index.html"' in home
    assert (site / "demo" / "network" / "network.onnx").is_file()


def test_search_works_from_the_folder_and_no_page_asks_another_server(site: Path) -> None:
    assert (site / "search" / "search_index.js").is_file()
    home = (site / "index.html").read_text(encoding="utf-8")
    assert 'src="assets/iframe-worker.js"' in home
    assert 'src="http' not in home


def test_the_colorizer_is_first_on_its_page(site: Path) -> None:
    page = (site / "api" / "colorunet.html").read_text(encoding="utf-8")
    places = {
        name: page.index(f'id="colorunet.{name}"')
        for name in importlib.import_module("colorunet").__all__
    }
    assert min(places, key=lambda name: places[name]) == "Colorizer"
