"""Checks of one sample: members, shapes, and their agreement."""

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import zstandard
from jaxtyping import UInt8
from PIL import Image

from colorcore import Palette, rgb_table, uv_of_uint8
from dataprep.shards.shard_set import unpack_bins
from dataprep.shards.views import ViewSettings
from dataprep.verification.hidden_bytes import jpeg_faults, png_faults, zstd_faults
from dataprep.verification.overlaps import CODEC_LEVELS

# A bin was the nearest to a pixel of the uncompressed crop. To the pixel of its JPEG (quality 95)
# it lies at most so much farther than the nearest: on photographs no pixel passes 0.08, of random
# noise 0.1 % pass 0.05; of a bin map that isn't this crop's, 3 % or far more.
_FARTHER = 0.05
_FARTHER_SHARE = 0.005  # of a sample's pixels that may lie farther off
_FAR = 0.2


@dataclass(frozen=True)
class DecodedSample:
    """The pixels of a sample that could be read; None where a member couldn't."""

    bins: UInt8[np.ndarray, "size size"] | None
    luma: UInt8[np.ndarray, "size size"] | None
    rgb: UInt8[np.ndarray, "size size 3"] | None


def expected_members(settings: ViewSettings, split: str) -> tuple[str, ...]:
    """Return the extensions of a sample's members, in their order."""
    luma = "y.jpg" if settings.luma == "jpeg" else "y.png"
    return (luma, "bins.zst", *(["rgb.jpg"] if settings.rgb_in(split) else []))


def decode_sample(
    members: Mapping[str, bytes], settings: ViewSettings, split: str, palette: Palette
) -> tuple[DecodedSample, list[str]]:
    """Return a sample's pixels and the faults of its members."""
    expected = expected_members(settings, split)
    if tuple(members) != expected:
        message = f"expected the members {', '.join(expected)}, found {', '.join(members)}"
        if set(members) != set(expected):
            return DecodedSample(None, None, None), [message]
        wrong = [message]
    else:
        wrong = []
    pixels: dict[str, np.ndarray | None] = {}
    for extension in expected:
        try:
            data = members[extension]
            pixels[extension[:1]] = (
                _decode_bins(data, settings.size, palette.n)
                if extension == "bins.zst"
                else _decode_image(data, extension, settings.size)
            )
            wrong += [f"{extension}: {what}" for what in _hidden(data, extension, settings.size)]
        except ValueError as error:
            wrong.append(f"{extension}: {error}")
    return DecodedSample(pixels.get("b"), pixels.get("y"), pixels.get("r")), wrong


def disagreements(sample: DecodedSample, palette: Palette, noise_sigma: float) -> Iterator[str]:
    """Yield contradictions of the colour crop to luma and bins."""
    if sample.rgb is None:
        return
    if sample.luma is not None:
        gray = np.asarray(Image.fromarray(sample.rgb).convert("L"), dtype=np.int32)
        difference = float(np.abs(gray - sample.luma).mean())
        if difference > CODEC_LEVELS + 255 * noise_sigma:
            yield f"luma isn't that of rgb.jpg: {difference:.1f} levels apart on average"
    if sample.bins is not None:
        farther = _distance_beyond_nearest(sample.rgb, sample.bins, palette)
        share = float(np.mean(farther > _FARTHER))
        if share > _FARTHER_SHARE or farther.max() > _FAR:
            yield (
                f"bins aren't those of rgb.jpg under this palette: {100 * share:.1f} % of the "
                f"pixels lie far nearer to another bin"
            )


def _hidden(data: bytes, extension: str, size: int) -> list[str]:
    if extension == "bins.zst":
        return zstd_faults(data)
    if extension.endswith("png"):
        return png_faults(data)
    return jpeg_faults(data, "RGB" if extension[0] == "r" else "L", size)


def _decode_bins(data: bytes, size: int, n: int) -> UInt8[np.ndarray, "size size"]:
    try:
        claimed_bytes = zstandard.frame_content_size(data)
        if claimed_bytes != size * size:  # before unpacking: a frame may claim anything
            raise ValueError(
                f"expected a frame of {size * size} bytes, found one of {claimed_bytes}"
            )
        bins = np.frombuffer(unpack_bins(data), dtype=np.uint8).reshape(size, size)
    except zstandard.ZstdError as error:
        raise ValueError(f"not a zstandard frame ({error})") from None
    if int(bins.max()) >= n:
        many = int(np.sum(bins >= n))
        raise ValueError(f"expected ids below {n}, found up to {bins.max()} ({many} pixels)")
    return bins


def _decode_image(data: bytes, extension: str, size: int) -> UInt8[np.ndarray, "size size *c"]:
    format_name, mode = extension[-3:].replace("jpg", "jpeg"), "RGB" if extension[0] == "r" else "L"
    try:
        with Image.open(io.BytesIO(data), formats=(format_name,)) as image:
            if (image.mode, image.size) != (mode, (size, size)):
                raise ValueError(
                    f"expected {mode} of {size} x {size} pixels, "
                    f"found {image.mode} of {image.width} x {image.height}"
                )
            pixels = np.asarray(image)
    except (OSError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError) as error:
        raise ValueError(f"can't be decoded ({error})") from None
    return pixels


def _distance_beyond_nearest(
    rgb: UInt8[np.ndarray, "size size 3"], bins: UInt8[np.ndarray, "size size"], palette: Palette
) -> np.ndarray:
    index = rgb.astype(np.int64) @ np.array([65536, 256, 1])
    uv, centers = uv_of_uint8(rgb), np.array(palette.centers)
    nearest = _table(palette)[index]
    stored, best = (np.hypot(*np.moveaxis(uv - centers[ids], -1, 0)) for ids in (bins, nearest))
    return stored - best


@lru_cache(maxsize=1)
def _table(palette: Palette) -> UInt8[np.ndarray, "16777216"]:
    return rgb_table(palette)
