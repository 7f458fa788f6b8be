"""What the static page keeps of a photo's metadata beside its mark: what the command line keeps."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image
from static_page import save, take

from colorunet.cli import app
from colorunet.evidence.reading import read_mark

EDGE_PX = 64
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">
<rdf:Description rdf:about="uuid:1" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
 xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
 photoshop:City="Graz" i:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/print">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">A field</rdf:li>
<rdf:li xml:lang="de">Ein Feld</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag><rdf:li>harvest</rdf:li><rdf:li>1938</rdf:li></rdf:Bag></dc:subject>
<xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" stEvt:when="2001-02-03"/></rdf:Seq>
</xmpMM:History></rdf:Description></rdf:RDF></x:xmpmeta>""".encode()
KEPT = re.compile(r"XMP-(?!x:)|IFD0:|ExifIFD:|IPTC:")
IPTC = b"\x1c\x02\x50\x00\x09A. Author\x1c\x02\x5a\x00\x04Graz"


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x0131], exif[0x013B] = orientation, "Field", "Scan 3", "A. B."
    exif.get_ifd(0x8769).update({0x9003: "1938:07:04 10:00:00", 0xA001: 65535})
    return exif.tobytes()


def _photo(path: Path, source: Path, xmp: bytes = XMP, orientation: int = 6) -> Path:
    given: dict[str, Any] = {"exif": _exif(orientation)}
    if path.suffix == ".png":
        from PIL.PngImagePlugin import PngInfo

        given["pnginfo"] = PngInfo()
        given["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
    else:
        given["xmp"] = xmp
    if path.suffix == ".jpg":
        block = b"8BIM\x04\x04\0\0" + len(IPTC).to_bytes(4, "big") + IPTC + b"\0" * (len(IPTC) % 2)
        content = b"Photoshop 3.0\0" + block
        given["extra"] = b"\xff\xed" + (len(content) + 2).to_bytes(2, "big") + content
    with Image.open(source) as image:
        image.convert("RGB").resize((90, 60)).save(path, **given)
    return path


def _saved(page: Any, photo: Path, to: Path) -> Path:
    take(page, photo)
    return save(page, to)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_metadata_are_those_of_the_command_line(
    kept_page: Any,
    coffee: Path,
    tmp_path: Path,
    exiftool: Callable[..., dict[str, Any]],
    suffix: str,
) -> None:
    photo = _photo(tmp_path / f"photo{suffix}", coffee)
    out = _saved(kept_page, photo, tmp_path / f"page{'.jpg' if suffix == '.jpg' else '.png'}")
    done = CliRunner().invoke(app, ["colorize", str(photo), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    both = [
        {tag: value for tag, value in exiftool(path).items() if KEPT.match(tag)}
        for path in (out, tmp_path / "out" / photo.name)
    ]
    assert both[0] == both[1]
    assert both[0]["XMP-photoshop:City"] == "Graz"
    assert both[0]["XMP-dc:Description"].startswith("A field\n")
    assert len(both[0]["XMP-xmpMM:History"]) == 2
    assert both[0]["IFD0:Software"].startswith("Scan 3; ColorUnet ")
    assert ("IPTC:City" in both[0]) == (suffix == ".jpg")
    with Image.open(out) as page_s, Image.open(tmp_path / "out" / photo.name) as own:
        assert page_s.size == own.size == (60, 90)


def test_a_photo_without_metadata_is_marked_like_the_command_lines(
    kept_page: Any, coffee: Path, tmp_path: Path, exiftool: Callable[..., dict[str, Any]]
) -> None:
    out = _saved(kept_page, coffee, tmp_path / "page.jpg")
    CliRunner().invoke(app, ["colorize", str(coffee), "-o", str(tmp_path / "out")])
    both = [
        {tag: value for tag, value in exiftool(path).items() if KEPT.match(tag)}
        for path in (out, tmp_path / "out" / coffee.name)
    ]
    assert both[0] == both[1]


@pytest.mark.parametrize("xmp", [b'<!DOCTYPE x [<!ENTITY a "b">]>' + XMP, b"<x:xmpmeta>cut"])
def test_xmp_that_cannot_be_parsed_gives_way_to_the_mark_and_is_told(
    kept_page: Any, coffee: Path, tmp_path: Path, xmp: bytes
) -> None:
    photo = _photo(tmp_path / "photo.jpg", coffee, xmp)
    out = _saved(kept_page, photo, tmp_path / "page.jpg")
    assert read_mark(out) is not None
    assert b"Graz" not in out.read_bytes().replace(IPTC, b"")
    assert "its XMP, which can't be parsed" in kept_page.inner_text("#messages")
