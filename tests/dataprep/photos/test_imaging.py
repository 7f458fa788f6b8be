"""From bytes to upright 8-bit sRGB, whatever a file holds."""

import io
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from corpus import STORED_AS
from PIL import Image, ImageCms, features

from dataprep.errors import UnusablePhoto
from dataprep.photos.imaging import (
    WEB_FORMATS,
    ImageLimits,
    decode_photo,
    examine,
    perceptual_hash,
)

needs_littlecms = pytest.mark.skipif(
    not features.check("littlecms2"), reason="this Pillow was built without littlecms"
)
needs_tiff = pytest.mark.skipif(
    not features.check("libtiff"), reason="this Pillow was built without libtiff"
)


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> Image.Image:
    return Image.open(demo_photos / "skimage" / "chelsea.png").convert("RGB").resize((180, 120))


def encoded(image: Image.Image, format_name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def distance(left: Image.Image, right: Image.Image) -> float:
    """The mean difference in levels of 255."""
    assert left.size == right.size
    assert left.mode == right.mode == "RGB"
    return float(np.abs(np.asarray(left, float) - np.asarray(right, float)).mean())


@pytest.mark.parametrize("format_name", ["PNG", "BMP", "TIFF", "EPS", "JPEG", "GIF", "WEBP"])
def test_each_format_is_decoded_whatever_its_name(photo: Image.Image, format_name: str) -> None:
    if format_name == "WEBP" and not features.check("webp"):
        pytest.skip("this Pillow was built without WebP")
    options = {"JPEG": {"quality": 98}, "WEBP": {"lossless": True}}.get(format_name, {})
    data = encoded(photo, format_name, **options)
    if format_name == "EPS":  # not among those that are opened at all
        with pytest.raises(UnusablePhoto, match="not a known image"):
            decode_photo(data)
        return
    assert distance(decode_photo(data), photo) < (8 if format_name == "GIF" else 2)
    assert examine(data).format == format_name


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "TIFF"])
def test_exif_rotation_is_applied(photo: Image.Image, orientation: int, format_name: str) -> None:
    undo = STORED_AS.get(orientation)
    stored = photo.transpose(undo) if undo is not None else photo
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 98} if format_name == "JPEG" else {}
    data = encoded(stored, format_name, exif=exif, **options)
    assert distance(decode_photo(data), photo) < 2
    assert (examine(data).width, examine(data).height) == photo.size


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(
    photo: Image.Image, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert distance(decode_photo(encoded(photo, "PNG", exif=exif)), photo) == 0


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0"]
)
def test_broken_exif_does_not_make_the_pixels_worthless(photo: Image.Image, exif: bytes) -> None:
    data = encoded(photo, "JPEG", quality=98, exif=exif)
    assert distance(decode_photo(data), photo) < 2


def test_cmyk_becomes_rgb(photo: Image.Image) -> None:
    data = encoded(photo.convert("CMYK"), "JPEG", quality=98)
    assert distance(decode_photo(data), photo) < 4


def test_a_palette_becomes_rgb(photo: Image.Image) -> None:
    reduced = photo.quantize(200)
    assert distance(decode_photo(encoded(reduced, "PNG")), reduced.convert("RGB")) == 0


def test_transparency_is_laid_on_white(photo: Image.Image) -> None:
    alpha = Image.new("L", photo.size, 255)
    alpha.paste(0, (0, 0, 60, photo.height))
    alpha.paste(128, (60, 0, 80, photo.height))
    translucent = photo.copy()
    translucent.putalpha(alpha)
    decoded = np.asarray(decode_photo(encoded(translucent, "PNG")), float)
    original = np.asarray(photo, float)
    assert (decoded[:, :60] == 255).all()
    assert np.abs(decoded[:, 60:80] - (original[:, 60:80] + 255) / 2).max() <= 2
    assert np.array_equal(decoded[:, 80:], original[:, 80:])


def test_a_transparent_color_of_a_png_is_laid_on_white(photo: Image.Image) -> None:
    image = photo.copy()
    image.paste((1, 2, 3), (0, 0, 30, 30))
    decoded = np.asarray(decode_photo(encoded(image, "PNG", transparency=(1, 2, 3))))
    assert (decoded[:30, :30] == 255).all()


def test_gray_with_alpha_and_sixteen_bits_keep_their_brightness(photo: Image.Image) -> None:
    gray = photo.convert("L")
    alpha = gray.convert("LA")
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    for data in (encoded(alpha, "PNG"), encoded(deep, "PNG"), encoded(gray, "BMP")):
        assert distance(decode_photo(data), gray.convert("RGB")) <= 1
        assert examine(data).lack_of_color == "gray"


@pytest.mark.parametrize("orientation", [3, 6])
def test_sixteen_bit_gray_is_turned_upright_too(photo: Image.Image, orientation: int) -> None:
    gray = photo.convert("L")
    undo = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}[orientation]
    deep = Image.fromarray(np.asarray(gray.transpose(undo)).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert distance(decode_photo(encoded(deep, "PNG", exif=exif)), gray.convert("RGB")) <= 1


def test_floating_point_gray_is_scaled_even_with_holes(photo: Image.Image) -> None:
    array = np.asarray(photo.convert("L"), dtype=np.float32) / 255
    array = array / array.max()
    array[0, 0] = np.nan
    decoded = np.asarray(decode_photo(encoded(Image.fromarray(array), "TIFF")))
    assert np.abs(decoded[1:, 1:, 0] / 255 - array[1:, 1:]).max() < 0.01


def test_the_first_frame_of_an_animation_is_taken(photo: Image.Image) -> None:
    other = Image.new("RGB", photo.size, (250, 10, 10))
    data = encoded(photo, "GIF", save_all=True, append_images=[other, other])
    assert distance(decode_photo(data), photo) < 8


@needs_littlecms
@pytest.mark.parametrize("alpha", [False, True])
def test_an_embedded_profile_is_converted_to_srgb(photo: Image.Image, alpha: bool) -> None:
    profile = _swapped_profile()
    image = photo.copy()
    if alpha:
        image.putalpha(255)
    decoded = decode_photo(encoded(image, "PNG", icc_profile=profile))
    expected = ImageCms.profileToProfile(
        photo, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert expected is not None
    assert distance(decoded, expected) < 1
    assert distance(decoded, photo) > 3


def _swapped_profile() -> bytes:
    """An sRGB profile whose red and blue primaries have changed places."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    places = {}
    for number in range(count):
        start = 132 + 12 * number
        places[bytes(data[start : start + 4])] = start
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    data[red : red + 4], data[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(data).replace(b"s\0R\0G\0B", b"t\0R\0G\0B").replace(b"sRGB", b"tRGB")


def test_a_broken_profile_leaves_the_numbers_as_they_are(photo: Image.Image) -> None:
    data = encoded(photo, "PNG", icc_profile=b"not a profile at all")
    assert distance(decode_photo(data), photo) == 0


@needs_littlecms
def test_lab_is_converted(photo: Image.Image) -> None:
    lab = ImageCms.profileToProfile(
        photo, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    assert distance(decode_photo(encoded(lab, "TIFF")), photo) < 3


def test_a_reduced_scale_is_never_below_what_is_asked(demo_photos: Path) -> None:
    data = (demo_photos / "sklearn" / "china.jpg").read_bytes()
    for near_px in (50, 60, 107, 200, 427, 2000):
        small = decode_photo(data, near_px=near_px)
        assert min(small.size) >= min(near_px, 427)
    assert min(decode_photo(data, near_px=50).size) < 107


def test_a_cut_photo_is_undecodable_not_half_gray(photo: Image.Image) -> None:
    for format_name in ("JPEG", "PNG", "BMP", "TIFF"):
        data = encoded(photo, format_name)
        with pytest.raises(UnusablePhoto, match=r"^undecodable"):
            examine(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%!PS"])
def test_what_is_no_image_has_a_reason(data: bytes) -> None:
    with pytest.raises(UnusablePhoto, match=r"^undecodable: .+") as caught:
        examine(data)
    assert "0x" not in caught.value.reason  # an address would differ from run to run


def test_limits_are_kept_before_pixels_are_decoded(photo: Image.Image) -> None:
    with pytest.raises(UnusablePhoto, match=r"^too small: 180 x 120$"):
        examine(encoded(photo, "PNG"), ImageLimits(min_edge_px=121))
    with pytest.raises(UnusablePhoto, match=r"^too many pixels: 180 x 120, 86.4 kB"):
        examine(encoded(photo, "PNG"), ImageLimits(max_bytes=4 * 180 * 120 - 1))
    with pytest.raises(UnusablePhoto, match="not a known image"):
        examine(encoded(photo, "BMP"), ImageLimits(formats=WEB_FORMATS))


def test_gray_is_told_by_chroma_not_by_mode(photo: Image.Image) -> None:
    gray_jpeg = encoded(photo.convert("L").convert("RGB"), "JPEG", quality=60)
    assert examine(gray_jpeg).lack_of_color == "gray"
    assert not examine(encoded(photo, "JPEG", quality=60)).lack_of_color


def test_a_hash_survives_re_encoding_and_resizing_but_not_another_crop(
    photo: Image.Image,
) -> None:
    def bits(left: str, right: str) -> int:
        return (int(left, 16) ^ int(right, 16)).bit_count()

    original = perceptual_hash(photo)
    again = decode_photo(encoded(photo.resize((360, 240)), "JPEG", quality=50))
    assert bits(original, perceptual_hash(again)) <= 4
    assert bits(original, perceptual_hash(photo.crop((60, 30, 180, 110)))) > 4


def test_threads_neither_warn_nor_disturb_the_filters(photo: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    data = encoded(photo, "JPEG", exif=exif.tobytes()[:-9])  # Pillow warns of this
    before = list(warnings.filters)
    problems = []

    def work() -> None:
        for _ in range(30):
            try:
                examine(data)
            except UnusablePhoto as error:
                problems.append(error.reason)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert list(warnings.filters) == before
