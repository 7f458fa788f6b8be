"""Consistency of the views of a photo where they overlap."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int16, UInt8

from dataprep.shards.views import View

_UNKNOWN = -1
# Mean difference of two JPEGs (quality 95) of the same luma, in levels; noise comes on top.
CODEC_LEVELS = 3.0


@dataclass
class _Canvas:
    bins: Int16[np.ndarray, "height width"]
    luma: Int16[np.ndarray, "height width"]
    noise_levels: float
    left: int


class Overlaps:
    """Places the views of each photo on a canvas and finds contradictions.

    All views of a photo are cut from the same bins, which must agree exactly; luma agrees within
    the error of its codec and its noise. A canvas is dropped after the photo's last view;
    ``views`` is the number of views by key.
    """

    def __init__(self, views: Mapping[str, int]) -> None:
        self._views = views
        self._canvases: dict[str, _Canvas] = {}

    def lay(
        self,
        photo_key: str,
        view: View,
        resized: tuple[int, int],
        bins: UInt8[np.ndarray, "size size"],
        luma: UInt8[np.ndarray, "size size"],
    ) -> Iterator[str]:
        """Yield a view's contradictions to earlier ones of its photo, then add it."""
        views = self._views[photo_key]
        if views == 1:
            return
        canvas = self._canvases.get(photo_key)
        if canvas is None:
            blank = np.full(resized[::-1], _UNKNOWN, dtype=np.int16)
            canvas = _Canvas(blank, blank.copy(), 0.0, views)
            self._canvases[photo_key] = canvas
        if canvas.bins.shape != resized[::-1]:
            yield "its photo was resized to another shape than in its other views"
            return
        yield from _contradictions(canvas, view, bins, luma)
        canvas.left -= 1
        if canvas.left == 0:
            del self._canvases[photo_key]


def _contradictions(
    canvas: _Canvas,
    view: View,
    bins: UInt8[np.ndarray, "size size"],
    luma: UInt8[np.ndarray, "size size"],
) -> Iterator[str]:
    rows = slice(view.crop_top, view.crop_top + view.crop_size)
    columns = slice(view.crop_left, view.crop_left + view.crop_size)
    if view.flip:
        bins, luma = bins[:, ::-1], luma[:, ::-1]
    known = canvas.bins[rows, columns] != _UNKNOWN
    wrong = int(np.sum(known & (canvas.bins[rows, columns] != bins)))
    if wrong:
        yield f"{wrong} bins differ from those of the photo's other views at the same place"
    noise = canvas.noise_levels + 255 * view.noise_sigma
    if known.any():
        difference = np.abs(canvas.luma[rows, columns].astype(np.int32) - luma)[known].mean()
        if difference > CODEC_LEVELS + noise:
            yield (
                f"luma differs from the photo's other views at the same place by "
                f"{difference:.1f} levels"
            )
    canvas.bins[rows, columns] = bins
    canvas.luma[rows, columns] = luma
    canvas.noise_levels = max(canvas.noise_levels, 255 * view.noise_sigma)
