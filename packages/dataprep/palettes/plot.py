"""Plot of a palette: bins in the UV plane, and each bin's prior and weight."""

import io

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from colorcore import Palette, rebalancing_weights, uv_to_bins, yuv_to_rgb
from colorfiles.outputs import png_texts
from dataprep.palettes.measures import PriorError

_SWATCH_LUMA = 0.6  # sRGB has most of the palette's colours at this luma
_U_LIMIT, _V_LIMIT = 0.46, 0.65
_RASTER = 600
_STYLE = {
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
}


def palette_png(
    palette: Palette, *, lam: float, prior_error: PriorError | None = None, digest: str = ""
) -> bytes:
    """Return a PNG: the UV plane on the left, prior and weight at ``lam`` on the right.

    Below them, where that was measured, how the prior's error falls with more photos. ``digest``
    says what the figure was made from, see ``colorfiles.outputs``.

    Raises:
        ValueError: ``lam`` lies outside (0, 1).
    """
    weights = rebalancing_weights(palette.prior, lam)
    order = np.argsort(-palette.prior, kind="stable")
    with mpl.rc_context(_STYLE):
        measured = prior_error is not None and len(prior_error.photos) > 1
        rows = ["prior", "weight", "error"] if measured else ["prior", "weight"]
        figure = Figure(figsize=(13, 8 if measured else 6.4), dpi=120, layout="constrained")
        axes: dict[str, Axes] = figure.subplot_mosaic(
            [["plane", row] for row in rows],
            width_ratios=[1, 1.3],
            height_ratios=[1, 1, 0.7][: len(rows)],
        )
        if prior_error is not None and measured:
            _draw_error(axes["error"], prior_error, palette.photos)
        _draw_plane(axes["plane"], palette, order)
        colors = _swatches(palette.centers)[order]
        _draw_bars(axes["prior"], 100 * palette.prior[order], colors, log=True)
        axes["prior"].set_title("Prior: share of pixels (%, log scale)")
        axes["prior"].set_xticks([])
        _draw_bars(axes["weight"], weights[order], colors, log=False)
        axes["weight"].axhline(1, color="black", linewidth=0.8, linestyle=":")
        axes["weight"].set_title(f"Weight in the loss at λ = {lam:g} (mean 1 over pixels)")
        axes["weight"].set_xlabel("bin, numbered by its place in the palette, most frequent first")
        _number(axes["weight"], order)
        figure.suptitle(
            f"{palette.n} bins ({palette.method}) from {palette.photos:,} photos, "
            f"{palette.pixels / 1e6:,.1f} million pixels",
            fontweight="bold",
        )
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata=png_texts(digest))
    return buffer.getvalue()


def _draw_plane(axes: Axes, palette: Palette, order: np.ndarray) -> None:
    u, v = np.meshgrid(
        np.linspace(-_U_LIMIT, _U_LIMIT, _RASTER), np.linspace(-_V_LIMIT, _V_LIMIT, _RASTER)
    )
    plane = np.stack((u, v), axis=-1)
    cells = _swatches(palette.centers)[uv_to_bins(plane, palette)]
    # Only what sRGB can show at some luma belongs to a bin that pixels ever get.
    shown = np.where(_reachable(plane)[..., None], cells, 1.0)
    axes.imshow(
        shown,
        extent=(-_U_LIMIT, _U_LIMIT, -_V_LIMIT, _V_LIMIT),
        origin="lower",
        aspect="equal",
        interpolation="nearest",
    )
    area = 30 + 500 * np.sqrt(palette.prior)
    axes.scatter(
        palette.centers[:, 0],
        palette.centers[:, 1],
        s=area,
        c=_swatches(palette.centers),
        edgecolors="black",
        linewidths=0.9,
    )
    if palette.n <= 64:
        for bin_id in order:
            axes.annotate(
                str(bin_id), palette.centers[bin_id], ha="center", va="center", fontsize=6.5
            )
    axes.axhline(0, color="black", linewidth=0.5, alpha=0.4)
    axes.axvline(0, color="black", linewidth=0.5, alpha=0.4)
    axes.set_title("The UV plane, each region in the colour of its bin")
    axes.set_xlabel("U  (yellow to blue)")
    axes.set_ylabel("V  (green to red)")


def _draw_bars(
    axes: Axes, heights: Float[np.ndarray, "n"], colors: np.ndarray, *, log: bool
) -> None:
    positions = np.arange(len(heights))
    axes.bar(positions, heights, color=colors, edgecolor="black", linewidth=0.5, log=log)
    axes.set_xlim(-0.7, len(heights) - 0.3)
    if log:
        axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)


def _draw_error(axes: Axes, error: PriorError, photos: int) -> None:
    assert error.now is not None  # photos enough were measured
    axes.plot(error.photos, [100 * value for value in error.errors], "o-", color="black")
    axes.plot([photos], [100 * error.now], "*", color="tab:red", markersize=13)
    axes.plot([error.photos[-1], photos], [100 * error.errors[-1], 100 * error.now], ":k")
    axes.annotate(
        f"this palette: {photos:,} photos, {100 * error.now:.1f} %",
        (photos, 100 * error.now),
        xytext=(-14, -14),
        textcoords="offset points",
        ha="right",
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(bottom=100 * min(error.now, *error.errors) / 2)
    axes.set_yticks(
        [percent for percent in (0.5, 1, 2, 5, 10, 20, 50, 100) if _inside(axes, percent)]
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    axes.set_title("Prior error (% of pixels) against photos used")
    axes.set_xlabel("photos")
    axes.grid(alpha=0.3)


def _inside(axes: Axes, percent: float) -> bool:
    low, high = axes.get_ylim()
    return low <= percent <= high


def _number(axes: Axes, order: np.ndarray) -> None:
    step = max(1, round(len(order) / 40))
    places = np.arange(0, len(order), step)
    axes.set_xticks(places, [str(order[place]) for place in places], fontsize=7)


def _swatches(uv: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape 3"]:
    """Return each colour at one luma, clipped to sRGB."""
    luma = np.full((*uv.shape[:-1], 1), _SWATCH_LUMA)
    return yuv_to_rgb(np.concatenate((luma, uv), axis=-1))


def _reachable(uv: Float[np.ndarray, "*shape 2"]) -> np.ndarray:
    """Whether some luma makes a colour of the sRGB cube with this U and V."""
    offsets = yuv_to_rgb(np.concatenate((np.zeros((*uv.shape[:-1], 1)), uv), axis=-1), clip=False)
    return offsets.max(axis=-1) - offsets.min(axis=-1) <= 1
