"""Contact sheet of some samples: luma, bins and colours side by side."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from colorcore import Palette, bins_to_uv, yuv_to_rgb
from colorfiles.contact_sheet import contact_sheet, png_bytes
from dataprep.inspection.samples import InspectedSample, spread_samples
from dataprep.shards.shard_set import ShardSet

SHOWN = {"train": 12, "val": 3, "test": 3}
_PAIRS_A_ROW = 3
_EDGE_PX = 176


def contact_sheet_png(shards: ShardSet, *, digest: str = "") -> bytes:
    """Return a PNG of samples of every split, each as luma | colour of its bins.

    ``digest`` says what it was made from, see ``colorfiles.outputs``.
    """
    groups = [
        (f"{item.split}  {item.key}", _pictures(item, shards.palette, _EDGE_PX))
        for split, count in SHOWN.items()
        for item in spread_samples(shards, split, count)
    ]
    sheet = contact_sheet(groups, titles=("luma", "colour from bins"), groups_a_row=_PAIRS_A_ROW)
    return png_bytes(sheet, digest)


def color_from_bins(
    luma: UInt8[np.ndarray, "size size"], bins: UInt8[np.ndarray, "size size"], palette: Palette
) -> UInt8[np.ndarray, "size size 3"]:
    """Return luma with each pixel in the colour of its bin."""
    yuv = np.concatenate((luma[..., None] / 255.0, bins_to_uv(bins, palette)), axis=-1)
    return np.round(yuv_to_rgb(yuv) * 255).astype(np.uint8)


def luma_and_colors(item: InspectedSample, palette: Palette, *, edge_px: int) -> Image.Image:
    """Return luma | colour from bins as one picture, each ``edge_px`` wide."""
    pair = Image.new("RGB", (2 * edge_px + 2, edge_px), (128, 128, 128))
    for column, panel in enumerate(_pictures(item, palette, edge_px)):
        pair.paste(panel, (column * (edge_px + 2), 0))
    return pair


def _pictures(item: InspectedSample, palette: Palette, edge_px: int) -> list[Image.Image]:
    luma, bins = item.sample.luma, item.sample.bins
    assert luma is not None  # spread_samples yields whole samples only
    assert bins is not None
    pictures = (np.repeat(luma[..., None], 3, axis=-1), color_from_bins(luma, bins, palette))
    size = (edge_px, edge_px)
    return [Image.fromarray(p).resize(size, Image.Resampling.LANCZOS) for p in pictures]
