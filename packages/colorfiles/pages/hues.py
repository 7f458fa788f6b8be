"""Colours on a page: codes, names, a hue wheel, and the UV plane."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from colorcore import Palette, yuv_to_rgb
from colorcore.measures import HUE_FAMILIES, hue_families

_LUMA = 0.55  # at which a chroma is shown
_GRAY, _MUTED, _VIVID = 0.03, 0.09, 0.18  # chroma up to which a colour is called so
_PLANE = 0.45  # half the edge of the plane that is drawn
_LARGEST = 0.07  # radius of the fullest bin in it


def color_code(uv: Float[np.ndarray, "2"]) -> str:
    """Return a chroma at middle luma as ``#c04030``."""
    rgb = np.round(255 * yuv_to_rgb(np.array([_LUMA, *uv]))).astype(int)
    return "#" + "".join(f"{channel:02x}" for channel in rgb)


def color_names(palette: Palette) -> list[str]:
    """Return a name for each bin, such as ``muted orange``; equal ones are numbered."""
    names = [_name(uv) for uv in palette.centers]
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if names.count(name) > 1 or seen[name] > 1:
            names[number] = f"{name} {seen[name]}"
    return names


def wheel(counts: Float[np.ndarray, "sectors"], *, largest: float) -> Markup:
    """Return a hue wheel: the area of each sector shows its share, its colour is its hue.

    Args:
        counts: pixels per sector, the first beginning at the angle −π of (U, V).
        largest: the share that reaches the rim, so that two wheels can be compared.
    """
    total = max(float(counts.sum()), 1.0)
    step = 2 * math.pi / len(counts)
    parts = [
        Markup('<circle class="rim" r="{:.3f}"/>').format(math.sqrt(share)) for share in (1.0, 0.25)
    ]
    for number, count in enumerate(counts):
        share = float(count) / total
        radius = math.sqrt(min(share / largest, 1.0)) if largest > 0 else 0.0
        start = -math.pi + number * step
        rim = [
            f"{radius * math.cos(angle):.3f},{-radius * math.sin(angle):.3f}"
            for angle in np.linspace(start, start + step, 5)
        ]
        middle = 0.22 * np.array([math.cos(start + step / 2), math.sin(start + step / 2)])
        parts.append(
            Markup('<polygon points="0,0 {}" fill="{}"><title>{:.1f} %</title></polygon>').format(
                " ".join(rim), color_code(middle), 100 * share
            )
        )
    return _square(parts, "hues, more of the wheel where there is more of a hue")


def plane(palette: Palette, shares: Sequence[float]) -> Markup:
    """Return a plot of the bins at their U (right) and V (up), area by share."""
    most = max(*shares, 1e-9)
    parts = [Markup('<path class="rim" d="M-1 0H1M0 -1V1"/>')]
    named = zip(palette.centers, shares, color_names(palette), strict=True)
    for (u, v), share, name in sorted(named, key=lambda bin_: -bin_[1]):
        radius = max(_LARGEST * math.sqrt(share / most), 0.012) / _PLANE
        parts.append(
            Markup(
                '<circle cx="{:.3f}" cy="{:.3f}" r="{:.3f}" fill="{}">'
                "<title>{}: {:.2f} %</title></circle>"
            ).format(
                u / _PLANE, -v / _PLANE, radius, color_code(np.array([u, v])), name, 100 * share
            )
        )
    return _square(parts, "bins of the palette in the plane of U and V")


def _square(parts: Sequence[Markup], description: str) -> Markup:
    return Markup(
        '<svg class="wheel" viewBox="-1.03 -1.03 2.06 2.06" role="img" aria-label="{}">{}</svg>'
    ).format(description, Markup("").join(parts))


def _name(uv: Float[np.ndarray, "2"]) -> str:
    chroma = math.hypot(*uv)
    if chroma < _GRAY:
        return "gray"
    family = HUE_FAMILIES[int(hue_families(uv))]
    if chroma < _MUTED:
        return f"muted {family}"
    return f"vivid {family}" if chroma > _VIVID else family
