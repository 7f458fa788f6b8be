"""The page as a person has it, in a real Chromium: at a desk and on a phone, light and dark."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

WAIT_MS = 240_000
LOOKS = [(width, scheme) for width in (1280, 768, 390) for scheme in ("light", "dark")]


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Returns a function that opens the page; nothing may go wrong or lead elsewhere meanwhile."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_at(
        url: str,
        width: int = 1280,
        scheme: str = "light",
        *,
        height: int = 844,
        expects: str = "",
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            has_touch=width < 500,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)

        def hear(message: Any) -> None:
            if message.type in ("error", "warning") and not (expects and expects in message.text):
                wrong.append(message.text)

        def see(request: Any) -> None:
            if not request.url.startswith((url.partition("?")[0], "blob:")):
                wrong.append(request.url)

        page.on("console", hear)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", see)
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert wrong == []


def _with_photos(page: Any, *photos: Path) -> None:
    page.set_input_files("#files", [str(photo) for photo in photos])
    page.wait_for_selector("#palette .swatch")


def _shown(page: Any) -> np.ndarray:
    """Return the picture in colour as the page has it, at a quarter of its size."""
    numbers = page.evaluate(
        """async () => {
            const image = document.getElementById("color");
            await image.decode();
            const [width, height] = [image.naturalWidth, image.naturalHeight];
            const canvas = new OffscreenCanvas(Math.ceil(width / 4), Math.ceil(height / 4));
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0, canvas.width, canvas.height);
            const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.width, canvas.height, Array.from(data.filter((_, at) => at % 4 < 3))];
        }"""
    )
    return np.array(numbers[2], np.float64).reshape(numbers[1], numbers[0], 3)


def _changed(page: Any, act: Callable[[], Any]) -> np.ndarray:
    """Return the picture once it is another than before ``act``."""
    before = page.get_attribute("#color", "src")
    act()
    page.wait_for_selector(f"#color:not([src='{before}'])")
    return _shown(page)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_everything_has_a_name_and_fits_in_both_themes(
    served: Any, open_page: Callable[..., Any], coffee: Path, width: int, scheme: str
) -> None:
    page = open_page(served.url, width, scheme)
    for photos in ((), (coffee,)):
        if photos:
            _with_photos(page, *photos)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, ground[4:-1].split(","))) > 384) == (scheme == "light")
        nameless = page.evaluate(
            """[...document.querySelectorAll("button, input, a")].filter(one =>
                one.checkVisibility() && !(one.textContent.trim() || one.ariaLabel
                || one.labels?.length)).map(one => one.outerHTML)"""
        )
        assert nameless == []
    page.click("#theme")
    page.click("#theme")  # by hand: dark, whatever the system has
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, ground[4:-1].split(","))) < 100


def test_a_photo_gets_colors_and_the_dials_move_them(
    served: Any, open_page: Callable[..., Any], coffee: Path
) -> None:
    page = open_page(served.url)
    _with_photos(page, coffee)
    plain = _shown(page)
    assert np.ptp(plain, axis=-1).mean() > 5  # it isn't gray
    assert "600 × 400" in page.inner_text("#caption")
    warm = _changed(page, lambda: _turn(page, "warmth", 0.8))
    assert (warm - plain)[..., 0].mean() > 2 > -2 > (warm - plain)[..., 2].mean()
    gray = _changed(page, lambda: _turn(page, "saturation", 0))
    assert np.ptp(gray, axis=-1).mean() > 1  # the warmth is left
    again = _changed(page, lambda: page.click("#reset"))
    assert np.abs(again - plain).max() == 0


def _turn(page: Any, dial: str, value: float) -> None:
    page.locator(f"#{dial}").fill(str(value))


@pytest.mark.parametrize("size", [(600, 400), (300, 700)])
def test_divider_dials_and_download_are_seen_at_once(
    served: Any,
    open_page: Callable[..., Any],
    chelsea: Path,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    photo = tmp_path / "shaped.jpg"
    with Image.open(chelsea) as image:
        image.resize(size).save(photo)
    page = open_page(served.url, height=900)
    _with_photos(page, photo)
    assert page.locator("#dials input").count() == 5
    last = page.locator("#dials input").last
    for place in (page.locator("#stage"), page.locator("#split"), last, page.locator("#save")):
        box = place.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900


def test_strength_caution_reference_and_network_change_the_picture(
    served: Any, open_page: Callable[..., Any], coffee: Path, demo_photos: Path
) -> None:
    page = open_page(served.url)
    _with_photos(page, coffee)
    plain = _shown(page)
    assert np.ptp(_changed(page, lambda: _turn(page, "caution", 1)), axis=-1).mean() > 1
    gray = _changed(page, lambda: _turn(page, "strength", 0))
    assert np.ptp(gray, axis=-1).mean() < 2
    _changed(page, lambda: page.click("#reset"))
    example = str(demo_photos / "skimage" / "chelsea.png")
    referred = _changed(page, lambda: page.set_input_files("#reference-file", example))
    assert np.abs(referred - plain).mean() > 2
    assert page.inner_text("#reference-name") == "chelsea.png"
    back = _changed(page, lambda: page.click("#reference-remove"))
    assert np.abs(back - plain).max() == 0
    other = _changed(page, lambda: page.select_option("#network", "colorunet"))
    assert np.abs(other - plain).mean() > 2


def test_a_sample_photo_is_there_to_try(served: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(served.url)
    page.click("#sample")
    page.wait_for_selector("#palette .swatch")
    assert "sample.jpg" in page.inner_text("#caption")


def test_a_hint_on_the_gray_half_shows_its_effect(
    served: Any, open_page: Callable[..., Any], coffee: Path
) -> None:
    page = open_page(served.url)
    _with_photos(page, coffee)
    box = page.locator("#stage").bounding_box()
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_selector("dialog[open]")
    page.locator("#hint-color").fill("#2050c0")
    _changed(page, lambda: page.click("#hint-ok"))
    assert int(page.input_value("#split")) < 15


def test_the_divider_moves_by_keys_and_by_hand(
    served: Any, open_page: Callable[..., Any], coffee: Path
) -> None:
    page = open_page(served.url)
    _with_photos(page, coffee)
    page.focus("#split")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.input_value("#split") == "55"
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + 0.55 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    assert abs(int(page.input_value("#split")) - 20) <= 1
    clip = page.evaluate("getComputedStyle(document.getElementById('gray')).clipPath")
    assert "80" in clip
    assert page.locator("dialog[open]").count() == 0  # dragging it is no hint


def test_hints_by_mouse_and_by_keys(
    served: Any, open_page: Callable[..., Any], coffee: Path
) -> None:
    page = open_page(served.url)
    _with_photos(page, coffee)
    box = page.locator("#stage").bounding_box()
    page.mouse.click(box["x"] + 0.85 * box["width"], box["y"] + 0.8 * box["height"])
    page.wait_for_selector("dialog[open]")
    page.locator("#hint-color").fill("#2050c0")
    shown = _changed(page, lambda: page.click("#hint-ok"))
    red, _, blue = shown[80, 127]
    assert blue > red + 40
    page.focus("#place-hint")
    page.keyboard.press("Enter")
    for key in ("Shift+ArrowLeft", "Shift+ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.locator("#hint-color").fill("#207030")
    _changed(page, lambda: page.click("#hint-ok"))
    assert page.locator("#markers .marker").count() == 2
    assert page.locator("#hints button").all_inner_texts() == ["#2050c0", "#207030"]
    page.locator("#markers .marker").first.click()
    _changed(page, lambda: page.click("#hint-remove"))
    assert page.locator("#markers .marker").count() == 1


def test_versions_palette_and_confidence(
    served: Any, open_page: Callable[..., Any], chelsea: Path
) -> None:
    page = open_page(served.url, 390, "dark")
    _with_photos(page, chelsea)
    plain = _shown(page)
    page.click("#show-versions")
    page.wait_for_selector("#versions label")
    assert page.locator("#versions label").count() == 4
    other = _changed(page, lambda: page.locator("#versions input").nth(2).check(force=True))
    assert np.abs(other - plain).mean() > 3
    assert page.locator("#overlay").is_hidden()
    page.locator("#palette .swatch").first.tap()  # the click follows the touch, not at once
    page.wait_for_selector("#overlay", state="visible")
    dimmed = page.evaluate(
        """(() => { const c = document.getElementById("overlay");
        const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
        return d.filter((v, at) => at % 4 === 3 && v > 0).length / (d.length / 4); })()"""
    )
    share = int(page.locator("#palette .swatch").first.get_attribute("title").split()[0]) / 100
    assert abs(1 - share - dimmed) < 0.02
    page.locator("#palette .swatch").first.tap()
    page.wait_for_selector("#overlay", state="hidden")
    page.click("#confidence")
    page.wait_for_selector("#overlay", state="visible")
    assert page.locator("#legend").is_visible()


def test_photos_are_dropped_and_pasted(
    served: Any, open_page: Callable[..., Any], chelsea: Path
) -> None:
    page = open_page(served.url)
    held = page.evaluate_handle(
        """bytes => {
            const held = new DataTransfer();
            held.items.add(new File([new Uint8Array(bytes)], "cat.jpg", {type: "image/jpeg"}));
            return held;
        }""",
        list(chelsea.read_bytes()),
    )
    page.dispatch_event("body", "drop", {"dataTransfer": held})
    page.wait_for_selector("#palette .swatch")
    page.evaluate("held => dispatchEvent(new ClipboardEvent('paste', {clipboardData: held}))", held)
    page.wait_for_function("() => document.querySelectorAll('#strip li').length === 2")
    assert "cat.jpg, 451 × 300" in page.inner_text("#caption")


def test_one_is_saved_and_all_are(
    served: Any, open_page: Callable[..., Any], coffee: Path, chelsea: Path
) -> None:
    page = open_page(served.url)
    _with_photos(page, coffee, chelsea)
    with page.expect_download() as waiting:
        page.click("#save")
    assert waiting.value.suggested_filename == "coffee-colorized.jpg"
    answer = requests.post(
        f"{served.url}/api/colorize",
        files={"image": ("coffee.jpg", coffee.read_bytes())},
        timeout=60,
    )
    assert Path(waiting.value.path()).read_bytes() == answer.content
    page.wait_for_selector("#save-all:enabled")
    with page.expect_download() as waiting:
        page.click("#save-all")
    with zipfile.ZipFile(waiting.value.path()) as archive:
        photos = ["coffee-colorized.jpg", "chelsea-colorized.jpg"]
        assert [name for name in archive.namelist() if name.endswith(".jpg")] == photos
        assert {f"{name}.colorunet.json" for name in photos} < set(archive.namelist())
        assert Image.open(io.BytesIO(archive.read("chelsea-colorized.jpg"))).size == (451, 300)


def test_what_cannot_be_used_is_said_and_what_was_forgotten_is_sent_again(
    served: Any, open_page: Callable[..., Any], coffee: Path
) -> None:
    page = open_page(served.url, 390, "light", expects="status of 4")
    files = [{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}]
    page.set_input_files("#files", files)
    page.wait_for_selector("#messages p")
    assert "notes.txt: not a photo that can be used" in page.inner_text("#messages")
    assert page.locator("#welcome").is_visible()
    page.click("#messages button")
    assert page.locator("#messages p").count() == 0
    with page.expect_response("**/api/photos") as answered:
        _with_photos(page, coffee)
    requests.delete(f"{served.url}/api/photos/{answered.value.json()['id']}", timeout=60)
    _changed(page, lambda: _turn(page, "warmth", -0.6))
    assert page.locator("#messages p").count() == 0


def test_a_photo_left_while_its_picture_is_decoded_is_no_error(
    served: Any, open_page: Callable[..., Any], coffee: Path, chelsea: Path
) -> None:
    page = open_page(served.url)
    _with_photos(page, coffee, chelsea)
    page.wait_for_selector("#save-all:enabled")
    page.evaluate(
        """() => {
            const decode = HTMLImageElement.prototype.decode;
            HTMLImageElement.prototype.decode = function () {
                HTMLImageElement.prototype.decode = decode;
                document.body.dataset.held = "yes";
                return new Promise((go) => (window.go = go)).then(() => decode.call(this));
            };
        }"""
    )
    _turn(page, "warmth", -0.6)
    page.wait_for_selector("body[data-held]")
    page.click("#strip button >> nth=1")
    page.wait_for_selector("#color:not([src])", state="attached")
    page.evaluate("window.go()")
    page.wait_for_selector("#color[src]")
    assert "chelsea.jpg" in page.inner_text("#caption")
    assert page.locator("#messages p").count() == 0


def test_a_server_that_ended_is_said(
    serve: Callable[..., Any], open_page: Callable[..., Any], coffee: Path
) -> None:
    served = serve(token="the-token-of-this-test")
    url = f"{served.url}/?token={served.token}"
    page = open_page(url, expects="net::ERR_CONNECTION_REFUSED")
    assert "token" not in page.url
    _with_photos(page, coffee)
    served.process.terminate()
    served.process.wait(60)
    _turn(page, "warmth", 0.4)
    page.wait_for_selector("#messages p")
    assert "Is `colorunet serve` still running?" in page.inner_text("#messages")


NAMES = [
    "<img src=x onerror=window.stolen=1>.jpg",
    '"><script>window.stolen=1<!--.jpg',
    "'-alert(1)-'&lt;svg onload=window.stolen=1&gt;.jpg",
    "\u202egpj.<b>x.jpg",
]


def test_names_and_words_of_a_photo_become_no_elements(
    served: Any, open_page: Callable[..., Any], coffee: Path, tmp_path: Path
) -> None:
    page = open_page(served.url, expects="415")
    before = page.evaluate("document.querySelectorAll('img, script, svg, b').length")
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = NAMES[0]  # its description and artist
    for number, name in enumerate(NAMES):
        photo = tmp_path / name
        with Image.open(coffee) as image:
            image.resize((120 + number, 80)).save(photo, exif=exif)
        _with_photos(page, photo)
    broken = tmp_path / ("broken" + NAMES[0])
    broken.write_bytes(b"no photo")
    page.set_input_files("#files", str(broken))
    page.get_by_text("broken<img src=x").first.wait_for()
    strange = "document.querySelectorAll('[onerror], [onload], script:not([src]), b').length"
    assert page.evaluate(strange) == 0
    assert page.evaluate("window.stolen") is None
    sources = "[...document.images].map(image => image.src).filter(source => source)"
    pictures = page.evaluate(f"{sources}.map(source => new URL(source).protocol)")
    assert set(pictures) <= {"blob:", "http:"}
    assert page.evaluate("document.querySelectorAll('script, svg').length") <= before


def test_the_policy_lets_no_markup_and_no_script_in(
    served: Any, open_page: Callable[..., Any]
) -> None:
    page = open_page(served.url, expects="blocked")
    refused = page.evaluate(
        """() => {
            try {
                document.body.insertAdjacentHTML("beforeend", "<img src=x>");
                return "taken";
            } catch (error) { return error.name; }
        }"""
    )
    assert refused == "TypeError"
    page.evaluate(
        """async () => {
            const reported = (directive) => new Promise((resolve) =>
                addEventListener("securitypolicyviolation",
                    (event) => event.effectiveDirective.startsWith(directive) && resolve()));
            const both = [reported("require-trusted-types-for"), reported("script-src")];
            const script = document.createElement("script");
            try { script.text = "window.stolen = 1"; document.body.append(script); } catch {}
            const link = document.createElement("a");
            link.href = "javascript:window.stolen=1";
            document.body.append(link);
            link.click();
            await Promise.all(both);
        }"""
    )
    assert page.evaluate("window.stolen") is None
