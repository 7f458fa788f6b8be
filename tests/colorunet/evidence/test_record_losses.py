"""Records tell what of the original couldn't be kept: depth, profile, gain map, clip, frames."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import odd_files as odd
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from PIL import Image

from colorunet.cli import app

SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[3] / "docs" / "record.schema.json").read_bytes())
)
CLIP = b"\0\0\0\x18ftypmp42" + bytes(3000)
_XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_HEAD = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
_HEAD += b'syntax-ns#"><rdf:Description rdf:about="" '
_TAIL = b"</rdf:Description></rdf:RDF></x:xmpmeta>"


def _lost(photo: Path, output: Path) -> list[str]:
    """Colour a photo and return what its record calls lost, as the call told it, too."""
    words = ["colorize", str(photo), "-o", str(output), "--record", "--working-edge", "64"]
    done = CliRunner().invoke(app, [*words, "--json"])
    (told,) = json.loads(done.stdout)["images"]
    (path,) = output.parent.glob("*.colorunet.json")
    record = json.loads(path.read_bytes())
    assert list(SCHEMA.iter_errors(record)) == []
    assert record["output"]["name"] == output.name
    assert told["notes"] == record["lost"]
    lost: list[str] = record["lost"]
    return lost


def _deep(path: Path) -> None:
    path.write_bytes(odd.tiff(odd.gray_16()))


def _with_profile(path: Path) -> None:
    gray = Image.fromarray(odd.gray())
    path.write_bytes(odd.saved(gray, "PNG", icc_profile=odd.gray_profile(2.2)))


def _animation(path: Path) -> None:
    frames = [Image.fromarray(np.roll(odd.gray(), 5 * number, 1)) for number in range(3)]
    frames[0].save(path, "GIF", save_all=True, append_images=frames[1:], duration=90)


def _jpeg(xmp: bytes, behind: bytes) -> bytes:
    data = odd.saved(Image.fromarray(odd.gray()), "JPEG")
    body = _XMP_MARK + _HEAD + xmp + _TAIL
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:] + behind


def _with_gain_map(path: Path) -> None:
    gain = odd.saved(Image.fromarray(odd.gray()[::2, ::2]), "JPEG")
    said = b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0">'
    path.write_bytes(_jpeg(said, gain))


def _with_clip(path: Path) -> None:
    said = b'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MicroVideoOffset="%d">'
    path.write_bytes(_jpeg(said % len(CLIP), CLIP))


@pytest.mark.parametrize(
    ("photo", "make", "output", "lost"),
    [
        ("a.tif", _deep, "a.jpg", "JPEG can't hold more than 8 bits"),
        ("a.tif", _deep, "a.bmp", "more than 8 bits"),
        ("a.png", _with_profile, "a.bmp", "BMP can't hold a colour profile"),
        ("a.jpg", _with_gain_map, "a.jpg", "its gain map was left out"),
        ("a.jpg", _with_clip, "a.jpg", "its moving picture isn't coloured"),
        ("a.jpg", _with_clip, "a.png", "PNG can't hold its moving picture"),
        ("a.gif", _animation, "a.jpg", "JPEG can't hold the pages after the first of 3"),
        ("a.gif", _animation, "a.gif", "GIF can't hold more than 256 colours a frame"),
    ],
)
def test_a_record_names_what_was_lost(
    tmp_path: Path, photo: str, make: Callable[[Path], None], output: str, lost: str
) -> None:
    make(tmp_path / photo)
    (tmp_path / "out").mkdir()
    told = _lost(tmp_path / photo, tmp_path / "out" / output)
    assert any(lost in line for line in told), told


@pytest.mark.parametrize(
    ("photo", "make"), [("a.tif", _deep), ("a.png", _with_profile), ("a.jpg", _with_clip)]
)
def test_a_record_calls_nothing_lost_that_the_output_has(
    tmp_path: Path, photo: str, make: Callable[[Path], None]
) -> None:
    make(tmp_path / photo)
    (tmp_path / "out").mkdir()
    lost = _lost(tmp_path / photo, tmp_path / "out" / photo)
    assert lost == (["its moving picture isn't coloured"] if make is _with_clip else [])


def test_a_record_names_the_page_that_could_not_be_read(tmp_path: Path) -> None:
    import tifffile

    photo = tmp_path / "a.tif"
    with tifffile.TiffWriter(photo) as file:
        for _ in range(3):
            file.write(odd.gray(), compression="zlib", photometric="minisblack")
    with tifffile.TiffFile(photo) as file:
        place = file.pages[1].dataoffsets[0]
    data = bytearray(photo.read_bytes())
    data[place : place + 40] = bytes(40)
    photo.write_bytes(data)
    (tmp_path / "out").mkdir()
    (told,) = _lost(photo, tmp_path / "out" / "a.tif")
    assert told.startswith("page 2 left out: ")
