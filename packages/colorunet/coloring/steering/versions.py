"""Several plausible colourings of a photo: whole regions drawn otherwise, never single pixels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from PIL import Image

from colorcore import Palette
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.dials import DIALS
from colorunet.coloring.steering.seen_photo import SeenPhoto

MOST_VERSIONS = int(DIALS["versions"].high)
_REGIONS = 8
_THINNING = 4  # the logits themselves are as coarse
_CANDIDATES = 8  # drawn for each version wanted
_TILT_NATS = 2.2  # how much likelier a drawn color becomes, one standard deviation
_SHARED = 0.5  # of that variance, what all regions have in common
_HUE_UV = 0.1  # bins as near as this become likelier together
_WIDTH_UV = 0.05  # colors as near as this count as the same in a likelihood
_LUMA_WEIGHT, _PLACE_WEIGHT = 1.0, 0.25  # of regions, beside what the network takes for alike
_SOFTNESS = 0.05  # of the regions' borders


@dataclass(frozen=True, eq=False)
class Version:
    """One colouring.

    Args:
        uv: (h, w, 2) at the working size.
        likelihood: in (0, 1): the geometric mean over the pixels of the probability that the
            network gives to colours as near as 0.05 (UV) to this one's.
        regions: (t, s, r), how much of each region a thinned pixel belongs to.
        tilt: (r, n), what is added to the logits of each region's bins.
    """

    uv: Float32[np.ndarray, "h w 2"]
    likelihood: float
    regions: Float32[np.ndarray, "t s r"]
    tilt: Float32[np.ndarray, "r n"]

    def tilted(self, logits: Float32[np.ndarray, "h w n"]) -> Float32[np.ndarray, "h w n"]:
        """Return the photo's logits, at any size, as this version has them.

        So a version keeps its regions and its hues whatever dials are turned.
        """
        return logits + _as_large(self.regions, logits.shape[:2]) @ self.tilt


def draw_versions(
    seen: SeenPhoto,
    logits: Float32[np.ndarray, "h w n"],
    palette: Palette,
    decoding: Decoding,
    *,
    count: int,
    seed: int = 0,
) -> list[Version]:
    """Return different colourings, the most likely first; the same for the same seed.

    Regions are what the network takes for alike. In each draw the logits of a region are tilted
    toward some hues: where the network is sure nothing changes, where several colours are likely
    another one wins, for the whole region. Of many draws those are taken that are likely and far
    from those taken before; the untilted one is always among them.

    Args:
        seen: the photo.
        logits: of it, with whatever steers them.
        palette: of the logits' bins.
        decoding: from logits to colours.
        count: how many, 1 to 16.
        seed: of the draws.

    Raises:
        ValueError: the count is out of its range.
    """
    if not 1 <= count <= MOST_VERSIONS:
        raise ValueError(f"versions: expected 1 to {MOST_VERSIONS}, given {count}")
    rng = np.random.default_rng(seed)
    coarse = _memberships(seen, rng)
    tilts = _tilts(palette, coarse.shape[-1], _CANDIDATES * (count - 1), rng)
    thin = (slice(None, None, _THINNING),) * 2
    draws = [_uv(logits[thin] + coarse @ tilt, palette, decoding) for tilt in tilts]
    likelihoods = [_likelihood(uv, logits[thin], palette) for uv in draws]
    picks = _picks(draws, likelihoods, count)
    memberships = _as_large(coarse, seen.luma.shape)
    versions = []
    for number in picks:
        uv = _uv(logits + memberships @ tilts[number], palette, decoding)
        likelihood = _likelihood(uv, logits, palette)
        versions.append(Version(uv, likelihood, coarse, tilts[number]))
    return sorted(versions, key=lambda version: -version.likelihood)


def _uv(logits: np.ndarray, palette: Palette, decoding: Decoding) -> Float32[np.ndarray, "h w 2"]:
    return np.asarray(decoding.uv(logits, palette), np.float32)


def _memberships(seen: SeenPhoto, rng: np.random.Generator) -> Float32[np.ndarray, "t s r"]:
    """Return to which region each thinned pixel belongs, softly.

    By k-means over what the network takes it for, its luma and its place.
    """
    features = seen.features[::_THINNING, ::_THINNING]
    height, width = features.shape[:2]
    small = Image.fromarray(seen.luma).resize((width, height), Image.Resampling.BOX)
    rows, columns = np.mgrid[:height, :width] * (_PLACE_WEIGHT / min(height, width))
    beside = np.stack([np.asarray(small) * (_LUMA_WEIGHT / 255), rows, columns], axis=-1)
    points = np.concatenate([features, beside.astype(np.float32)], axis=-1)
    flat = points.reshape(-1, points.shape[-1])
    centers = flat[rng.choice(len(flat), min(_REGIONS, len(flat)), replace=False)]
    for _ in range(10):
        nearest = np.argmin(_squared_distances(flat, centers), axis=-1)
        for number in range(len(centers)):
            if (mine := nearest == number).any():
                centers[number] = flat[mine].mean(axis=0)
    closeness = -_squared_distances(points, centers) / np.float32(_SOFTNESS)
    shares = np.exp(closeness - closeness.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def _as_large(
    planes: Float32[np.ndarray, "t s r"], size: tuple[int, int]
) -> Float32[np.ndarray, "h w r"]:
    large = [
        Image.fromarray(np.ascontiguousarray(planes[..., number])).resize(
            (size[1], size[0]), Image.Resampling.BILINEAR
        )
        for number in range(planes.shape[-1])
    ]
    return np.stack([np.asarray(plane) for plane in large], axis=-1)


def _squared_distances(points: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return squared distances, but for what is the same for all centres of a point."""
    return np.asarray(np.sum(centers**2, axis=-1) - 2 * (points @ centers.T))


def _tilts(
    palette: Palette, regions: int, count: int, rng: np.random.Generator
) -> Float32[np.ndarray, "d r n"]:
    """Return what each draw adds to the logits of each region's bins; the first adds nothing."""
    squared = np.sum((palette.centers[:, None] - palette.centers) ** 2, axis=-1)
    kernel = np.exp(-squared / (2 * _HUE_UV**2))
    kernel /= np.sqrt(np.sum(kernel**2, axis=0))
    shared = rng.standard_normal((count, 1, palette.n)) * _SHARED**0.5
    own = rng.standard_normal((count, regions, palette.n)) * (1 - _SHARED) ** 0.5
    tilts = (shared + own) @ kernel * _TILT_NATS
    return np.concatenate([np.zeros((1, regions, palette.n)), tilts]).astype(np.float32)


def _likelihood(
    uv: Float[np.ndarray, "h w 2"], logits: Float32[np.ndarray, "h w n"], palette: Palette
) -> float:
    centers = palette.centers.astype(np.float32)
    squared = _squared_distances(uv, centers) + np.sum(uv**2, axis=-1, keepdims=True)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    both = np.exp(shifted - squared / np.float32(2 * _WIDTH_UV**2)).sum(axis=-1)
    return float(np.exp(np.mean(np.log(both / np.exp(shifted).sum(axis=-1)), dtype=np.float64)))


def _picks(draws: list[np.ndarray], likelihoods: list[float], count: int) -> list[int]:
    """Return which draws to take: the first, then always one that is likely and far from all."""
    picks = [0]
    nearest = np.full(len(draws), np.inf)
    while len(picks) < count:
        last = draws[picks[-1]]
        distances = [float(np.mean(np.linalg.norm(uv - last, axis=-1))) for uv in draws]
        nearest = np.minimum(nearest, distances)
        picks.append(int(np.argmax(nearest * np.array(likelihoods))))
    return picks
