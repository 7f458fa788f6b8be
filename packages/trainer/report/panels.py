"""Pictures of single samples: gray input, truth, palette's ceiling, prediction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from colorunet.coloring.colorizer import Colorizer
from trainer.data.shard_set import Sample, ShardSet
from trainer.evaluation.colors import decoded_colors, quantized_colors, true_colors

TITLES = ("gray input", "truth", "palette's ceiling", "prediction")


@dataclass(frozen=True)
class Panels:
    """The four pictures of one sample, in the order of ``TITLES``."""

    key: str
    pictures: tuple[Image.Image, ...]


def panels(colorizer: Colorizer, sample: Sample, *, edge_px: int) -> Panels:
    """Colourise a sample and scale its four pictures to ``edge_px``."""
    palette = colorizer.palette
    uv = colorizer.decode(colorizer.logits(sample.luma))
    pictures = (
        np.repeat(sample.luma[..., None], 3, axis=-1),
        _to_uint8(true_colors(sample.luma, sample.bins, sample.rgb, palette).rgb),
        _to_uint8(quantized_colors(sample.luma, sample.bins, palette).rgb),
        _to_uint8(decoded_colors(sample.luma, uv, palette).rgb),
    )
    return Panels(sample.key, tuple(_scaled(picture, edge_px) for picture in pictures))


def panels_of(
    colorizer: Colorizer, shards: ShardSet, split: str, keys: Sequence[str], *, edge_px: int
) -> Iterator[Panels]:
    """Yield the panels of the given samples in the order of the shards."""
    remaining = set(keys)
    for sample in shards.samples(split):
        if sample.key in remaining:
            remaining.remove(sample.key)
            yield panels(colorizer, sample, edge_px=edge_px)
        if not remaining:
            return


def spread_keys(keys: Sequence[str], count: int) -> list[str]:
    """Return at most ``count`` keys, evenly spread over all."""
    picks = np.unique(np.linspace(0, len(keys) - 1, min(count, len(keys))).round().astype(int))
    return [keys[i] for i in picks]


def _to_uint8(rgb: Float[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return np.round(rgb * 255).astype(np.uint8)


def _scaled(picture: UInt8[np.ndarray, "h w 3"], edge_px: int) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(picture))
    scale = edge_px / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)
