"""Outputs of every format bear the mark, and exiftool reads it beside all that was there."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from colorfiles.photos import Metadata, can_decode
from colorunet.batch.images import read_gray
from colorunet.batch.writing.comparison import write_comparison
from colorunet.batch.writing.formats import FORMATS
from colorunet.batch.writing.photo import WritingSettings, write_photo
from colorunet.coloring.composing import ColoredImage
from colorunet.evidence.mark import Mark
from colorunet.evidence.reading import is_marked, read_mark
from colorunet.evidence.vocabulary import DIGITAL_SOURCE_TYPE

MARK = Mark("0.1.0", "colorunet", "ab" * 32, "2026-11-30")
WRITTEN = [name for name in FORMATS if can_decode(name)]
BESIDE = ("BMP", "PPM", "TGA", "PCX")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">
<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" photoshop:City="Graz" photoshop:Credit="Archive">
<dc:subject><rdf:Bag><rdf:li>harvest</rdf:li><rdf:li>1938</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


def _metadata() -> Metadata:
    exif = Image.Exif()
    exif[0x010E], exif[0x0131], exif[0x013B] = "A field", "Scanner 3", "A. Example"
    exif.get_ifd(0x8769).update({0x9003: "1938:07:04 10:00:00", 0x829D: 8.0})
    return Metadata(exif=exif.tobytes(), xmp=XMP, dpi=(300.0, 300.0))


def _image(metadata: Metadata, seed: int = 0) -> ColoredImage:
    rng = np.random.default_rng(seed)
    luma = rng.integers(0, 256, (40, 60)).astype(np.uint8)
    uv = rng.normal(0, 0.1, (20, 30, 2)).astype(np.float32)
    return ColoredImage(luma, uv, metadata=metadata)


def _write(folder: Path, name: str, mark: Mark | None, *, pages: int = 1) -> Path:
    path = folder / f"a{FORMATS[name].suffixes[0]}"
    images = (_image(_metadata(), number) for number in range(pages))
    write_photo(path, images, WritingSettings(FORMATS[name], mark=mark), pages=pages)
    return path


@pytest.mark.parametrize("name", WRITTEN)
def test_every_format_bears_the_mark(tmp_path: Path, name: str) -> None:
    path = _write(tmp_path, name, MARK)
    assert read_mark(path) == MARK
    assert (tmp_path / "a.xmp").is_file() == (name in BESIDE)
    with Image.open(path) as image:
        image.load()


@pytest.mark.parametrize("name", ["GIF", "TIFF", "PNG", "WEBP"])
def test_pages_and_animations_bear_the_mark(tmp_path: Path, name: str) -> None:
    path = _write(tmp_path, name, MARK, pages=3)
    assert read_mark(path) == MARK
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) == 3


@pytest.mark.parametrize("name", WRITTEN)
def test_without_a_mark_nothing_says_so(tmp_path: Path, name: str) -> None:
    path = _write(tmp_path, name, None)
    assert not is_marked(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", WRITTEN)
def test_exiftool_reads_the_mark_and_what_was_there(
    tmp_path: Path, name: str, exiftool: Callable[..., dict[str, Any]]
) -> None:
    path = _write(tmp_path, name, MARK)
    tags = exiftool(path.with_suffix(".xmp") if name in BESIDE else path)
    assert tags["XMP-iptcExt:DigitalSourceType"] == DIGITAL_SOURCE_TYPE
    assert tags["XMP-dc:Description"].endswith(MARK.note)
    (event,) = tags["XMP-xmpMM:History"]
    assert event["SoftwareAgent"] == "ColorUnet 0.1.0"
    assert event["When"] == "2026:11:30"
    assert event["Parameters"] == MARK.parameters
    assert (tags["XMP-photoshop:City"], tags["XMP-photoshop:Credit"]) == ("Graz", "Archive")
    assert tags["XMP-dc:Subject"] == ["harvest", 1938]
    if FORMATS[name].exif:
        assert tags["IFD0:Software"] == "Scanner 3; ColorUnet 0.1.0"
        assert tags["IFD0:ImageDescription"] == f"A field; {MARK.note}"


@pytest.mark.parametrize("name", [name for name in WRITTEN if name in BESIDE])
def test_a_mark_in_a_sidecar_leaves_the_picture_as_it_is(tmp_path: Path, name: str) -> None:
    with_mark, without = tmp_path / "with", tmp_path / "without"
    for folder, mark in ((with_mark, MARK), (without, None)):
        folder.mkdir()
        _write(folder, name, mark)
    (picture,) = without.iterdir()
    assert (with_mark / picture.name).read_bytes() == picture.read_bytes()


@pytest.mark.parametrize("name", [name for name in WRITTEN if FORMATS[name].xmp])
def test_the_mark_changes_no_other_field(
    tmp_path: Path, name: str, exiftool: Callable[..., dict[str, Any]]
) -> None:
    of_the_mark = re.compile(
        r"System:|File:|Composite:|ExifTool:|SourceFile|IFD0:(Software|ImageDescription)$"
        r"|XMP-(iptcExt|xmpMM|x):|XMP-dc:Description|Strip|Thumbnail|Exif_?ByteOrder"
        r"|PNG:(XMLcom|SignificantBits)|ICC|RIFF:|IFD0:(StripOffsets|ImageWidth)"
        r"|QuickTime:MediaData(Size|Offset)"  # of an AVIF, in which XMP is an item like others
    )
    both = []
    for folder, mark in ((tmp_path / "with", MARK), (tmp_path / "without", None)):
        folder.mkdir()
        tags = exiftool(_write(folder, name, mark))
        both.append({tag: value for tag, value in tags.items() if not of_the_mark.match(tag)})
    assert both[0] == both[1]
    assert any(tag.startswith("ExifIFD:") for tag in both[0]) == FORMATS[name].exif
    assert both[0]["XMP-photoshop:City"] == "Graz"


def test_the_picture_of_before_and_after_is_marked_too(tmp_path: Path) -> None:
    write_comparison(tmp_path / "c.jpg", _image(Metadata()), MARK)
    assert read_mark(tmp_path / "c.jpg") == MARK


def test_xmp_that_cannot_be_parsed_gives_way_to_the_mark_and_is_told(tmp_path: Path) -> None:
    image = _image(Metadata(xmp=b"<x:xmpmeta"))
    how = WritingSettings(FORMATS["PNG"], mark=MARK)
    lost = write_photo(tmp_path / "a.png", iter([image]), how)
    assert lost == ["left out beside the mark: its XMP, which can't be parsed"]
    assert read_mark(tmp_path / "a.png") == MARK


def test_the_xmp_of_a_gif_is_read_and_kept(tmp_path: Path) -> None:
    path = _write(tmp_path, "GIF", MARK)
    from colorfiles.photos import ReadSettings

    assert b"Graz" in read_gray(path, ReadSettings(metadata=True)).metadata.xmp
