"""Bad and odd images, made by code from real photographs, each with what should become of it."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageCms, features

from dataprep.photos.copy_prints import copy_print
from dataprep.photos.duplicates import NearDuplicateIndex
from dataprep.photos.imaging import perceptual_hash

Outcome = Literal["used", "rejected", "either"]
_FAR_BITS = 14  # between any two photographs of the corpus, so that none passes for a twin

# How pixels lie in a file of each EXIF orientation but the upright one.
STORED_AS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True)
class Odd:
    """One file.

    Args:
        name: of the file; says what is odd.
        data: its bytes.
        outcome: ``used``, ``rejected``, or ``either`` where only chance decides.
        reason: how the manifest's reason starts.
        looks_like: what decoding should give; None where that isn't known.
        tolerance: mean difference from that, in levels of 255.
    """

    name: str
    data: bytes
    outcome: Outcome
    reason: str = ""
    looks_like: Image.Image | None = None
    tolerance: float = 3.0


class Corpus:
    """Makes the files; every photograph in it is another part of the given ones."""

    def __init__(self, photos: list[Image.Image], seed: int = 0) -> None:
        self._photos = [photo.convert("RGB") for photo in photos]
        self._rng = random.Random(seed)
        self._seen = NearDuplicateIndex(_FAR_BITS)

    def files(self) -> list[Odd]:
        """Return every file, each name once."""
        makers: tuple[Callable[[], Iterator[Odd]], ...] = (
            self._jpegs, self._rotated, self._cut_jpegs, self._broken_jpegs, self._pngs,
            self._cut_pngs, self._broken_pngs, self._gifs, self._bmps, self._tiffs, self._webps,
            self._profiles, self._no_images, self._shapes, self._grays, self._mutated,
        )  # fmt: skip
        result = [odd for maker in makers for odd in maker()]
        assert len({odd.name for odd in result}) == len(result)
        return result

    def photo(self, width: int = 150, height: int = 120) -> Image.Image:
        """Return a part of a photograph that resembles none given before."""
        for _ in range(1000):
            photo = self._rng.choice(self._photos)
            scale = self._rng.uniform(0.3, 1.0) * min(photo.width / width, photo.height / height)
            size = round(width * scale), round(height * scale)
            left = self._rng.randint(0, photo.width - size[0])
            top = self._rng.randint(0, photo.height - size[1])
            part = photo.crop((left, top, left + size[0], top + size[1]))
            part = part.resize((width, height), Image.Resampling.LANCZOS)
            fingerprint = perceptual_hash(part)
            part.info.clear()  # else each file would carry the profile of the photograph
            copies = copy_print(part)
            if not self._seen.find(fingerprint, copies):
                self._seen.add(fingerprint, str(len(fingerprint)), copies)
                return part
        raise AssertionError("the photographs have no further part of their own")

    def _jpegs(self) -> Iterator[Odd]:
        for name, options in {
            "progressive": {"progressive": True, "quality": 95},
            "quality-100": {"quality": 100},
            "subsampled": {"subsampling": 2, "quality": 95},
            "444": {"subsampling": 0, "quality": 95},
            "restarts": {"restart_marker_blocks": 3, "quality": 95},
            "own-tables": {"optimize": True, "quality": 95},
            "comment": {"comment": b"c" * 60_000, "quality": 95},
        }.items():
            photo = self.photo()
            yield Odd(f"jpeg-{name}.jpg", encoded(photo, "JPEG", **options), "used", "", photo, 6)
        photo = self.photo()
        yield Odd("jpeg-cmyk.jpg", encoded(photo.convert("CMYK"), "JPEG", quality=95), "used", "",
                  photo, 6)  # fmt: skip
        photo = self.photo()
        trailing = encoded(photo, "JPEG", quality=95) + b"appended" * 1000
        yield Odd("jpeg-trailing.jpg", trailing, "used", "", photo, 6)
        photo = self.photo()
        yield Odd("jpeg-named.png", encoded(photo, "JPEG", quality=95), "used", "", photo, 6)
        photo = self.photo()
        yield Odd("jpeg-without-suffix", encoded(photo, "JPEG", quality=95), "used", "", photo, 6)
        photo = self.photo()
        several = encoded(photo, "MPO", save_all=True, append_images=[self.photo()], quality=95)
        yield Odd("mpo.jpg", several, "used", "", photo, 6)
        photo = self.photo()
        late = b"junk" + encoded(photo, "JPEG", quality=95)
        yield Odd("jpeg-after-junk.jpg", late, "used", "", photo, 6)

    def _rotated(self) -> Iterator[Odd]:
        for orientation, how in STORED_AS.items():
            photo = self.photo()
            data = encoded(photo.transpose(how), "JPEG", quality=95, exif=exif_of(orientation))
            yield Odd(f"exif-{orientation}.jpg", data, "used", "", photo, 6)
        photo = self.photo()
        yield Odd("exif-9.png", encoded(photo, "PNG", exif=exif_of(9)), "used", "", photo, 0)
        photo = self.photo()
        broken = encoded(photo, "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
        yield Odd("exif-broken.jpg", broken, "used", "", photo, 6)

    def _cut_jpegs(self) -> Iterator[Odd]:
        """Cut within each segment, behind each, within the scan, and before the end mark."""
        data = encoded(self.photo(), "JPEG", quality=90, exif=exif_of(1))
        for marker, start, end in jpeg_segments(data):
            for where, cut in (("in", (start + end) // 2), ("after", end)):
                name = f"jpeg-cut-{where}-{start:05}-{marker:02x}.jpg"
                yield Odd(name, data[:cut], "rejected", "undecodable")
        scan = jpeg_segments(data)[-1][2]
        for share in (0.1, 0.5, 0.95):
            cut = scan + int((len(data) - scan) * share)
            yield Odd(f"jpeg-cut-scan-{share}.jpg", data[:cut], "rejected", "undecodable")
        progressive = encoded(self.photo(), "JPEG", progressive=True)
        for share in (0.3, 0.7, 0.97):
            cut = progressive[: int(len(progressive) * share)]
            yield Odd(f"jpeg-cut-progressive-{share}.jpg", cut, "rejected", "undecodable")
        yield Odd("jpeg-cut-end-mark.jpg", encoded(self.photo(), "JPEG")[:-2], "either")

    def _broken_jpegs(self) -> Iterator[Odd]:
        def patched(offset_of: int, offset: int, content: bytes) -> bytes:
            data = bytearray(encoded(self.photo(), "JPEG"))
            start = next(s for marker, s, _ in jpeg_segments(bytes(data)) if marker == offset_of)
            data[start + offset : start + offset + len(content)] = content
            return bytes(data)

        def without(marker: int) -> bytes:
            data = encoded(self.photo(), "JPEG")
            for kind, start, end in reversed(jpeg_segments(data)):
                if kind == marker:
                    data = data[:start] + data[end:]
            return data

        sof, dht = 0xC0, 0xC4
        yield Odd("jpeg-huffman-lengths.jpg", patched(dht, 5, b"\xff" * 16), "rejected",
                  "undecodable")  # fmt: skip
        yield Odd("jpeg-huffman-values.jpg", patched(dht, 21, b"\xff" * 12), "rejected",
                  "undecodable")  # fmt: skip
        yield Odd("jpeg-huffman-index.jpg", patched(dht, 4, b"\xff"), "rejected", "undecodable")
        yield Odd(
            "jpeg-without-huffman.jpg", without(dht), "either"
        )  # libjpeg may know standard ones
        yield Odd("jpeg-without-quantization.jpg", without(0xDB), "rejected", "undecodable")
        yield Odd("jpeg-without-frame.jpg", without(sof), "rejected", "undecodable")
        yield Odd("jpeg-height-0.jpg", patched(sof, 5, b"\0\0"), "rejected")
        yield Odd("jpeg-width-0.jpg", patched(sof, 7, b"\0\0"), "rejected")
        yield Odd("jpeg-bomb.jpg", patched(sof, 5, b"\xff\xff\xff\xff"), "rejected",
                  "too many pixels")  # fmt: skip
        yield Odd("jpeg-12-bit.jpg", patched(sof, 4, b"\x0c"), "rejected", "undecodable")
        yield Odd("jpeg-7-components.jpg", patched(sof, 9, b"\x07"), "rejected", "undecodable")
        yield Odd("jpeg-sampling-0.jpg", patched(sof, 11, b"\0"), "rejected", "undecodable")
        yield Odd("jpeg-larger-than-its-scan.jpg", patched(sof, 5, b"\x02\0"), "rejected",
                  "undecodable")  # fmt: skip

    def _pngs(self) -> Iterator[Odd]:
        photo = self.photo()
        reduced = photo.quantize(128)
        yield Odd("png-palette.png", encoded(reduced, "PNG"), "used", "", reduced.convert("RGB"), 0)
        photo = self.photo()
        alpha = Image.linear_gradient("L").resize(photo.size)
        translucent = photo.copy()
        translucent.putalpha(alpha)
        white = Image.new("RGB", photo.size, (255, 255, 255))
        on_white = Image.composite(photo, white, alpha)
        yield Odd("png-alpha.png", encoded(translucent, "PNG"), "used", "", on_white, 1)
        photo = self.photo()
        yield Odd("png-16-bit.png", png_16_bit(photo), "used", "", photo, 1)
        photo = self.photo()
        yield Odd("png-interlaced.png", png_interlaced(photo), "used", "", photo, 0)
        photo = self.photo()
        frames = encoded(photo, "PNG", save_all=True, append_images=[self.photo()])
        yield Odd("png-animated.png", frames, "used", "", photo, 0)
        photo = self.photo()
        yield Odd("png-rotated.png", encoded(photo.transpose(Image.Transpose.ROTATE_90), "PNG",
                  exif=exif_of(6)), "used", "", photo, 0)  # fmt: skip
        photo = self.photo()
        yield Odd("png-named.jpg", encoded(photo, "PNG"), "used", "", photo, 0)
        photo = self.photo()
        yield Odd("png-named.heic", encoded(photo, "PNG"), "used", "", photo, 0)
        clear = self.photo()
        clear.putalpha(0)
        yield Odd("png-all-transparent.png", encoded(clear, "PNG"), "rejected", "gray")

    def _cut_pngs(self) -> Iterator[Odd]:
        data = encoded(self.photo(), "PNG")
        for name, start, end in png_chunks(data)[:2]:
            yield Odd(f"png-cut-before-{name}.png", data[:start], "rejected", "undecodable")
            yield Odd(f"png-cut-in-{name}.png", data[: (start + end) // 2], "rejected",
                      "undecodable")  # fmt: skip
        yield Odd("png-cut-before-IEND.png", encoded(self.photo(), "PNG")[:-12], "either")

    def _broken_pngs(self) -> Iterator[Odd]:
        data = bytearray(encoded(self.photo(), "PNG"))
        data[29] ^= 0xFF
        yield Odd("png-header-checksum.png", bytes(data), "rejected", "undecodable")
        data = bytearray(encoded(self.photo(), "PNG"))
        data[len(data) // 2] ^= 0xFF
        yield Odd("png-flipped-byte.png", bytes(data), "rejected", "undecodable")
        for name, width, height, reason in (
            ("0", 0, 100, ""),
            ("bomb", 30_000, 30_000, "too many pixels"),
            ("huge", 2**31 - 1, 2**31 - 1, "too many pixels"),
        ):
            header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
            body = zlib.compress(bytes(1_000_000), 9)
            bomb = png_of(("IHDR", header), ("IDAT", body), ("IEND", b""))
            yield Odd(f"png-{name}.png", bomb, "rejected", reason)
        header = struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0)
        packed = zlib.compress(bytes(60_000_000), 9)
        yield Odd("png-text-bomb.png", png_of(("IHDR", header), ("zTXt", b"key\0\0" + packed),
                  ("IDAT", zlib.compress(bytes(30_100))), ("IEND", b"")), "rejected")  # fmt: skip
        yield Odd("png-profile-bomb.png", png_of(("IHDR", header), ("iCCP", b"key\0\0" + packed),
                  ("IDAT", zlib.compress(bytes(30_100))), ("IEND", b"")), "rejected")  # fmt: skip
        yield Odd("png-without-pixels.png", png_of(("IHDR", header), ("IEND", b"")), "rejected",
                  "undecodable")  # fmt: skip

    def _gifs(self) -> Iterator[Odd]:
        photo = self.photo()
        yield Odd("gif.gif", encoded(photo, "GIF"), "used", "", photo, 10)
        photo = self.photo()
        frames = [self.photo() for _ in range(3)]
        animated = encoded(photo, "GIF", save_all=True, append_images=frames, duration=50)
        yield Odd("gif-animated.gif", animated, "used", "", photo, 10)
        photo = self.photo()
        yield Odd("gif-named.jpg", encoded(photo, "GIF", interlace=1), "used", "", photo, 10)
        data = encoded(self.photo(), "GIF")
        yield Odd("gif-cut-header.gif", data[:9], "rejected", "undecodable")
        yield Odd("gif-cut-palette.gif", data[:300], "rejected", "undecodable")
        yield Odd("gif-cut-pixels.gif", data[: len(data) // 2], "rejected", "undecodable")
        bomb = bytearray(encoded(self.photo(), "GIF"))
        bomb[6:10] = b"\xff\xff\xff\xff"
        yield Odd("gif-bomb.gif", bytes(bomb), "rejected", "too many pixels")

    def _bmps(self) -> Iterator[Odd]:
        photo = self.photo()
        yield Odd("bmp-named.jpg", encoded(photo, "BMP"), "used", "", photo, 0)
        photo = self.photo()
        reduced = photo.quantize(200)
        yield Odd("bmp-palette.bmp", encoded(reduced, "BMP"), "used", "", reduced.convert("RGB"), 0)
        photo = self.photo(152, 120)
        upside_down = bytearray(encoded(photo.transpose(Image.Transpose.FLIP_TOP_BOTTOM), "BMP"))
        upside_down[22:26] = struct.pack("<i", -120)
        yield Odd("bmp-top-down.bmp", bytes(upside_down), "used", "", photo, 0)
        data = encoded(self.photo(), "BMP")
        yield Odd("bmp-cut-header.bmp", data[:20], "rejected", "undecodable")
        yield Odd("bmp-cut-pixels.bmp", data[: len(data) // 2], "rejected", "undecodable")
        bomb = bytearray(data)
        bomb[18:26] = struct.pack("<ii", 60_000, 60_000)
        yield Odd("bmp-bomb.bmp", bytes(bomb), "rejected", "too many pixels")

    def _tiffs(self) -> Iterator[Odd]:
        photo = self.photo()
        yield Odd("tiff.tif", encoded(photo, "TIFF"), "used", "", photo, 0)
        photo = self.photo()
        pages = encoded(photo, "TIFF", save_all=True, append_images=[self.photo()])
        yield Odd("tiff-pages.tif", pages, "used", "", photo, 0)
        photo = self.photo()
        yield Odd("tiff-cmyk.tif", encoded(photo.convert("CMYK"), "TIFF"), "used", "", photo, 2)
        if features.check("libtiff"):
            photo = self.photo()
            yield Odd("tiff-lzw.tif", encoded(photo, "TIFF", compression="tiff_lzw"), "used", "",
                      photo, 0)  # fmt: skip
        data = encoded(self.photo(), "TIFF")
        yield Odd("tiff-cut-header.tif", data[:6], "rejected", "undecodable")
        yield Odd("tiff-cut-pixels.tif", data[: len(data) // 2], "rejected", "undecodable")
        loop = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\0\x01\x03\0\x01\0\0\0\x64\0\0\0" + b"\x08\0\0\0"
        yield Odd("tiff-loop.tif", loop, "rejected", "undecodable")

    def _webps(self) -> Iterator[Odd]:
        if not features.check("webp"):
            return
        photo = self.photo()
        yield Odd("webp.webp", encoded(photo, "WEBP", quality=95), "used", "", photo, 6)
        photo = self.photo()
        yield Odd("webp-lossless-named.jpg", encoded(photo, "WEBP", lossless=True), "used", "",
                  photo, 0)  # fmt: skip
        photo = self.photo()
        frames = encoded(photo, "WEBP", save_all=True, append_images=[self.photo()], quality=95)
        yield Odd("webp-animated.webp", frames, "used", "", photo, 6)
        data = encoded(self.photo(), "WEBP")
        yield Odd("webp-cut.webp", data[: len(data) // 2], "rejected", "undecodable")

    def _profiles(self) -> Iterator[Odd]:
        photo = self.photo()
        broken = encoded(photo, "PNG", icc_profile=b"no profile")
        yield Odd("icc-broken.png", broken, "used", "", photo, 0)
        if not features.check("littlecms2"):
            return
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        photo = self.photo()
        yield Odd("icc-srgb.png", encoded(photo, "PNG", icc_profile=srgb), "used", "", photo, 1)
        photo = self.photo()
        lab = ImageCms.profileToProfile(
            photo, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
        assert lab is not None
        yield Odd("tiff-lab.tif", encoded(lab, "TIFF"), "used", "", photo, 3)

    def _no_images(self) -> Iterator[Odd]:
        for name, data in {
            "empty.jpg": b"",
            "one-byte.png": b"\xff",
            "text.jpg": b"This is a letter, not a photograph.\n" * 50,
            "page.jpg": b"<!DOCTYPE html><html><body>429 Too Many Requests</body></html>",
            "drawing.jpg": b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>',
            "postscript.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 200 200\nshowpage\n",
            "document.png": b"%PDF-1.7\n1 0 obj\n",
            "archive.gif": b"PK\x03\x04" + bytes(200),
            "film.jpg": b"\0\0\0\x18ftypmp42" + bytes(500),
            "sound.webp": b"RIFF\x24\0\0\0WAVEfmt " + bytes(40),
            "zeros.bmp": bytes(5000),
            "ones.tif": b"\xff" * 5000,
            "only-magic.jpg": b"\xff\xd8\xff\xe0",
            "only-magic.png": b"\x89PNG\r\n\x1a\n",
            "only-magic.gif": b"GIF89a",
            "only-magic.tif": b"II*\0",
            "portable-cut.jpg": b"P6 100 100 255\n" + bytes(range(256)) * 100,
        }.items():
            yield Odd(name, data, "rejected", "undecodable")

    def _shapes(self) -> Iterator[Odd]:
        line = self.photo().resize((5000, 1))
        yield Odd("shape-5000x1.png", encoded(line, "PNG"), "rejected", "too small")
        yield Odd("shape-1x5000.png", encoded(line.transpose(Image.Transpose.ROTATE_90), "PNG"),
                  "rejected", "too small")  # fmt: skip
        yield Odd("shape-1x1.png", encoded(line.resize((1, 1)), "PNG"), "rejected", "too small")
        yield Odd("shape-63.png", encoded(self.photo(100, 63), "PNG"), "rejected", "too small")
        photo = self.photo(100, 64)
        yield Odd("shape-64.png", encoded(photo, "PNG"), "used", "", photo, 0)
        wide = self.photo(300, 100).resize((30_000, 100))
        yield Odd("shape-30000x100.jpg", encoded(wide, "JPEG"), "used", "", wide, 6)
        tall = self.photo(100, 300).resize((100, 30_000))
        yield Odd("shape-100x30000.jpg", encoded(tall, "JPEG"), "used", "", tall, 6)

    def _grays(self) -> Iterator[Odd]:
        gray = self.photo().convert("L")
        deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
        floating = Image.fromarray(np.asarray(gray).astype(np.float32) / 255)
        for name, image, format_name in (
            ("gray.jpg", gray, "JPEG"),
            ("gray-as-rgb.jpg", gray.convert("RGB"), "JPEG"),
            ("gray-alpha.png", gray.convert("LA"), "PNG"),
            ("gray-16-bit.png", deep, "PNG"),
            ("gray-16-bit.tif", deep, "TIFF"),
            ("gray-float.tif", floating, "TIFF"),
            ("black-and-white.png", gray.convert("1"), "PNG"),
            ("gray-palette.gif", gray, "GIF"),
            ("white.png", Image.new("RGB", (100, 100), (255, 255, 255)), "PNG"),
        ):
            yield Odd(name, encoded(image, format_name), "rejected", "gray")

    def _mutated(self) -> Iterator[Odd]:
        formats = ["JPEG", "PNG", "GIF", "BMP", "TIFF"]
        for number in range(30):
            format_name = formats[number % len(formats)]
            data = bytearray(encoded(self.photo(), format_name))
            for _ in range(self._rng.choice((1, 5, 40))):
                data[self._rng.randrange(len(data))] = self._rng.randrange(256)
            yield Odd(f"mutated-{number:02}.{format_name.lower()}", bytes(data), "either")


def encoded(image: Image.Image, format_name: str, **options: object) -> bytes:
    """Return the file that Pillow makes of an image."""
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def exif_of(orientation: int) -> Image.Exif:
    """Return EXIF that holds nothing but an orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def jpeg_segments(data: bytes) -> list[tuple[int, int, int]]:
    """Return marker, start and end of each segment up to the scan's header."""
    result, position = [], 2
    while True:
        marker = data[position + 1]
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        result.append((marker, position, end))
        if marker == 0xDA:
            return result
        position = end


def png_chunks(data: bytes) -> list[tuple[str, int, int]]:
    """Return name, start and end of each chunk."""
    result, position = [], 8
    while position < len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        result.append((data[position + 4 : position + 8].decode(), position, end))
        position = end
    return result


def png_of(*chunks: tuple[str, bytes]) -> bytes:
    """Return a PNG of chunks, their lengths and checksums right."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, content in chunks:
        body = name.encode() + content
        parts.append(struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body)))
    return b"".join(parts)


def png_16_bit(photo: Image.Image) -> bytes:
    """Return a PNG with 16 bits a channel, which Pillow can't write."""
    array = np.asarray(photo).astype(">u2") * np.array(257, dtype=">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in array.astype(">u2"))
    header = struct.pack(">IIBBBBB", *photo.size, 16, 2, 0, 0, 0)
    return png_of(("IHDR", header), ("IDAT", zlib.compress(rows)), ("IEND", b""))


def png_interlaced(photo: Image.Image) -> bytes:
    """Return a PNG in seven passes (Adam7), which Pillow can't write."""
    array = np.asarray(photo)
    passes = (
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
    )  # fmt: skip
    rows = b"".join(
        b"\0" + row.tobytes()
        for left, top, across, down in passes
        for row in array[top::down, left::across]
    )
    header = struct.pack(">IIBBBBB", *photo.size, 8, 2, 0, 0, 1)
    return png_of(("IHDR", header), ("IDAT", zlib.compress(rows)), ("IEND", b""))
