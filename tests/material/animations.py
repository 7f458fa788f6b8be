"""Animations by code: GIF, PNG and WebP of any frames, disposals and clear parts."""

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class MadeFrame:
    """One frame.

    Args:
        pixels: (H, W, 4) uint8; of a GIF (H, W) indices.
        place: left and top.
        disposal: as the format numbers it.
        over: blended over the canvas; a GIF's always is.
        clear: of a GIF, the transparent index.
        palette: of a GIF, (256, 3) uint8; None takes the shared one.
    """

    pixels: np.ndarray
    place: tuple[int, int] = (0, 0)
    disposal: int = 0
    over: bool = True
    clear: int | None = None
    palette: np.ndarray | None = None


def gif(size: tuple[int, int], frames: list[MadeFrame], palette: np.ndarray | None) -> bytes:
    """Return a GIF with a shared palette, or none."""
    out = b"GIF89a" + struct.pack("<HHBBB", *size, 0x70 if palette is None else 0xF7, 0, 0)
    out += b"" if palette is None else palette.tobytes()
    for frame in frames:
        flags = frame.disposal << 2 | (frame.clear is not None)
        out += b"\x21\xf9\x04" + struct.pack("<BHBB", flags, 10, frame.clear or 0, 0)
        own = b"" if frame.palette is None else frame.palette.tobytes()
        height, width = frame.pixels.shape
        out += struct.pack("<B4HB", 0x2C, *frame.place, width, height, 0x87 if own else 0)
        out += own + _codes(frame.pixels)
    return out + b";"


def _codes(indices: np.ndarray) -> bytes:
    """Return indices as codes of 9 bits, cleared before they would grow."""
    bits = bytearray()
    codes = []
    for number, index in enumerate(indices.ravel().tolist()):
        codes += [256, index] if number % 200 == 0 else [index]
    for code in [*codes, 257]:
        bits += bytes(code >> bit & 1 for bit in range(9))
    packed = np.packbits(np.frombuffer(bits, np.uint8), bitorder="little").tobytes()
    pieces = (packed[start : start + 255] for start in range(0, len(packed), 255))
    return b"\x08" + b"".join(bytes((len(piece),)) + piece for piece in pieces) + b"\0"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def apng(size: tuple[int, int], frames: list[MadeFrame], still: np.ndarray | None = None) -> bytes:
    """Return an animated PNG; ``still`` is shown only where animations aren't."""
    header = struct.pack(">IIBBBBB", *size, 8, 6, 0, 0, 0)
    parts = [png_chunk(b"IHDR", header), png_chunk(b"acTL", struct.pack(">II", len(frames), 0))]
    if still is not None:
        parts.append(png_chunk(b"IDAT", _rows(still)))
    number = 0
    for first, frame in enumerate(frames):
        height, width = frame.pixels.shape[:2]
        how = (1, 10, frame.disposal, frame.over)
        control = struct.pack(">5I2H2B", number, width, height, *frame.place, *how)
        parts.append(png_chunk(b"fcTL", control))
        number += 1
        if first == 0 and still is None:
            parts.append(png_chunk(b"IDAT", _rows(frame.pixels)))
        else:
            parts.append(png_chunk(b"fdAT", struct.pack(">I", number) + _rows(frame.pixels)))
            number += 1
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")


def _rows(pixels: np.ndarray) -> bytes:
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))


def webp(size: tuple[int, int], frames: list[MadeFrame]) -> bytes:
    """Return an animated WebP without loss; places are even, disposal 1 clears."""
    body = b""
    for frame in frames:
        height, width = frame.pixels.shape[:2]
        buffer = io.BytesIO()
        Image.fromarray(frame.pixels).save(buffer, "WEBP", lossless=True, exact=True)
        pixels = buffer.getvalue()[12:]
        pixels = pixels[18:] if pixels.startswith(b"VP8X") else pixels
        numbers = (frame.place[0] // 2, frame.place[1] // 2, width - 1, height - 1, 100)
        flags = bytes((frame.disposal | (not frame.over) << 1,))
        content = b"".join(number.to_bytes(3, "little") for number in numbers) + flags + pixels
        body += b"ANMF" + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
    canvas = b"".join((edge - 1).to_bytes(3, "little") for edge in size)
    start = b"VP8X" + struct.pack("<I", 10) + b"\x12\0\0\0" + canvas
    start += b"ANIM" + struct.pack("<IIH", 6, 0xFF336699, 0)
    return b"RIFF" + struct.pack("<I", 4 + len(start + body)) + b"WEBP" + start + body


def random_animation(kind: str, seed: int) -> bytes:
    """Return an animation of a kind (GIF, PNG or WEBP), each frame anywhere and of any manner."""
    rng = np.random.default_rng(seed)
    width, height = (2 * int(edge) for edge in rng.integers(2, 10, 2))
    frames = []
    for number in range(int(rng.integers(2, 6))):
        left, top = (2 * int(rng.integers(0, edge // 2)) for edge in (width, height))
        if number == 0 and rng.random() < 0.6:
            left = top = 0
        beyond = 3 if kind == "GIF" else 0
        across = int(rng.integers(1, width - left + 1 + beyond))
        down = int(rng.integers(1, height - top + 1 + beyond))
        if kind == "PNG" and number == 0:
            left, top, across, down = 0, 0, width, height
        frames.append(_random_frame(kind, rng, (left, top, across, down)))
    if kind == "GIF":
        return gif((width, height), frames, rng.integers(0, 256, (256, 3), np.uint8))
    if kind == "WEBP":
        return webp((width, height), frames)
    still = rng.integers(0, 256, (height, width, 4), np.uint8) if seed % 3 == 0 else None
    return apng((width, height), frames, still)


def _random_frame(kind: str, rng: np.random.Generator, box: Box) -> MadeFrame:
    left, top, width, height = box
    if kind == "GIF":
        return MadeFrame(
            rng.integers(0, 8, (height, width)),
            (left, top),
            int(rng.integers(0, 8)),
            clear=int(rng.integers(0, 8)) if rng.random() < 0.6 else None,
            palette=rng.integers(0, 256, (256, 3), np.uint8) if rng.random() < 0.5 else None,
        )
    pixels = rng.integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = rng.choice((0, 255, 255, 128), (height, width))
    disposals = 3 if kind == "PNG" else 2
    over = bool(rng.integers(0, 2))
    return MadeFrame(pixels, (left, top), int(rng.integers(0, disposals)), over)
