"""The three pages, of real photographs through both halves, as a real Chromium shows them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from dataprep.cli import app as dataprep
from trainer.cli import app as trainer

PAGES = ("inspection", "run", "evaluation")
WAIT_MS = 240_000


def _run(app: click.Group, *words: object) -> None:
    done = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def pages(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages that the commands write of the demo photographs."""
    root = tmp_path_factory.mktemp("pages")
    photos, palette, shards = root / "photos", root / "palette.json", root / "shards"
    _run(dataprep, "import", demo_photos, "--out", photos)
    _run(dataprep, "palette", photos, "--bins", "12", "--out", palette, "--workers", 1)
    small = ("--size", 64, "--views", 2, "--workers", 1, "--split", "60/40/60/40")
    _run(dataprep, "shard", photos, *small, "--palette", palette, "--out", shards)
    _run(dataprep, "inspect", shards, "--html", root / "inspection.html")
    changes = ("max_steps=12", "width=8", "depth=3", "batch_size=2", "every_epochs=1")
    sets = [word for change in changes for word in ("--set", change)]
    _run(trainer, "fit", shards, "--out", root / "run", "--recipe", "demo", *sets)
    _run(trainer, "evaluate", root / "run", shards, "--html", root / "evaluation.html")
    (root / "run" / "report.html").rename(root / "run.html")
    return {name: root / f"{name}.html" for name in PAGES}


@contextmanager
def _opened(browser: Any, page: Path) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    tab = context.new_page()
    tab.set_default_timeout(WAIT_MS)
    wrong: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page.as_uri())
    yield tab
    context.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_screen(chromium: Any, pages: dict[str, Path], name: str) -> None:
    with _opened(chromium, pages[name]) as tab:
        for width in (360, 390, 1280):
            tab.set_viewport_size({"width": width, "height": 800})
            assert tab.evaluate("document.documentElement.scrollWidth") == width
            # Charts fill the room there is, and none is cut off.
            boxes = [chart.bounding_box() for chart in tab.locator(".chart, .bars, .wheel").all()]
            assert boxes
            assert max(box["x"] + box["width"] for box in boxes) <= width
            for label in tab.locator(".chart span").all()[:1]:
                assert label.evaluate("node => getComputedStyle(node).fontSize") == "11px"


@pytest.mark.parametrize("name", PAGES)
def test_dark_is_dark(chromium: Any, pages: dict[str, Path], name: str) -> None:
    seen = []
    with _opened(chromium, pages[name]) as tab:
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
            line = tab.locator(".line, .rim").first
            stroke = line.evaluate("node => getComputedStyle(node).stroke")
            seen.append((background, stroke, tab.screenshot()))
    (light, line, picture), (dark, dark_line, dark_picture) = seen
    assert light == "rgb(255, 255, 255)"
    assert max(int(part) for part in dark[4:-1].split(", ")) < 40
    assert line != dark_line
    assert picture != dark_picture


def test_a_picture_enlarges_by_click_or_key_and_closes_again(
    chromium: Any, pages: dict[str, Path]
) -> None:
    with _opened(chromium, pages["evaluation"]) as tab:
        button = tab.locator("figure.picture button").nth(1)
        small = button.locator("img").bounding_box()
        button.focus()
        tab.keyboard.press("Enter")
        viewer = tab.locator("#viewer")
        large = viewer.locator("img")
        tab.wait_for_function("document.querySelector('#viewer img').naturalWidth > 0")
        assert large.bounding_box()["width"] > small["width"]
        assert large.get_attribute("src") == button.locator("img").get_attribute("src")
        tab.keyboard.press("ArrowRight")
        assert large.get_attribute("alt") == (
            tab.locator("figure.picture img").nth(2).get_attribute("alt")
        )
        tab.keyboard.press("Escape")
        tab.wait_for_selector("#viewer:not([open])", state="attached")


def test_a_table_sorts_by_its_numbers(chromium: Any, pages: dict[str, Path]) -> None:
    with _opened(chromium, pages["evaluation"]) as tab:
        table = tab.locator("table").first
        head = table.locator("thead th").nth(1)
        for order in ("ascending", "descending"):
            head.locator("button").click()
            assert head.get_attribute("aria-sort") == order
            cells = table.locator("tbody td.strong").all_inner_texts()
            numbers = [float(text) for text in cells if text != "–"]
            assert len(numbers) > 5
            assert numbers == sorted(numbers, reverse=order == "descending")


@pytest.mark.parametrize("name", PAGES)
def test_every_entry_of_the_contents_leads_somewhere(
    chromium: Any, pages: dict[str, Path], name: str
) -> None:
    with _opened(chromium, pages[name]) as tab:
        places = [link.get_attribute("href") for link in tab.locator("nav a").all()]
        assert len(places) >= 5
        assert [place for place in places if tab.locator(place).count() != 1] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("evaluation", "criteria met"),
        ("evaluation", "given by the image"),
        ("run", "gray recall"),
        ("inspection", "fewer than 50"),
    ],
)
def test_figures_are_named_and_judged(
    chromium: Any, pages: dict[str, Path], name: str, words: str
) -> None:
    with _opened(chromium, pages[name]) as tab:
        text = tab.locator("body").inner_text()
        assert words in text
        assert "✗" in text
