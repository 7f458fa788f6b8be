"""What is written is what was composed, and says of itself what the photo said."""

import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorfiles.photos import Metadata, ReadSettings, can_decode, read_image, read_pages
from colorfiles.photos.iptc import iptc_records, resources_of
from colorfiles.photos.profiles import rgb_to_srgb, srgb_profile
from colorunet.batch.images import is_whole
from colorunet.batch.writing.formats import FORMATS
from colorunet.batch.writing.photo import (
    UnwritableImage,
    WritingSettings,
    what_is_lost,
    write_photo,
)
from colorunet.coloring.composing import ColoredImage

_JPEG2000 = ["JPEG2000"] if can_decode("JPEG2000") else []
LOSSLESS = ("PNG", "TIFF", "PPM", "BMP", "TGA", "PCX", *_JPEG2000)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">Gro\xc3\x9fmutter</x:xmpmeta>'


def _metadata() -> Metadata:
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "Großmutter".encode(), "A. Example"
    exif[0x8769] = exif.get_ifd(0x8769)
    exif.get_ifd(0x8769)[0x9003] = "1938:07:04 10:00:00"
    return Metadata(
        exif=exif.tobytes(), xmp=XMP, icc_profile=b"any", dpi=(600.0, 300.0), text={"Title": "Sée"}
    )


def _image(bits: int = 8, *, alpha: bool = False, metadata: Metadata | None = None) -> ColoredImage:
    rng = np.random.default_rng(bits)
    dtype, top = (np.uint8, 256) if bits == 8 else (np.uint16, 65536)
    luma = (rng.integers(0, top, (301, 403))).astype(dtype)
    clear = rng.integers(0, top, luma.shape).astype(dtype)
    clear[:50], clear[50:100] = 0, top - 1
    uv = rng.normal(0, 0.1, (20, 30, 2)).astype(np.float32)
    return ColoredImage(luma, uv, clear if alpha else None, metadata=metadata or Metadata())


def _written(path: Path, name: str, *images: ColoredImage, lossless: bool = False) -> bytes:
    how = WritingSettings(FORMATS[name], lossless)
    write_photo(path / "out", iter(images), how, pages=len(images))
    return (path / "out").read_bytes()


def _kinds() -> Iterator[tuple[str, int, bool]]:
    for name in LOSSLESS:
        for bits in (8, 16)[: 2 if FORMATS[name].bits == 16 else 1]:
            for alpha in (False, True)[: 2 if FORMATS[name].alpha else 1]:
                yield name, bits, alpha


@pytest.mark.parametrize(("name", "bits", "alpha"), [*_kinds()])
def test_every_sample_comes_back(name: str, bits: int, alpha: bool, tmp_path: Path) -> None:
    image = _image(bits, alpha=alpha)
    wanted = np.concatenate(list(image.bands()))
    data = _written(tmp_path, name, image)
    if name == "PPM" and bits == 16:  # which Pillow reduces to 8 bits of colour
        samples = np.frombuffer(data[-wanted.size * 2 :], ">u2").reshape(wanted.shape)
        np.testing.assert_array_equal(samples, wanted)
        return
    (tmp_path / "out.tga").write_bytes(data)
    with (tmp_path / "out.tga").open("rb") as file:  # a TGA is told by its name
        back = read_image(file)
    np.testing.assert_array_equal(np.asarray(back.pixels.levels), wanted[..., :3])
    if alpha:
        np.testing.assert_array_equal(back.alpha(), image.alpha)


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_another_library_reads_the_same(name: str, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    for bits in (8, 16):
        image = _image(bits, alpha=True, metadata=_metadata())
        wanted = np.concatenate(list(image.bands()))
        data = _written(tmp_path, name, image)
        if name == "TIFF":
            np.testing.assert_array_equal(tifffile.imread(io.BytesIO(data)), wanted)
        else:
            with Image.open(io.BytesIO(data)) as read:
                read.verify()  # the sums of its chunks
            with Image.open(io.BytesIO(data)) as read:
                np.testing.assert_array_equal(np.asarray(read), wanted >> (bits - 8))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_metadata_are_kept_and_the_profile_is_that_of_the_pixels(name: str, tmp_path: Path) -> None:
    image = _image(metadata=_metadata())
    found = read_image(_written(tmp_path, name, image), ReadSettings(metadata=True)).metadata
    assert "Großmutter".encode() in found.exif
    assert b"1938:07:04 10:00:00" in found.exif
    assert found.xmp.strip() == XMP
    assert found.icc_profile == srgb_profile()
    assert found.dpi == (pytest.approx((600, 300), abs=0.02) if name != "WEBP" else None)
    assert (found.text == {"Title": "Sée"}) is (name == "PNG")
    lost = what_is_lost(image, FORMATS[name])
    wanted = {"JPEG": ["its texts"], "TIFF": ["its texts"], "WEBP": ["its resolution, its texts"]}
    assert lost == [f"{name} can't hold {what}" for what in wanted.get(name, [])]


def test_a_photo_without_a_profile_gets_none(tmp_path: Path) -> None:
    image = _image(metadata=replace(_metadata(), icc_profile=b""))
    for name in ("JPEG", "PNG", "TIFF", "WEBP"):
        data = _written(tmp_path, name, image)
        assert read_image(data, ReadSettings(metadata=True)).metadata.icc_profile == b""


def test_the_profile_is_srgb_and_the_same_each_time() -> None:
    colors = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8))
    converted, note = rgb_to_srgb(colors, srgb_profile())
    assert (converted, note) == (colors, "")
    made = srgb_profile()
    srgb_profile.cache_clear()
    assert srgb_profile() == made


@pytest.mark.parametrize("name", ["TIFF", "GIF", "WEBP", "PNG"])
def test_pages_come_back_in_order(name: str, tmp_path: Path) -> None:
    luma = _image().luma[:75, :101]  # a GIF's palette of noise takes seconds of more
    images = [replace(_image(), luma=luma // k) for k in (1, 2, 4)]
    data = _written(tmp_path, name, *images, lossless=True)
    pages = list(read_pages(data))
    assert len(pages) == 3
    for page, image in zip(pages, images, strict=True):
        wanted = np.concatenate(list(image.bands())).astype(int)
        off = np.abs(np.asarray(page.rgb(None)) - wanted).mean()
        assert off < (20 if name == "GIF" else 0.01)


def test_a_lossless_webp_stays_so(tmp_path: Path) -> None:
    image = _image(alpha=True)
    data = _written(tmp_path, "WEBP", image, lossless=True)
    back = read_image(data)
    wanted = np.concatenate(list(image.bands()))
    np.testing.assert_array_equal(np.asarray(back.pixels.levels), wanted[..., :3])


def test_every_format_names_depth_alpha_and_profile_that_it_cannot_hold() -> None:
    metadata = Metadata(icc_profile=b"any")
    deep = _image(16, alpha=True, metadata=metadata)
    lost = {
        "more than 8 bits": {
            "JPEG",
            "WEBP",
            "AVIF",
            "HEIF",
            "JPEG2000",
            "GIF",
            "BMP",
            "TGA",
            "PCX",
        },
        "transparency": {"JPEG", "BMP", "PPM", "PCX"},
        "a colour profile (its pixels are sRGB)": {"JPEG2000", "GIF", "BMP", "PPM", "TGA", "PCX"},
        "more than 256 colours a frame": {"GIF"},
    }
    for name, target in FORMATS.items():
        said = "".join(what_is_lost(deep, target)).removeprefix(f"{name} can't hold ")
        assert set(filter(None, said.split(", "))) == {
            what for what, formats in lost.items() if name in formats
        }


def test_what_a_format_cannot_hold_is_named() -> None:
    deep = _image(16, alpha=True, metadata=_metadata())
    assert what_is_lost(deep, FORMATS["JPEG"], pages=2) == [
        "JPEG can't hold the pages after the first of 2, transparency, more than 8 bits, its texts"
    ]
    assert what_is_lost(_image(16), FORMATS["PNG"]) == []
    assert what_is_lost(_image(16), FORMATS["PNG"], pages=2) == ["PNG can't hold more than 8 bits"]


def test_metadata_too_long_for_a_jpeg_are_left_out_and_named(tmp_path: Path) -> None:
    image = _image(metadata=replace(_metadata(), xmp=b"x" * 70_000, text={}))
    assert what_is_lost(image, FORMATS["JPEG"]) == ["JPEG can't hold 70,000 bytes of XMP"]
    assert read_image(_written(tmp_path, "JPEG", image)).size == (403, 301)


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_a_huge_photo_is_written_band_by_band(name: str, tmp_path: Path) -> None:
    luma = np.full((4000, 4000), 90, np.uint16)
    image = ColoredImage(luma, np.full((8, 8, 2), 0.05, np.float32))
    tracemalloc.start()
    _ = write_photo(tmp_path / "out", iter((image,)), WritingSettings(FORMATS[name]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6  # composed at once it would take 96 MB as 16 bits, 384 MB as it is computed


def test_what_an_encoder_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    wide = ColoredImage(np.zeros((1, 70_000), np.uint8), np.zeros((1, 1, 2), np.float32))
    with pytest.raises(UnwritableImage, match=r"JPEG holds at most 65,500 pixels"):
        _written(tmp_path, "JPEG", wide)
    broken = _image(metadata=Metadata(exif=b"Exif\0\0MM"))
    with pytest.raises(UnwritableImage, match=r"^can't be written: "):
        _written(tmp_path, "TIFF", broken)
    assert not list(tmp_path.iterdir())


def test_iptc_and_what_tiffs_call_documents_and_pages_are_kept(tmp_path: Path) -> None:
    import tifffile

    records = b"\x1c\2\x78\0\7Harbour"
    tags = {269: "Album 7", 270: "plate 12", 285: "Page A", 297: (0, 1)}
    buffer = io.BytesIO()
    gray = np.zeros((9, 8), np.uint8)
    extra = [(33723, 7, len(records), records, True)]
    extra += [(tag, 2, 0, value, True) for tag, value in tags.items() if tag in (269, 285)]
    extra.append((297, 3, 2, (0, 1), True))
    tifffile.imwrite(buffer, gray, description="plate 12", metadata=None, extratags=extra)
    metadata = read_image(buffer.getvalue(), ReadSettings(metadata=True)).metadata
    assert iptc_records(metadata.iptc) == records
    data = _written(tmp_path, "TIFF", _image(metadata=metadata))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        written = file.pages[0].tags
        assert {tag: written[tag].value for tag in tags} == tags
        assert bytes(written[33723].value) == records
        assert bytes(written[34377].value) == resources_of(records)
    for name in ("JPEG", "TIFF"):
        again = _written(tmp_path, name, _image(metadata=metadata))
        assert read_image(again, ReadSettings(metadata=True)).metadata.iptc == metadata.iptc
        assert what_is_lost(_image(metadata=metadata), FORMATS[name]) == []
    assert what_is_lost(_image(metadata=metadata), FORMATS["PNG"]) == ["PNG can't hold IPTC"]


def test_a_jpeg_keeps_extended_xmp_and_its_clip(tmp_path: Path) -> None:
    extension, guid = bytes(range(65, 91)) * 4000, b"0123456789ABCDEF" * 2
    clip = b"\0\0\0\x18ftypmp42" + bytes(3000)
    said = b'<rdf:Description xmpNote:HasExtendedXMP="%b" GCamera:MicroVideoOffset="%d"/>'
    xmp = said % (guid, len(clip))
    metadata = Metadata(xmp=xmp, extended_xmp=extension, clip=clip)
    data = _written(tmp_path, "JPEG", _image(metadata=metadata))
    assert data.endswith(b"\xff\xd9" + clip)
    assert is_whole(tmp_path / "out")
    back = read_image(data, ReadSettings(metadata=True)).metadata
    assert (back.xmp, back.extended_xmp, back.clip) == (xmp, extension, clip)
    how = WritingSettings(FORMATS["PNG"])
    lost = write_photo(tmp_path / "out", iter([_image(metadata=metadata)]), how)
    assert lost == ["PNG can't hold 104,000 bytes of extended XMP, its moving picture"]
    back = read_image((tmp_path / "out").read_bytes(), ReadSettings(metadata=True)).metadata
    assert back.xmp == b"<rdf:Description/>"
