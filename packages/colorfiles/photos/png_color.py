"""Colour space of a PNG from its chunks: https://www.w3.org/TR/png-3/#4Concepts.ColourSpaces.

cICP comes before iCCP, that before sRGB, that before gAMA with cHRM. What isn't sRGB is described
by an ICC profile made here, so that pixels of every depth are converted by one way.
"""

import struct
from typing import BinaryIO

import numpy as np

from colorfiles.photos.png import png_chunks

Primaries = tuple[float, ...]  # x and y of white, red, green, blue
_SRGB: Primaries = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
# ITU-T H.273, table 2, by code
_PRIMARIES: dict[int, Primaries] = {
    1: _SRGB,
    5: (0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
# Table 3, as g, a, b, c, d of ICC's parametric curve: (ax + b)^g from d on, else cx
_SRGB_TONES = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_TONES: dict[int, tuple[float, ...]] = {
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
    13: _SRGB_TONES,
    **dict.fromkeys((1, 6, 14, 15), (2.4,)),  # as screens show what BT.709 cameras write
}
_SRGB_GAMMA = 45455  # what writers put beside or instead of sRGB
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_D50 = np.array([0.9642, 1.0, 0.8249])


def png_profile(file: BinaryIO, embedded: bytes | None) -> tuple[bytes | None, str]:
    """Return the ICC profile of a PNG's pixels, None for sRGB, and a note on ignored parts.

    Args:
        file: with the PNG.
        embedded: of its iCCP chunk.
    """
    chunks = dict(png_chunks(file, until=b"IDAT"))
    cicp = chunks.get(b"cICP", b"")
    note = ""
    if len(cicp) == 4:
        primaries, tones = _PRIMARIES.get(cicp[0]), _TONES.get(cicp[1])
        if primaries and tones and tuple(cicp[2:]) == (0, 1):
            return _profile(primaries, tones), ""
        note = "its cICP chunk names colours that aren't known here: ignored"
    if embedded or b"sRGB" in chunks:
        return embedded, note
    gamma, chroma = chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b"")
    primaries = _SRGB
    if len(chroma) == 32:
        primaries = tuple(value / 100_000 for value in struct.unpack(">8I", chroma))
    exponent = int.from_bytes(gamma, "big") if len(gamma) == 4 else 0
    is_srgb = exponent == 0 or (exponent == _SRGB_GAMMA and _are_srgb(primaries))
    tones = _SRGB_TONES if is_srgb else (100_000 / exponent,)
    try:
        return _profile(primaries, tones), note
    except (ArithmeticError, ValueError, struct.error):
        return None, "its gAMA and cHRM chunks make no colours: ignored"


def _are_srgb(primaries: Primaries) -> bool:
    return bool(np.abs(np.subtract(primaries, _SRGB)).max() < 0.002)


def _profile(primaries: Primaries, tones: tuple[float, ...]) -> bytes | None:
    """Return a matrix profile, or None for sRGB."""
    if tones == _SRGB_TONES and _are_srgb(primaries):
        return None
    x, y = np.array(primaries).reshape(4, 2).T
    if y.min() <= 0:
        raise ValueError("primaries without light")
    xyz = np.stack((x / y, np.ones(4), (1 - x - y) / y))
    white, colors = xyz[:, 0], xyz[:, 1:]
    colors = colors * np.linalg.solve(colors, white)
    scale = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    columns = (np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD @ colors).T
    curve = b"para" + struct.pack(">4xH2x", 0 if len(tones) == 1 else 3) + _fixed(tones)
    tags = [(b"wtpt", b"XYZ \0\0\0\0" + _fixed(_D50))]
    for letter, column in zip((b"r", b"g", b"b"), columns, strict=True):
        tags += [(letter + b"XYZ", b"XYZ \0\0\0\0" + _fixed(column)), (letter + b"TRC", curve)]
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, content in tags:
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(">I4xI4s4s4s", start + len(body), 0x04000000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + _fixed(_D50)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _fixed(values: object) -> bytes:
    numbers = [round(float(value) * 65536) for value in np.asarray(values)]
    return struct.pack(f">{len(numbers)}i", *numbers)
