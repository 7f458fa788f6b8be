"""The page that colours in the browser, in a real Chromium: same pixels, no request elsewhere."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from static_page import WAIT_MS, add_hint, pixels, save, take

from colorfiles.errors import ForeignFile
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.hints import Hint
from colorunet.errors import ColorunetError
from colorunet.evidence.reading import read_mark
from colorunet.page.static_site import write_site
from colorunet.parameters.shipped import shipped_run


def test_pixels_dials_and_hints_are_those_of_python(
    site_page: Any, coffee: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    with Image.open(coffee) as image:
        gray = image.resize((450, 300)).convert("L")
    gray.save(photo)
    take(site_page, photo)
    colorizer = Colorizer.load()
    with Image.open(save(site_page, tmp_path / "plain.png")) as saved:
        assert np.abs(pixels(saved) - pixels(colorizer(gray))).max() <= 2
    dials = {"warmth": 0.5, "vividness": 0.8, "strength": 0.7, "caution": 0.2}
    for name, value in dials.items():
        site_page.locator(f"#{name}").fill(str(value))
    add_hint(site_page, x=0.75, y=0.5, color="#2050c0")
    with Image.open(save(site_page, tmp_path / "turned.png")) as saved:
        hints = (Hint(337, 150, "#2050c0"),)
        turned = colorizer(gray, hints=hints, **dials)  # type: ignore[arg-type]
        apart = np.abs(pixels(saved) - pixels(turned))
    assert apart.mean() < 0.3
    assert np.quantile(apart, 0.999) <= 2


def test_a_jpeg_stays_one_is_marked_and_keeps_its_exif(
    kept_page: Any, coffee: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "old.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    exif[0x010F] = "A camera"
    with Image.open(coffee) as image:
        image.save(photo, exif=exif)
    take(kept_page, photo)
    assert "old.jpg, 400 × 600" in kept_page.inner_text("#caption")
    out = save(kept_page, tmp_path / "old-colorized.jpg")
    mark = read_mark(out)
    assert mark is not None
    assert (mark.network, len(mark.network_sha256), len(mark.day)) == ("colorunet", 64, 10)
    with Image.open(out) as saved:
        assert saved.size == (400, 600)
        assert (saved.getexif()[0x0112], saved.getexif()[0x010F]) == (1, "A camera")


def test_a_png_is_marked(kept_page: Any, coffee: Path, tmp_path: Path) -> None:
    photo = tmp_path / "small.png"
    with Image.open(coffee) as image:
        image.resize((90, 60)).save(photo)
    take(kept_page, photo)
    assert read_mark(save(kept_page, tmp_path / "small-colorized.png")) is not None


def test_of_a_photo_with_clear_parts_the_page_says_what_browsers_do_not_keep(
    kept_page: Any, coffee: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "clear.png"
    with Image.open(coffee) as image:
        small = image.resize((90, 60)).convert("LA")
    alpha = Image.new("L", small.size, 255)
    alpha.paste(0, (0, 0, 40, 60))
    small.putalpha(alpha)
    small.save(photo)
    take(kept_page, photo)
    with Image.open(save(kept_page, tmp_path / "clear-colorized.png")) as saved:
        np.testing.assert_array_equal(np.asarray(saved.getchannel("A")), np.asarray(alpha))
    assert "levels where the picture is clear" in kept_page.inner_text("#messages")


def test_it_works_without_a_connection_once_it_was_open(site_page: Any, coffee: Path) -> None:
    site_page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    site_page.context.set_offline(True)
    site_page.reload()
    site_page.wait_for_selector("body[data-ready]")
    assert site_page.evaluate("crossOriginIsolated")  # the worker's headers: threads
    take(site_page, coffee)
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
