"""The page by keyboard alone, in a real Chromium: everything is reached by Tab, seen, and works."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

WAIT_MS = 240_000
_MOST_TABS = 80


@pytest.fixture
def page(chromium: Any, served: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page at a width, light or dark; the mouse isn't touched from here on."""
    width, scheme = getattr(request, "param", (1280, "light"))
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    # A listener turns the interception of file choosers on, in the renderer, and a key press can
    # overtake that request: turned on only as the key is pressed, a chooser that opens is missed.
    page.on("filechooser", lambda _: None)
    page.goto(served.url)
    page.wait_for_selector("body[data-ready]")
    yield page
    context.close()


def _focused(page: Any) -> str:
    """Return the id of what has the focus, or its group's id and its words."""
    found: str = page.evaluate(
        """() => {
            const one = document.activeElement;
            if (one === document.body) return "";
            const words = (one.ariaLabel || one.textContent).trim();
            return one.id || `${one.closest("[id]")?.id ?? ""}: ${words}`;
        }"""
    )
    return found


def _tab_to(page: Any, wanted: str) -> None:
    """Press Tab until something whose id, or group, begins as wanted has the focus."""
    for _ in range(_MOST_TABS):
        if _focused(page).startswith(wanted):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} isn't reached by Tab")


def _after(page: Any, act: Callable[[], Any]) -> None:
    """Wait until the picture is another than before ``act``."""
    before = page.get_attribute("#color", "src")
    act()
    page.wait_for_selector(f"#color:not([src='{before}'])")


def _with_sample(page: Any) -> None:
    _tab_to(page, "sample")
    page.keyboard.press("Enter")
    page.wait_for_selector("#palette .swatch")


def test_a_photo_is_chosen_and_saved_by_keys(page: Any, coffee: Path, tmp_path: Path) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    _tab_to(page, "choose")
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Enter")
    chosen.value.set_files(str(coffee))
    page.wait_for_selector("#palette .swatch")
    _tab_to(page, "save")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    with Image.open(path) as saved, Image.open(coffee) as gray:
        assert saved.size == gray.size
        assert saved.mode == "RGB"


def test_divider_dials_hint_version_and_reset_work_by_keys(page: Any) -> None:
    _with_sample(page)
    _tab_to(page, "split")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.getElementById('split').value") == "51"

    _tab_to(page, "warmth")
    _after(page, lambda: page.keyboard.press("ArrowRight"))
    page.keyboard.press("Shift+Tab")
    _tab_to(page, "reset")
    _after(page, lambda: page.keyboard.press("Enter"))

    _tab_to(page, "place-hint")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#hint-dialog[open]")
    _tab_to(page, "hint-ok")
    _after(page, lambda: page.keyboard.press("Enter"))
    assert page.locator("#hints li").count() == 1

    _tab_to(page, "show-versions")
    page.keyboard.press("Enter")
    page.wait_for_selector("#versions [role=radio], #versions input")
    _tab_to(page, "versions")
    _after(page, lambda: page.keyboard.press("ArrowRight"))


@pytest.mark.parametrize(
    "page",
    [(width, scheme) for width in (1280, 768, 390) for scheme in ("light", "dark")],
    indirect=True,
)
def test_tab_goes_through_all_in_the_order_of_the_page_and_what_has_the_focus_is_seen(
    page: Any,
) -> None:
    _with_sample(page)
    page.evaluate("document.querySelector('.skip').focus()")
    seen: list[str] = []
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        name = _focused(page)
        if not name:
            break
        seen.append(name)
        shown = page.evaluate(
            """() => {
                const one = document.activeElement;
                const style = getComputedStyle(one.type === "radio" ? one.parentElement : one);
                const [box] = one.getClientRects();  // the first, of a link in two lines
                const at = document.elementFromPoint(
                    box.left + box.width / 2, box.top + box.height / 2
                );
                const inside = one.parentElement.contains(at);  // and nothing lies over it
                const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
                    || style.boxShadow !== "none";
                return [inside, marked];
            }"""
        )
        assert shown == [True, True], name
    order = ["add", "theme", "split", "warmth", "place-hint", "reference-add", "show-versions"]
    order += ["confidence", "network", "remove", "save"]
    places = [next((at for at, name in enumerate(seen) if name.startswith(o)), -1) for o in order]
    assert -1 not in places, (order, seen)
    assert places == sorted(places), seen
