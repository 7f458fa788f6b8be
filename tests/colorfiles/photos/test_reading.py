"""Every kind of file is read rightly, or refused with a reason; never a wrong picture."""

import io
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import odd_files as odd
import pytest
from PIL import Image

from colorfiles.photos import (
    ReadSettings,
    UnreadableImage,
    can_decode,
    look_at,
    looks_like_picture,
    read_image,
    read_pages,
)

FILES = [*odd.deep_tiffs(), *odd.deep_pngs(), *odd.models(), *odd.profiled()]
FILES += odd.colored_by_chunks()
TURNED = [file for _, file in odd.oriented()]


@pytest.mark.parametrize("file", FILES + TURNED, ids=lambda file: file.name)
def test_tones_colors_and_alpha_are_the_files(file: odd.OddFile) -> None:
    image = read_image(file.data)
    luma = image.luma().astype(float) / (257 if image.luma().dtype == np.uint16 else 1)
    assert luma.shape == file.luma.shape == image.size[::-1]
    solid = np.ones(luma.shape, bool) if file.alpha is None else file.alpha > 0
    assert np.abs(luma - file.luma)[solid].max() <= file.tolerance
    alpha = image.alpha(8)
    assert (alpha is None) == (file.alpha is None)
    if file.alpha is not None:
        assert np.abs(alpha.astype(int) - file.alpha).max() <= 1
    if file.rgb is not None:
        rgb = np.asarray(image.rgb(None)).astype(int)
        assert np.abs(rgb - file.rgb)[solid].max() <= max(2, file.tolerance)
    assert np.abs(image.luma(8).astype(float) - file.luma)[solid].max() <= file.tolerance + 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_header_says_before_decoding_what_decoding_gives(file: odd.OddFile) -> None:
    header = look_at(file.data)
    image = read_image(io.BytesIO(file.data))
    assert (header.width, header.height) == image.size
    assert (header.format, header.pages) == (image.format, image.pages) == (image.format, 1)
    with pytest.raises(UnreadableImage, match=r"^too many pixels"):
        look_at(file.data, ReadSettings(max_bytes=header.decoded_bytes - 1))
    with pytest.raises(UnreadableImage, match=r"^too many pixels"):
        read_image(file.data, ReadSettings(max_bytes=header.decoded_bytes - 1))


def test_sixteen_bits_come_through_exactly() -> None:
    deep = [
        file
        for file in (*odd.deep_tiffs(), *odd.deep_pngs())
        if file.name.startswith(("gray16", "png-gray16")) and "transparent" not in file.name
    ]
    assert len(deep) > 10
    for file in deep:
        np.testing.assert_array_equal(read_image(file.data).luma(), odd.gray_16(), file.name)


@pytest.mark.parametrize("channels", [3, 4])
def test_colors_of_a_png_come_through_in_16_bits(channels: int) -> None:
    shape = (odd.HEIGHT, odd.WIDTH, channels)
    samples = np.random.default_rng(0).integers(0, 65536, shape).astype(np.uint16)
    image = read_image(odd.png(odd.big_endian_rows(samples), 16, 2 if channels == 3 else 6))
    np.testing.assert_array_equal(image.pixels.levels, samples[..., :3])
    assert (image.bits, image.notes) == (16, ())
    if channels == 4:
        np.testing.assert_array_equal(image.alpha(), samples[..., 3])


def test_one_color_of_a_deep_png_can_be_clear() -> None:
    samples = np.full((odd.HEIGHT, odd.WIDTH, 3), 300, np.uint16)
    samples[:5] = (300, 300, 301)
    clear = (b"tRNS", struct.pack(">3H", 300, 300, 301))
    image = read_image(odd.png(odd.big_endian_rows(samples), 16, 2, clear))
    assert image.alpha()[:5].max() == 0
    assert image.alpha()[5:].min() == 65535


@pytest.mark.parametrize("format_name", ["TIFF", "GIF", "WEBP", "PNG"])
def test_every_page_and_frame_is_read_in_turn(format_name: str) -> None:
    first, *others = (Image.fromarray(odd.gray() // k) for k in (1, 2, 4))
    options = {"lossless": True} if format_name == "WEBP" else {}
    data = odd.saved(first, format_name, save_all=True, append_images=others, **options)
    pages = list(read_pages(data))
    assert [page.pages for page in pages] == [3, 3, 3]
    for page, k in zip(pages, (1, 2, 4), strict=True):
        assert np.abs(page.luma(8).astype(int) - odd.gray() // k).max() <= 1


@pytest.mark.parametrize(
    ("name", "start", "expected"),
    [
        ("a.jp2", b"", True), ("a.xyz", b"\xff\xd8\xff\xe0", True), ("a", b"P5 4 4 255 ", True),
        ("a.psd", b"8BPS", True), ("noext", b"\xff\x0a", True), ("cars.txt", b"BMW, Audi", False),
        ("page", b"<html>", False), ("plan.txt", b"P1 of two", False), ("a.txt", b"", False),
    ],
)  # fmt: skip
def test_what_looks_like_a_picture(name: str, start: bytes, expected: bool) -> None:
    assert looks_like_picture(name, start) is expected


def test_an_assumed_white_is_told_and_an_option_decides() -> None:
    data = odd.tiff(odd.gray_16() >> 4, photometric="minisblack")
    assert "12 significant bits" in " ".join(read_image(data).notes)
    dark = read_image(data, ReadSettings(significant_bits=16))
    assert dark.luma().max() <= 4095
    assert dark.notes == ()
    assert not read_image(odd.tiff(odd.gray_16(), photometric="minisblack")).notes


def test_signed_levels_below_black_are_told() -> None:
    signed = odd.gray_16().astype(np.int32) - 20_000
    levels = np.clip(signed, 0, 32767).astype(np.int16)
    image = read_image(
        odd.tiff(np.clip(signed, -32768, 32767).astype(np.int16), photometric="minisblack")
    )
    assert image.notes == ("its levels below 0 were taken as 0",)
    np.testing.assert_allclose(image.luma(16), levels * (65535 / 32767), atol=1)
    assert read_image(odd.tiff(levels, photometric="minisblack")).notes == ()


def test_unknown_color_chunks_are_named() -> None:
    rows = odd.gray()
    for body in (bytes((9, 16, 0, 1)), bytes((1, 13, 0, 0)), bytes((200, 13, 0, 1))):
        image = read_image(odd.png(rows, 8, 0, (b"cICP", body)))
        np.testing.assert_array_equal(image.luma(8), rows)
        assert "cICP" in image.notes[0]
    broken = (b"cHRM", bytes(32))
    assert "cHRM" in read_image(odd.png(rows, 8, 0, broken)).notes[0]


def test_bits_that_reading_loses_are_named() -> None:
    deep = b"P6\n# made by hand\n90 60\n65535\n" + bytes(2 * 3 * 90 * 60)
    assert read_image(deep).notes == ("16 bits of colour were read as 8",)
    assert read_image(odd.saved(Image.fromarray(odd.scene()), "PPM")).notes == ()
    cmyk = np.zeros((odd.HEIGHT, odd.WIDTH, 4), np.uint16)
    assert "16 bits" in read_image(odd.tiff(cmyk, photometric="separated")).notes[0]


def test_heic_of_10_bits_is_named() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    samples = (odd.scene().astype(np.uint16) * 257).tobytes()
    heic = pillow_heif.from_bytes("RGB;16", (odd.WIDTH, odd.HEIGHT), samples)
    buffer = io.BytesIO()
    heic.save(buffer, quality=90)
    notes = read_image(buffer.getvalue()).notes
    assert any(" bits of colour were read as 8" in note for note in notes)


@pytest.mark.parametrize("level", [0, 65535])
def test_black_stays_black_and_white_white(level: int) -> None:
    flat = np.full((30, 40), level, np.uint16)
    assert (read_image(odd.tiff(flat, photometric="minisblack")).luma() == level).all()


def test_every_page_of_a_tiff_and_no_thumbnail_is_read() -> None:
    import tifffile

    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(odd.gray()[::4, ::4], photometric="minisblack", subfiletype=1)
        writer.write(odd.gray(), photometric="minisblack")
        writer.write(odd.gray_16()[::2], photometric="minisblack")
    assert look_at(buffer.getvalue()).pages == 2
    first, second = (read_image(buffer.getvalue(), page=n) for n in (0, 1))
    np.testing.assert_array_equal(first.luma(), odd.gray())
    np.testing.assert_array_equal(second.luma(), odd.gray_16()[::2])
    with pytest.raises(UnreadableImage, match="no page 3: the file has 2"):
        read_image(buffer.getvalue(), page=2)


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_every_frame_of_an_animation_is_read(format_name: str) -> None:
    if not can_decode(format_name):
        pytest.skip("this Pillow was built without it")
    frames = [Image.new("L", (40, 30), level) for level in (20, 120, 220)]
    data = odd.saved(frames[0], format_name, save_all=True, append_images=frames[1:])
    assert look_at(data).pages == 3
    means = [read_image(data, page=n).luma(8).mean() for n in range(3)]
    assert means == pytest.approx([20, 120, 220], abs=3)


def test_the_further_pictures_of_an_mpo_are_no_pages() -> None:
    image = Image.fromarray(odd.scene())
    data = odd.saved(image, "MPO", save_all=True, append_images=[image.rotate(180)])
    assert look_at(data).pages == 1
    assert read_image(data).format == "MPO"


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_metadata_come_along_and_say_upright(format_name: str) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x013B] = "At the lake", 6, "A. Example"
    exif.get_ifd(0x8769)[0x9003] = "1938:07:04 10:00:00"
    exif[0x8769] = exif.get_ifd(0x8769)
    image = Image.fromarray(odd.gray())
    data = odd.saved(image, format_name, exif=exif, dpi=(600, 300))
    result = read_image(data, ReadSettings(metadata=True)).metadata
    back = Image.Exif()
    back.load(result.exif)
    assert (back[0x010E], back[0x0112], back[0x013B]) == ("At the lake", 1, "A. Example")
    assert back.get_ifd(0x8769)[0x9003] == "1938:07:04 10:00:00"
    assert not {256, 257, 273, 279} & set(back)
    if format_name != "WEBP":  # it has no place for it
        assert result.dpi == pytest.approx((300, 600), abs=0.1)


def test_xmp_profile_and_text_come_along() -> None:
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("Title", "Lake")
    text.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6" dc:x="1"/>')
    icc = odd.gray_profile(1.8)
    data = odd.saved(Image.fromarray(odd.gray()), "PNG", pnginfo=text, icc_profile=icc)
    image = read_image(data, ReadSettings(metadata=True))
    assert image.metadata.text == {"Title": "Lake"}
    assert image.metadata.xmp == b'<x tiff:Orientation="1" dc:x="1"/>'
    assert image.metadata.icc_profile == icc


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "undecodable: an empty file"),
        (b"hello", "undecodable: not a known image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a known image .an EPS"),
        (b"SIMPLE  =                    T" + bytes(2880), "not a known image .a FITS"),
        (b"8BPS\0\1" + bytes(60), "not a known image .a Photoshop"),
        (b"<html>404</html>", "not a known image .a text or HTML"),
        (b"\xff\x0a" + bytes(100), "not a known image .a JPEG XL"),
        (b"BMW, Audi: list of cars", "^undecodable"),
        (b"\xff\xd8\xff", "^undecodable"),
        (b"II*\0\x08\0\0\0\0\0\0\0\0\0", "^undecodable"),
        (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(300), "^undecodable"),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1" + bytes(300), "^undecodable"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_photo_is_refused_by_its_content(data: bytes, reason: str) -> None:
    for read in (read_image, look_at):
        with pytest.raises(UnreadableImage, match=reason) as caught:
            read(data)
        assert "\n" not in caught.value.reason
        assert "0x" not in caught.value.reason  # an address would differ from run to run


def test_only_the_formats_asked_for_are_opened() -> None:
    data = odd.saved(Image.fromarray(odd.gray()), "BMP")
    with pytest.raises(UnreadableImage, match=r"not a known image here .BMP"):
        read_image(data, ReadSettings(formats=("JPEG", "PNG")))


def _bombs() -> dict[str, bytes]:
    line = np.zeros((1, 8), np.uint8)
    header = struct.Struct(">II")
    bomb = bytearray(odd.png(line, 8, 2))
    bomb[16:24] = header.pack(30_000, 30_000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    deep = bytearray(odd.tiff(odd.gray_16(), photometric="minisblack"))
    place = deep.index(struct.pack("<HHI", 256, 4, 1))
    deep[place + 8 : place + 12] = struct.pack("<I", 2_000_000_000)
    webp = b"RIFF\x64\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\xfe\x3f\0\xfe\x3f\0" + bytes(80)
    return {"png": bytes(bomb), "tiff": bytes(deep), "webp": webp}


@pytest.mark.parametrize("name", ["png", "tiff", "webp"])
def test_a_bomb_is_refused_before_it_takes_memory(name: str) -> None:
    tracemalloc.start()
    with pytest.raises(UnreadableImage, match=r"^too many pixels: .* GB decoded; at most 800"):
        read_image(_bombs()[name])
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_more_than_pillow_allows_is_read_where_our_limit_allows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    data = odd.saved(Image.new("1", (200, 95), 1), "PNG")
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(data))
    assert look_at(data).width == read_image(data).luma(8).shape[1] == 200
    assert Image.MAX_IMAGE_PIXELS == 1_000


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_cut_short_is_refused_or_read_to_its_end(file: odd.OddFile) -> None:
    for share in (0.02, 0.3, 0.6, 0.97):
        cut = file.data[: int(len(file.data) * share)]
        try:
            image = read_image(cut)
        except UnreadableImage:
            continue
        # What was cut off stood behind the pixels: none of them is missing.
        solid = np.ones(file.luma.shape, bool) if file.alpha is None else file.alpha > 0
        assert np.abs(image.luma(8) - file.luma)[solid].max() <= file.tolerance + 1


def test_a_jpeg_that_ends_early_is_refused_unless_asked() -> None:
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 255, (128, 128, 3), dtype=np.uint8))
    data = odd.saved(noise, "JPEG", quality=90)
    cut = data[: len(data) // 2].rstrip(b"\xff") + b"\xff\xd9"
    with pytest.raises(UnreadableImage, match="the picture ends before its last row"):
        read_image(cut)
    assert read_image(cut, ReadSettings(whole=False)).size == (128, 128)
    assert read_image(data).size == (128, 128)


def test_a_tiff_that_cannot_be_read_rightly_is_refused() -> None:
    colour_filter = odd.tiff(odd.gray_16(), photometric=32803)
    with pytest.raises(UnreadableImage, match="a camera raw file"):
        read_image(colour_filter)
    thumbnail = io.BytesIO()
    import tifffile

    with tifffile.TiffWriter(thumbnail) as writer:
        writer.write(odd.gray(), photometric="minisblack", subfiletype=1)
        writer.write(odd.gray(), photometric="minisblack", subfiletype=1)
    with pytest.raises(UnreadableImage, match="a thumbnail, but no photo"):
        read_image(thumbnail.getvalue())


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5000), (20000, 1)])
def test_sizes_at_the_edge_are_read(size: tuple[int, int]) -> None:
    for format_name in ("PNG", "TIFF", "JPEG"):
        data = odd.saved(Image.new("L", size, 77), format_name)
        assert read_image(data).luma(8).shape == size[::-1]


def test_reading_neither_warns_nor_changes_the_filters() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    broken = odd.saved(Image.fromarray(odd.gray()), "JPEG", exif=exif.tobytes()[:-9])
    before = list(warnings.filters)
    read_image(broken, ReadSettings(metadata=True))
    assert list(warnings.filters) == before


def test_heic_is_read_where_its_reader_is_installed() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    heic = pillow_heif.from_pillow(Image.fromarray(odd.scene()))
    buffer = io.BytesIO()
    heic.save(buffer, quality=95)
    image = read_image(buffer.getvalue())
    assert image.format == "HEIF"
    assert np.abs(image.luma(8) - odd.luma_of(odd.scene())).mean() < 4
