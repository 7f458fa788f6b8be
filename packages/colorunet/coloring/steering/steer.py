"""Steering a prediction: hints change the logits, then fix the colours of their pixels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32

from colorcore import Palette
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.steering.hints import Hint, require_inside
from colorunet.coloring.steering.reference import Reference, referred
from colorunet.coloring.steering.seen_photo import SeenPhoto
from colorunet.coloring.steering.versions import Version, draw_versions
from colorunet.coloring.toning import Toning

_WIDTH_UV = 0.05  # of the colours that a hint applies to: about the distance of two bins
_MOST_NATS = 8.0  # that a hint takes from the logit of a bin far from its colour
_TOUCHING = 1e-12  # keeps the share of a hint at its own pixel finite


@dataclass(frozen=True)
class Steering:
    """A user's additions to a prediction.

    Args:
        hints: pixels whose colour is known.
        reference: a photo whose palette and tones are a prior.
    """

    hints: tuple[Hint, ...] = ()
    reference: Reference | None = None


def steered_uv(
    seen: SeenPhoto,
    palette: Palette,
    decoding: Decoding,
    steering: Steering,
    toning: Toning | None = None,
) -> Float32[np.ndarray, "h w 2"]:
    """Return the chroma of a photo; hints are exact whatever the dials are.

    Args:
        seen: the photo.
        palette: of its logits.
        decoding: from logits to colours.
        steering: what is added.
        toning: its warmth; mixing with the photo's own colours comes later.

    Raises:
        ColorunetError: a hint lies outside the photo, or two differ about a pixel.
    """
    field = hint_field(seen, steering.hints) if steering.hints else None
    logits, palette = referred_logits(seen, palette, steering)
    return hinted_uv(logits, field, palette, decoding, toning)


def referred_logits(
    seen: SeenPhoto, palette: Palette, steering: Steering
) -> tuple[Float32[np.ndarray, "h w n"], Palette]:
    """Return logits and palette under the prior of the reference, if there is one."""
    if steering.reference is None:
        return seen.logits, palette
    return referred(seen, palette, steering.reference)


def hinted_uv(
    logits: Float32[np.ndarray, "h w n"],
    field: "HintField | None",
    palette: Palette,
    decoding: Decoding,
    toning: Toning | None = None,
    *,
    version: Version | None = None,
) -> Float32[np.ndarray, "h w 2"]:
    """Return the chroma of logits, or of a version, under a field of hints."""
    if field is not None:
        logits = hinted_logits(logits, field, palette)
    uv = np.asarray(decoding.uv(logits, palette))
    if version is not None:
        uv = version.shifted(uv, decoding.saturation)
    return _finished(uv, toning, field)


def steered_versions(
    seen: SeenPhoto,
    palette: Palette,
    decoding: Decoding,
    steering: Steering,
    toning: Toning | None = None,
    *,
    count: int,
    seed: int = 0,
) -> list[Version]:
    """Return different plausible colourings, the most likely first; see ``draw_versions``.

    Raises:
        ColorunetError: as in ``steered_uv``.
        ValueError: the count is out of its range.
    """
    field = hint_field(seen, steering.hints) if steering.hints else None
    logits, palette = referred_logits(seen, palette, steering)
    logits = logits if field is None else hinted_logits(logits, field, palette)
    versions = draw_versions(seen, logits, palette, decoding, count=count, seed=seed)
    return [replace(version, uv=_finished(version.uv, toning, field)) for version in versions]


@dataclass(frozen=True)
class HintField:
    """Weight and colour of all hints at each pixel.

    Args:
        weight: (h, w) in [0, 1], 1 at a hint and near 0 behind an edge.
        uv: (h, w, 2) of the colour that they ask for there.
    """

    weight: Float32[np.ndarray, "h w"]
    uv: Float32[np.ndarray, "h w 2"]


def hint_field(seen: SeenPhoto, hints: Sequence[Hint]) -> HintField:
    """Return the field of hints, weighted by distance (Shepard 1968).

    Raises:
        ColorunetError: a hint lies outside the photo, or two differ about a pixel.
    """
    require_inside(hints, seen.size)
    nearest = np.full(seen.luma.shape, np.inf, np.float32)
    shares = np.zeros(seen.luma.shape, np.float64)
    uv = np.zeros((*seen.luma.shape, 2), np.float64)
    for hint in hints:
        distance = seen.distances(seen.working_pixel(hint.x, hint.y))
        nearest = np.minimum(nearest, distance)
        share = 1 / (distance.astype(np.float64) ** 2 + _TOUCHING)
        shares += share
        uv += share[..., None] * hint.uv
    weight = np.exp(-(nearest**2))
    return HintField(weight, (uv / shares[..., None]).astype(np.float32))


def hinted_logits(
    logits: Float32[np.ndarray, "h w n"], field: HintField, palette: Palette
) -> Float32[np.ndarray, "h w n"]:
    """Return logits with the hints as evidence, which lowers bins of other colours.

    A hint of low weight decides only where the network is uncertain; a near one always does.
    """
    centers = palette.centers.astype(np.float32)
    own = np.sum(field.uv**2, axis=-1, keepdims=True)
    penalty = field.uv @ (-2 * centers.T)
    penalty += own
    penalty += np.sum(centers**2, axis=-1)
    penalty /= np.float32(2 * _WIDTH_UV**2)
    np.minimum(penalty, np.float32(_MOST_NATS), out=penalty)
    penalty *= field.weight[..., None]
    return np.subtract(logits, penalty, out=penalty)


def held_to_hints(uv: Float[np.ndarray, "h w 2"], field: HintField) -> Float32[np.ndarray, "h w 2"]:
    """Return chroma drawn to the hints' colours: exact at them, less with distance."""
    share = field.weight[..., None] ** 2
    return (uv + share * (field.uv - uv)).astype(np.float32)


def _finished(
    uv: Float[np.ndarray, "h w 2"], toning: Toning | None, field: HintField | None
) -> Float32[np.ndarray, "h w 2"]:
    warmed = uv.astype(np.float32) if toning is None else toning.warmed(uv.astype(np.float32))
    return warmed if field is None else held_to_hints(warmed, field)
