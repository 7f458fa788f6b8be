"""The page that colours in the browser, in a real Chromium: same pixels, no request elsewhere."""

import http.server
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from colorfiles.errors import ForeignFile
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.hints import Hint
from colorunet.errors import ColorunetError
from colorunet.evidence.reading import read_mark
from colorunet.page.static_site import write_site
from colorunet.parameters.shipped import shipped_run

WAIT_MS = 240_000


def _take(page: Any, photo: Path) -> None:
    page.set_input_files("#files", str(photo))
    page.wait_for_selector("#palette .swatch")
    page.wait_for_selector("#save:enabled")


def _saved(page: Any, to: Path) -> Path:
    with page.expect_download() as waiting:
        page.click("#save")
    waiting.value.save_as(to)
    return to


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), np.int16)


def test_pixels_dials_and_hints_are_those_of_python(
    site_page: Any, coffee: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    with Image.open(coffee) as image:
        gray = image.resize((450, 300)).convert("L")
    gray.save(photo)
    _take(site_page, photo)
    colorizer = Colorizer.load()
    with Image.open(_saved(site_page, tmp_path / "plain.png")) as saved:
        assert np.abs(_pixels(saved) - _pixels(colorizer(gray))).max() <= 2
    dials = {"warmth": 0.5, "vividness": 0.8, "strength": 0.7, "caution": 0.2}
    for name, value in dials.items():
        site_page.locator(f"#{name}").fill(str(value))
    box = site_page.locator("#stage").bounding_box()
    site_page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    site_page.wait_for_selector("dialog[open]")
    site_page.locator("#hint-color").fill("#2050c0")
    site_page.click("#hint-ok")
    site_page.wait_for_selector("#markers .marker")
    with Image.open(_saved(site_page, tmp_path / "turned.png")) as saved:
        hints = (Hint(337, 150, "#2050c0"),)
        turned = colorizer(gray, hints=hints, **dials)  # type: ignore[arg-type]
        apart = np.abs(_pixels(saved) - _pixels(turned))
    assert apart.mean() < 0.3
    assert np.quantile(apart, 0.999) <= 2


def test_a_jpeg_stays_one_is_marked_and_keeps_its_exif(
    site_page: Any, coffee: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "old.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    exif[0x010F] = "A camera"
    with Image.open(coffee) as image:
        image.save(photo, exif=exif)
    _take(site_page, photo)
    assert "old.jpg, 400 × 600" in site_page.inner_text("#caption")
    out = _saved(site_page, tmp_path / "old-colorized.jpg")
    mark = read_mark(out)
    assert mark is not None
    assert (mark.network, len(mark.network_sha256), len(mark.day)) == ("colorunet", 64, 10)
    with Image.open(out) as saved:
        assert saved.size == (400, 600)
        assert (saved.getexif()[0x0112], saved.getexif()[0x010F]) == (1, "A camera")


def test_a_png_is_marked(site_page: Any, coffee: Path, tmp_path: Path) -> None:
    photo = tmp_path / "small.png"
    with Image.open(coffee) as image:
        image.resize((90, 60)).save(photo)
    _take(site_page, photo)
    assert read_mark(_saved(site_page, tmp_path / "small-colorized.png")) is not None


def test_of_a_photo_with_clear_parts_the_page_says_what_browsers_do_not_keep(
    site_page: Any, coffee: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "clear.png"
    with Image.open(coffee) as image:
        small = image.resize((90, 60)).convert("LA")
    alpha = Image.new("L", small.size, 255)
    alpha.paste(0, (0, 0, 40, 60))
    small.putalpha(alpha)
    small.save(photo)
    _take(site_page, photo)
    with Image.open(_saved(site_page, tmp_path / "clear-colorized.png")) as saved:
        np.testing.assert_array_equal(np.asarray(saved.getchannel("A")), np.asarray(alpha))
    assert "levels where the picture is clear" in site_page.inner_text("#messages")


def test_it_works_without_a_connection_once_it_was_open(
    site_page: Any, site_host: http.server.ThreadingHTTPServer, coffee: Path
) -> None:
    site_page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    site_page.context.set_offline(True)
    site_page.reload()
    site_page.wait_for_selector("body[data-ready]")
    assert site_page.evaluate("crossOriginIsolated")  # the worker's headers: threads
    _take(site_page, coffee)
    site_page.context.set_offline(False)


def test_opened_from_a_folder_it_says_what_to_do(chromium: Any, site: Path) -> None:
    page = chromium.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto((site / "index.html").as_uri())
    page.wait_for_selector("#messages p")
    assert "python3 -m http.server" in page.inner_text("#messages")
    page.close()


def test_a_folder_with_other_files_and_a_run_without_onnx_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ColorunetError, match="not empty"):
        write_site(shipped_run(), "colorunet", tmp_path)
    with pytest.raises(ColorunetError, match="write it first: colorunet export"):
        write_site(tmp_path, "mine", tmp_path / "out")


def test_a_file_of_a_stranger_is_named_and_a_site_of_ours_replaced(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>\n<title>ColorUnet</title> fans")
    (tmp_path / "CNAME").write_text("example.org")
    for overwrite in (False, True):
        with pytest.raises(ForeignFile, match=r"index\.html: is there already"):
            write_site(shipped_run(), "colorunet", tmp_path, overwrite=overwrite)
    (tmp_path / "index.html").unlink()
    with pytest.raises(ColorunetError, match="not empty"):
        write_site(shipped_run(), "colorunet", tmp_path)
    for _ in range(2):
        write_site(shipped_run(), "colorunet", tmp_path, overwrite=True)
    assert (tmp_path / "CNAME").read_text() == "example.org"


def test_no_file_names_another_host_and_the_network_is_small(site: Path) -> None:
    scripts = [path.read_text() for path in (site / "static").rglob("*.js")]
    assert not any("https://" in text for text in scripts)
    assert sum(path.stat().st_size for path in (site / "network").iterdir()) <= 10_000_000
    html = (site / "index.html").read_text()
    assert "default-src 'none'" in html
    about = json.loads((site / "network" / "network.json").read_text())
    assert about["facts"]["networks"][0]["name"] == "colorunet"
