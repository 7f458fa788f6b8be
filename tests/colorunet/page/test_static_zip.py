"""The static page's zip in a real Chromium: each photo with a record that can be verified."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from PIL import Image
from static_page import WAIT_MS, add_hint, load, take

from colorunet.cli import app
from colorunet.coloring.colorizer import Colorizer
from colorunet.evidence.hashes import file_sha256
from colorunet.evidence.reading import read_mark

EDGE_PX = 64
SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[3] / "docs" / "record.schema.json").read_bytes())
)


@pytest.fixture
def photos(coffee: Path, tmp_path: Path) -> list[Path]:
    """A PNG of 16 bits and a JPEG, of whose outputs both would have the same name; and a JPEG."""
    with Image.open(coffee) as image:
        small = image.resize((90, 60))
    levels = np.asarray(small).astype(np.uint16) * 257
    found = [tmp_path / "in" / name for name in ("small.png", "again/small.png", "old.jpg")]
    found[1].parent.mkdir(parents=True)
    Image.fromarray(levels).save(found[0])
    small.transpose(Image.Transpose.ROTATE_180).save(found[1])
    small.save(found[2], quality=92)
    return found


def _unzipped(page: Any, to: Path) -> list[str]:
    with page.expect_download() as waiting:
        page.click("#save-all")
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert archive.testzip() is None
        archive.extractall(to)
        return archive.namelist()


def test_each_photo_of_the_zip_has_a_record_that_fits_the_schema_and_is_verified(
    site_page: Any, photos: list[Path], tmp_path: Path
) -> None:
    take(site_page, *photos)
    site_page.locator("#warmth").fill("0.5")
    add_hint(site_page, x=0.75, y=0.5, color="#2050c0")
    outputs = ["small-colorized.png", "small-colorized-2.png", "old-colorized.jpg"]
    names = [name for out in outputs for name in (out, f"{out}.colorunet.json")]
    assert _unzipped(site_page, tmp_path) == names
    records = [json.loads((tmp_path / f"{out}.colorunet.json").read_bytes()) for out in outputs]
    for photo, name, record in zip(photos, outputs, records, strict=True):
        out = tmp_path / name
        assert list(SCHEMA.iter_errors(record)) == []
        for path, told in ((photo, record["original"]), (out, record["output"])):
            size, sha256 = path.stat().st_size, file_sha256(path)
            assert told == {"name": path.name, "bytes": size, "sha256": sha256}
        mark = read_mark(out)
        assert mark is not None
        assert record["network"] == {"name": mark.network, "sha256": mark.network_sha256}
        done = CliRunner().invoke(app, ["verify", str(out), "--original", str(photo), "--json"])
        (verdict,) = json.loads(done.stdout)["files"]
        assert (done.exit_code, verdict["record"]) == (0, "fits"), done.output
    assert records[0]["palette"]["fingerprint"] == Colorizer.load().palette.fingerprint
    (hint,) = records[0]["hints"]
    assert hint["color"] == "#2050c0"
    assert (hint["x"], hint["y"]) == (pytest.approx(67, abs=1), pytest.approx(30, abs=1))
    assert records[0]["settings"]["toning"] == {"warmth": 0.5, "strength": 1}
    assert records[1]["hints"] == []
    assert [record["lost"] for record in records] == [["more than 8 bits"], [], []]


def test_at_an_address_that_is_not_secure_the_page_says_that_records_are_left_out(
    chromium: Any, site: Path, photos: list[Path], tmp_path: Path
) -> None:
    context = chromium.new_context()
    context.route(
        "http://colour.test/**",
        lambda route: route.fulfill(
            path=site / (route.request.url.removeprefix("http://colour.test/") or "index.html")
        ),
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    load(page, "http://colour.test/")
    assert not page.evaluate("isSecureContext")
    take(page, *photos[1:])
    assert _unzipped(page, tmp_path) == ["small-colorized.png", "old-colorized.jpg"]
    page.wait_for_selector("#messages p")
    assert "the records, as browsers compute sha256 only" in page.inner_text("#messages")
    context.close()
