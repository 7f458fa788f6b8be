"""Odd image files of many kinds, made by code from one scene, each with what reading must give."""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tifffile
from PIL import Image, ImageCms

WIDTH, HEIGHT = 90, 60
ORIENTATIONS = range(1, 9)


@dataclass(frozen=True)
class OddFile:
    """One file.

    Args:
        name: says what is odd.
        data: its bytes.
        luma: what reading gives, in 255ths.
        tolerance: the largest difference from that, in 255ths.
        alpha: likewise, where the file has it.
        rgb: the colours, where the file has them.
    """

    name: str
    data: bytes
    luma: np.ndarray
    tolerance: float = 0.6
    alpha: np.ndarray | None = None
    rgb: np.ndarray | None = None


def scene() -> np.ndarray:
    """Return RGB (uint8) that no flip or turn leaves as it is, with black and white in it."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rgb = np.stack((40 + 2 * x, 30 + 3 * y, 200 - x - y), axis=-1).astype(np.uint8)
    rgb[5:12, 6:30], rgb[5:30, 6:12] = 0, 255
    rgb[40:50, 60:80] = (180, 60, 30)
    return rgb


def luma_of(rgb: np.ndarray) -> np.ndarray:
    """Return Y of BT.601 in 255ths."""
    return rgb.astype(float) @ np.array([0.299, 0.587, 0.114])


def gray() -> np.ndarray:
    """Return the scene's luma, rounded (uint8)."""
    return np.rint(luma_of(scene())).astype(np.uint8)


def gray_16() -> np.ndarray:
    """Return 16-bit gray that 8 bits can't hold."""
    wobble = np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH) % 199
    return np.clip(gray().astype(int) * 257 + wobble - 99, 0, 65535).astype(np.uint16)


def opacity() -> np.ndarray:
    """Return alpha (uint8) with clear, opaque and half-clear parts."""
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:, :20], alpha[:, 20:30] = 0, 128
    return alpha


def turned(array: np.ndarray, orientation: int) -> np.ndarray:
    """Return what a viewer shows of stored rows with an orientation, by EXIF 2.32's table."""
    return {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: np.fliplr(np.rot90(a, 3)),
        6: lambda a: np.rot90(a, 3),
        7: lambda a: np.fliplr(np.rot90(a, 1)),
        8: lambda a: np.rot90(a, 1),
    }[orientation](array)


def tiff(array: np.ndarray, **options: object) -> bytes:
    """Return a TIFF by tifffile."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


def saved(image: Image.Image, format_name: str, **options: object) -> bytes:
    """Return a file by Pillow."""
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def png(rows: np.ndarray, depth: int, kind: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of any depth from packed rows (bytes), with further chunks before the pixels."""
    width = rows.shape[1] * 8 // (depth * {0: 1, 2: 3, 4: 2, 6: 4}[kind])
    header = struct.pack(">IIBBBBB", width, len(rows), depth, kind, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, body in ((b"IHDR", header), *chunks, (b"IDAT", packed), (b"IEND", b"")):
        sealed = name + body
        parts.append(struct.pack(">I", len(body)) + sealed + struct.pack(">I", zlib.crc32(sealed)))
    return b"".join(parts)


def big_endian_rows(array: np.ndarray) -> np.ndarray:
    """Return 16-bit samples as the bytes of a PNG's rows."""
    return array.astype(">u2").reshape(len(array), -1).view(np.uint8)


def profile(*tags: tuple[bytes, bytes], space: bytes) -> bytes:
    """Return an ICC profile (version 2) of tags."""
    wanted = [(b"desc", b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78))]
    wanted += [(b"wtpt", xyz(0.9642, 1, 0.8249)), *tags]
    table, body, start = b"", b"", 132 + 12 * len(wanted)
    for name, content in wanted:
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02100000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += xyz(0.9642, 1, 0.8249)[8:]
    return header.ljust(128, b"\0") + struct.pack(">I", len(wanted)) + table + body


def xyz(*values: float) -> bytes:
    """Return an XYZ tag."""
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def gamma(value: float) -> bytes:
    """Return a tone curve tag."""
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def gray_profile(exponent: float) -> bytes:
    """Return a gray profile of a pure gamma."""
    return profile((b"kTRC", gamma(exponent)), space=b"GRAY")


def wide_profile() -> bytes:
    """Return a profile with wider primaries than sRGB's."""
    return profile(
        (b"rXYZ", xyz(0.60974, 0.31111, 0.01947)), (b"gXYZ", xyz(0.20528, 0.62567, 0.06087)),
        (b"bXYZ", xyz(0.14919, 0.06322, 0.74457)), (b"rTRC", gamma(2.2)), (b"gTRC", gamma(2.2)),
        (b"bTRC", gamma(2.2)), space=b"RGB ",
    )  # fmt: skip


def srgb_of(linear: np.ndarray) -> np.ndarray:
    """Return linear light in sRGB's curve, both in [0, 1]."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def deep_tiffs() -> Iterator[OddFile]:
    """Yield TIFFs of more than 8 bits a sample."""
    g, rgb, a = gray_16(), scene().astype(np.uint16) * 257, opacity().astype(np.uint16) * 257
    want, color, black = g / 257, luma_of(scene()), {"photometric": "minisblack"}
    yield OddFile("gray16", tiff(g, **black), want)
    yield OddFile("gray16-big-endian", tiff(g, byteorder=">", **black), want)
    yield OddFile("gray16-big", tiff(g, bigtiff=True, **black), want)
    yield OddFile("gray16-rows", tiff(g, rowsperstrip=7, **black), want)
    yield OddFile("gray16-tiles", tiff(g, tile=(32, 32), **black), want)
    for order in "<>":
        options = {"compression": "zlib", "byteorder": order, **black}
        yield OddFile(f"gray16-deflate{order}", tiff(g, **options), want)
        options = {"photometric": "miniswhite", "byteorder": order}
        yield OddFile(f"gray16-min-is-white{order}", tiff(65535 - g, **options), want)
    lzw = saved(Image.fromarray(g), "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    yield OddFile("gray16-lzw-predictor", lzw, want)
    yield OddFile(
        "gray16-packbits", saved(Image.fromarray(g), "TIFF", compression="packbits"), want
    )
    yield OddFile("gray12-in-16", tiff(g >> 4, **black), want, 1)
    yield OddFile("gray14-in-16", tiff(g >> 2, **black), want, 1)
    tagged = tiff(g >> 4, extratags=[(281, 3, 1, 4095, True)], **black)
    yield OddFile("gray12-declared", tagged, want, 1)
    pair = tiff(np.stack([g, a], -1), extrasamples=["UNASSALPHA"], **black)
    yield OddFile("gray16-alpha", pair, want, alpha=opacity())
    part = a / 65535
    mixed = np.concatenate([rgb * part[..., None], a[..., None]], -1).round().astype(np.uint16)
    premultiplied = tiff(mixed, photometric="rgb", extrasamples=["ASSOCALPHA"])
    shown = np.where(part > 0, color, 0)
    yield OddFile("rgb16-premultiplied", premultiplied, shown, 1, opacity())
    for kind in (np.float16, np.float32, np.float64):
        levels = (g / 65535).astype(kind)
        yield OddFile(f"gray-{np.dtype(kind)}", tiff(levels, **black), want)
    holes = (g / 65535).astype(np.float32)
    holes[0, 0], holes[0, 1] = np.nan, np.inf
    expected = want.copy()
    expected[0, :2] = 0, 255
    yield OddFile("gray-float-with-holes", tiff(holes, **black), expected)
    yield OddFile("gray-int32", tiff(g.astype(np.uint32) << 16, **black), want)
    yield OddFile("gray-uint32-small", tiff(g.astype(np.uint32), **black), want)
    for name, options in {
        "": {}, "-planar": {"planarconfig": "separate"}, "-deflate": {"compression": "zlib"},
        "-big-endian": {"byteorder": ">"}, "-tiles": {"tile": (16, 32)},
        "-planar-rows": {"planarconfig": "separate", "rowsperstrip": 13},
    }.items():  # fmt: skip
        stored = np.moveaxis(rgb, -1, 0) if "planar" in name else rgb
        yield OddFile(f"rgb16{name}", tiff(stored, photometric="rgb", **options), color, 1,
                      rgb=scene())  # fmt: skip
    planar = tiff(np.moveaxis(scene(), -1, 0), photometric="rgb", planarconfig="separate")
    yield OddFile("rgb8-planar", planar, color, 1, rgb=scene())
    floating = tiff((rgb / 65535).astype(np.float32), photometric="rgb")
    yield OddFile("rgb-float", floating, color, 1, rgb=scene())


def deep_pngs() -> Iterator[OddFile]:
    """Yield PNGs of other than 8 bits a sample."""
    g, a = gray_16(), opacity().astype(np.uint16) * 257
    yield OddFile("png-gray16", saved(Image.fromarray(g), "PNG"), g / 257)
    pair = png(big_endian_rows(np.stack([g, a], -1)), 16, 4)
    yield OddFile("png-gray16-alpha", pair, g / 257, alpha=opacity())
    marked = g.copy()
    marked[:, :20] = 7
    data = png(big_endian_rows(marked), 16, 0, (b"tRNS", struct.pack(">H", 7)))
    clear = np.where(marked == 7, 0, 255)
    yield OddFile("png-gray16-transparent-level", data, marked / 257, alpha=clear)
    rgb = scene().astype(np.uint16) * 257
    yield OddFile("png-rgb16", png(big_endian_rows(rgb), 16, 2), luma_of(scene()), 1, rgb=scene())
    for depth in (1, 2, 4):
        levels = gray()[:, :88] >> (8 - depth)
        bits = np.unpackbits(levels[..., None], axis=-1)[..., 8 - depth :].reshape(HEIGHT, -1)
        top = (1 << depth) - 1
        data = png(np.packbits(bits, axis=1), depth, 0, (b"tRNS", struct.pack(">H", top)))
        clear = np.where(levels == top, 0, 255)
        yield OddFile(f"png-gray{depth}-transparent-level", data, levels * (255 / top), alpha=clear)


def models() -> Iterator[OddFile]:
    """Yield colour models, with and without alpha."""
    image, color, g = Image.fromarray(scene()), luma_of(scene()), Image.fromarray(gray())
    alpha, rgb = Image.fromarray(opacity()), scene()
    yield OddFile("cmyk.tif", saved(image.convert("CMYK"), "TIFF"), color, 1.5, rgb=rgb)
    yield OddFile("cmyk.jpg", saved(image.convert("CMYK"), "JPEG", quality=100), color, 12)
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    as_lab = ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    yield OddFile("lab.tif", saved(as_lab, "TIFF"), color, 5)
    with_alpha = g.copy()
    with_alpha.putalpha(alpha)
    for format_name in ("PNG", "TIFF"):
        yield OddFile(f"la-{format_name}", saved(with_alpha, format_name), gray(), alpha=opacity())
    colored = image.copy()
    colored.putalpha(alpha)
    yield OddFile("rgba.png", saved(colored, "PNG"), color, 1, opacity(), rgb)
    yield OddFile("rgba.tif", saved(colored, "TIFF"), color, 1, opacity(), rgb)
    few = image.quantize(32)
    reduced = np.asarray(few.convert("RGB"))
    clear = np.where(np.asarray(few) == 3, 0, 255)
    shown = luma_of(reduced)
    yield OddFile("palette.png", saved(few, "PNG"), shown, 1, rgb=reduced)
    yield OddFile("palette-clear.png", saved(few, "PNG", transparency=3), shown, 1, clear)
    one = g.convert("1")
    bilevel = np.asarray(one) * 255.0
    yield OddFile("bilevel-g4.tif", saved(one, "TIFF", compression="group4"), bilevel)
    inverted = tiff(~np.asarray(one), photometric="miniswhite")
    yield OddFile("bilevel-min-is-white.tif", inverted, bilevel)
    yield OddFile("gray8-min-is-white", tiff(255 - gray(), photometric="miniswhite"), gray())
    yield from palettes()
    for order, options in (("<", {}), (">", {}), (">", {"compression": "zlib"})):
        big = tiff(gray(), photometric="minisblack", bigtiff=True, byteorder=order, **options)
        yield OddFile(f"bigtiff{order}{len(options)}", big, gray())
    for format_name in ("BMP", "PPM", "TGA", "PCX"):
        yield OddFile(f"rgb-{format_name}", saved(image, format_name), color, 1, rgb=rgb)


def palettes() -> Iterator[OddFile]:
    """Yield TIFFs whose colour map has 16 bits, as the standard says, or 8, as some write it."""
    levels = np.random.default_rng(0).integers(0, 256, (3, 256)).astype(np.uint16)
    for bits, big, order in ((16, False, "<"), (8, False, ">"), (8, False, "<"), (16, True, ">")):
        shown = levels[:, gray()].transpose(1, 2, 0).astype(np.uint8)
        options = {"colormap": levels * 257, "bigtiff": big, "byteorder": order}
        data = tiff(gray(), photometric="palette", **options)
        if bits == 8:  # tifffile writes 16 alone
            data = data.replace((levels * 257).astype(f"{order}u2").tobytes(),
                                levels.astype(f"{order}u2").tobytes())  # fmt: skip
        yield OddFile(f"palette-of-{bits}-bits{order}", data, luma_of(shown), 1, rgb=shown)


def colored_by_chunks() -> Iterator[OddFile]:
    """Yield PNGs whose colour space is told by chunks other than iCCP."""
    part, rows = gray() / 255, gray()
    linear, old_mac = (b"gAMA", struct.pack(">I", 100_000)), (b"gAMA", struct.pack(">I", 55_556))
    as_linear = 255 * srgb_of(part)
    yield OddFile("gamma-1", png(rows, 8, 0, linear), as_linear)
    yield OddFile("gamma-1.8", png(rows, 8, 0, old_mac), 255 * srgb_of(part**1.8))
    yield OddFile("gamma-of-srgb", png(rows, 8, 0, (b"gAMA", struct.pack(">I", 45_455))), gray())
    deep = png(big_endian_rows(gray_16()), 16, 0, linear)
    yield OddFile("gamma-1-16", deep, 255 * srgb_of(gray_16() / 65535))
    yield OddFile("srgb-before-gamma", png(rows, 8, 0, (b"sRGB", b"\0"), linear), gray())
    named = (b"cICP", bytes((1, 8, 0, 1)))
    yield OddFile("cicp-linear", png(rows, 8, 0, named, (b"sRGB", b"\0")), as_linear)
    # Adobe RGB by chunks is as by the profile of the same primaries and gamma
    numbers = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
    chroma = (b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in numbers)))
    wide = ImageCms.ImageCmsProfile(io.BytesIO(wide_profile()))
    image = Image.fromarray(scene())
    rgb = np.asarray(ImageCms.profileToProfile(image, wide, ImageCms.createProfile("sRGB")))
    samples = scene().reshape(HEIGHT, -1)
    data = png(samples, 8, 2, (b"gAMA", struct.pack(">I", 45_455)), chroma)
    yield OddFile("adobe-by-chunks", data, luma_of(rgb), 2, rgb=rgb)


def profiled() -> Iterator[OddFile]:
    """Yield files whose numbers mean what a profile says."""
    g, image = gray(), Image.fromarray(scene())
    for exponent in (1.0, 1.8):
        tones = 255 * srgb_of((g / 255) ** exponent)
        options = {"icc_profile": gray_profile(exponent)}
        for format_name in ("PNG", "TIFF"):
            data = saved(Image.fromarray(g), format_name, **options)
            yield OddFile(f"gray-gamma-{exponent}-{format_name}", data, tones)
        deep = saved(Image.fromarray(gray_16()), "TIFF", **options)
        tones = 255 * srgb_of((gray_16() / 65535) ** exponent)
        yield OddFile(f"gray16-gamma-{exponent}", deep, tones)
        pair = Image.fromarray(g)
        pair.putalpha(Image.fromarray(opacity()))
        tones = 255 * srgb_of((g / 255) ** exponent)
        yield OddFile(f"la-gamma-{exponent}", saved(pair, "PNG", **options), tones, alpha=opacity())
    # A profile of another colour model gives its tones.
    in_color = Image.fromarray(scene())
    tones = (255 * srgb_of((scene() / 255) ** 1.8)).round().astype(np.uint8)
    options = {"icc_profile": gray_profile(1.8)}
    data = saved(in_color, "PNG", **options)
    yield OddFile("rgb-with-gray-profile", data, luma_of(tones), 1.5, rgb=tones)
    deep = tiff(scene().astype(np.uint16) * 257, photometric="rgb", iccprofile=gray_profile(1.8))
    yield OddFile("rgb16-with-gray-profile", deep, luma_of(tones), 1.5, rgb=tones)
    data = saved(Image.fromarray(g), "PNG", icc_profile=wide_profile())
    yield OddFile("gray-with-rgb-profile", data, 255 * srgb_of((g / 255) ** 2.2))
    wide = wide_profile()
    source = ImageCms.ImageCmsProfile(io.BytesIO(wide))
    rgb = np.asarray(ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")))
    color, deep = luma_of(rgb), scene().astype(np.uint16) * 257
    yield OddFile("wide-rgb", saved(image, "PNG", icc_profile=wide), color, 1, rgb=rgb)
    with_alpha = image.copy()
    with_alpha.putalpha(255)
    opaque = np.full(g.shape, 255)
    yield OddFile("wide-rgba", saved(with_alpha, "PNG", icc_profile=wide), color, 1, opaque, rgb)
    sixteen = tiff(deep, photometric="rgb", iccprofile=wide)
    yield OddFile("wide-rgb16", sixteen, color, 2.5)
    few = image.quantize(64)
    plain = few.convert("RGB")
    rgb = np.asarray(ImageCms.profileToProfile(plain, source, ImageCms.createProfile("sRGB")))
    yield OddFile("wide-palette", saved(few, "PNG", icc_profile=wide), luma_of(rgb), 1, rgb=rgb)


def oriented() -> Iterator[tuple[int, OddFile]]:
    """Yield each orientation with files that have it; what is right is turned already."""
    g, deep, rgb = gray(), gray_16(), scene()
    for way in ORIENTATIONS:
        tag = {"extratags": [(274, 3, 1, way, True)]}
        exif = Image.Exif()
        exif[274] = way
        black = {"photometric": "minisblack", **tag}
        for name, data, levels in (
            ("gray8", tiff(g, **black), g),
            ("gray8-rows", tiff(g, rowsperstrip=7, **black), g),
            ("gray8-deflate", tiff(g, compression="zlib", **black), g),
            ("rgb8", tiff(rgb, photometric="rgb", **tag), luma_of(rgb)),
            ("gray16", tiff(deep, **black), deep / 257),
            ("gray16-deflate", tiff(deep, compression="zlib", **black), deep / 257),
            ("pillow", saved(Image.fromarray(g), "TIFF", exif=exif), g),
            ("png", saved(Image.fromarray(g), "PNG", exif=exif), g),
            ("png16", saved(Image.fromarray(deep), "PNG", exif=exif), deep / 257),
        ):
            yield way, OddFile(f"{name}-{way}", data, turned(levels, way), 1)
