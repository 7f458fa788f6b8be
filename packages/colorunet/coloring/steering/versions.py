"""Several plausible colourings of a photo: whole regions take another likely colour."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8

from colorcore import Palette
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.steering.regions import as_large, region_shares
from colorunet.coloring.steering.seen_photo import SeenPhoto

MOST_VERSIONS = 16  # more than a page shows beside each other
_LEAST_SATURATION = 1e-3  # 0 is gray, whose versions are all equal
_THINNING = 4  # the logits themselves are as coarse
_CANDIDATES = 24  # drawn for each version wanted
_WIDTH_UV = 0.05  # colours as near as this count as the same in a likelihood
_APART_UV = 0.07  # of another colour from the region's own: about 8 CIEDE2000 at medium luma
_LEAST_SHARES = (0.2, 0.1, 0.05, 0.02, 0.0)  # of a region's likeliest colour, tried in turn
_OWN_NOISE = 0.3  # of a region's draw; the rest is shared, so that like regions change together
_MOST_KEEPING_NATS = 3.0  # added to keeping a region's colour, so that some draws change little
_FLAT_LEVELS = 4  # of 255, between thinned pixels
_ROUGHEST = 1.06  # chroma steps where luma is flat, as a multiple of the usual colouring's
_UNSEEN_STEP_UV = 1e-3  # smaller steps are invisible
_CHANGED_UV = 0.03  # chroma changed by more than this shows
_LEAST_AREA, _ENOUGH_AREA = 0.04, 0.2  # of the photo, in which two versions differ


@dataclass(frozen=True, eq=False)
class Version:
    """One colouring.

    Args:
        uv: (h, w, 2) at the working size.
        likelihood: in (0, 1): the geometric mean over the pixels of the probability that the
            network gives to colours as near as 0.05 (UV) to this one's.
        regions: (t, s, r), how much of each region a thinned pixel belongs to.
        shifts: (r, 2), by how much each region's U and V differ from the usual colouring's, at a
            saturation of 1.
    """

    uv: Float32[np.ndarray, "h w 2"]
    likelihood: float
    regions: Float32[np.ndarray, "t s r"]
    shifts: Float32[np.ndarray, "r 2"]

    def shifted(
        self, uv: Float[np.ndarray, "h w 2"], saturation: float = 1.0
    ) -> Float32[np.ndarray, "h w 2"]:
        """Return the photo's chroma, at any size, shifted as in this version.

        So a version keeps its regions and its hues whatever dials are turned.

        Args:
            uv: as decoded.
            saturation: that it was decoded with.
        """
        change = as_large(self.regions @ self.shifts, uv.shape[:2])
        return np.asarray(uv + np.float32(saturation) * change, np.float32)


def draw_versions(
    seen: SeenPhoto,
    logits: Float32[np.ndarray, "h w n"],
    palette: Palette,
    decoding: Decoding,
    *,
    count: int,
    seed: int = 0,
) -> list[Version]:
    """Return different colourings, the most likely first; deterministic for a seed.

    Regions have similar logits. In each draw a region keeps its colour or takes another likely one:
    its chroma is shifted as a whole, so that its texture stays as clean as in the usual colouring,
    which is always among the versions. A region of certain colour changes only if too few others
    do. Of many draws the likely ones are chosen that differ clearly from those chosen before.

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
    usual = np.asarray(decoding.uv(logits, palette), np.float32)
    thin = (slice(None, None, _THINNING),) * 2
    few, shares = logits[thin], region_shares(seen, _THINNING, rng)
    colors = _RegionColors.of(
        few, shares, usual[thin] / max(decoding.saturation, _LEAST_SATURATION), palette
    )
    noise = _noise(palette, shares.shape[-1], _CANDIDATES * count, rng)
    chosen = [np.zeros((shares.shape[-1], 2), np.float32)]
    flat = _flat_steps(seen.luma[thin])
    for least, roughest in (*((least, _ROUGHEST) for least in _LEAST_SHARES), (0.0, np.inf)):
        draws = colors.draws(noise, least)
        smooth = _roughness(colors.uv, shares, draws, flat) <= roughest
        chosen = _with_draws(chosen, draws[smooth], shares, colors, count)
        if len(chosen) == count:
            break
    versions = []
    for shifts in chosen:
        version = Version(usual, 0.0, shares, shifts)
        uv = version.shifted(usual, decoding.saturation) if shifts.any() else usual
        likelihood = _likelihood(uv, logits, palette)
        versions.append(Version(uv, likelihood, shares, shifts))
    return sorted(versions, key=lambda version: -version.likelihood)


@dataclass(frozen=True)
class _RegionColors:
    """Likely colours of each region.

    Args:
        uv: (t, s, 2), the usual colouring at a saturation of 1.
        own: (r, 2), its mean in each region.
        areas: (r,), shares of the photo.
        others: (r, n, 2), the likely colour nearest to each bin.
        likely: (r, n), the probability of colours near it.
        own_likely: (r,), that of colours near the region's own.
    """

    uv: Float32[np.ndarray, "t s 2"]
    own: Float32[np.ndarray, "r 2"]
    areas: Float32[np.ndarray, "r"]
    others: Float32[np.ndarray, "r n 2"]
    likely: Float32[np.ndarray, "r n"]
    own_likely: Float32[np.ndarray, "r"]

    @classmethod
    def of(
        cls,
        logits: Float32[np.ndarray, "t s n"],
        shares: Float32[np.ndarray, "t s r"],
        uv: Float32[np.ndarray, "t s 2"],
        palette: Palette,
    ) -> "_RegionColors":
        """Compute them from thinned logits and chroma."""
        exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
        probability = exponentials / exponentials.sum(axis=-1, keepdims=True)
        weights = shares / np.maximum(shares.sum(axis=(0, 1)), 1e-6)
        of_region = np.einsum("tsr,tsn->rn", weights, probability)
        own = np.einsum("tsr,tsc->rc", weights, uv)
        centers = palette.centers.astype(np.float32)
        near = _nearness(centers, centers)
        likely = of_region @ near
        others = np.einsum("rm,mn,mc->rnc", of_region, near, centers) / likely[..., None]
        own_likely = np.sum(of_region * _nearness(own, centers), axis=-1)
        return cls(uv, own, shares.mean(axis=(0, 1)), others, likely, own_likely)

    def draws(
        self, noise: Float32[np.ndarray, "d r n1"], least: float
    ) -> Float32[np.ndarray, "d r 2"]:
        """Draw shifts with Gumbel noise: likely colours are drawn more often."""
        shifts = self.others - self.own[:, None]
        apart = np.linalg.norm(shifts, axis=-1) >= _APART_UV
        best = np.maximum(self.likely.max(axis=-1), self.own_likely)
        allowed = apart & (self.likely >= least * best[:, None])
        score = np.where(allowed, np.log(np.maximum(self.likely, 1e-9)), -np.inf) + noise[..., 1:]
        other = score.argmax(axis=-1)
        keeps = np.log(np.maximum(self.own_likely, 1e-9)) + noise[..., 0] >= score.max(axis=-1)
        if least == 0:  # with so many versions every region has to change
            keeps = ~allowed.any(axis=-1)[None]
        taken = np.take_along_axis(shifts[None], other[..., None, None], axis=2)[..., 0, :]
        return np.where(keeps[..., None], np.float32(0), taken)


def _nearness(
    colors: Float32[np.ndarray, "m 2"], centers: Float32[np.ndarray, "n 2"]
) -> Float32[np.ndarray, "m n"]:
    squared = np.sum((colors[:, None] - centers) ** 2, axis=-1)
    return np.exp(-squared / np.float32(2 * _WIDTH_UV**2))


def _noise(
    palette: Palette, regions: int, count: int, rng: np.random.Generator
) -> Float32[np.ndarray, "d r n1"]:
    """Return Gumbel noise for keeping a region's colour and for each bin.

    Bins that are near each other, and regions, share most of it.
    """
    centers = palette.centers.astype(np.float32)
    kernel = _nearness(centers, centers)
    kernel /= np.sqrt(np.sum(kernel**2, axis=0))
    shared = rng.gumbel(size=(count, 1, palette.n + 1))
    own = rng.gumbel(size=(count, regions, palette.n + 1))
    noise = (1 - _OWN_NOISE) * shared + _OWN_NOISE * own
    noise[..., 1:] = noise[..., 1:] @ kernel
    noise[..., 0] += rng.uniform(0, _MOST_KEEPING_NATS, (count, regions))
    return noise.astype(np.float32)


def _flat_steps(luma: UInt8[np.ndarray, "t s"]) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of neighbours, down and across, between which luma hardly changes."""
    levels = luma.astype(int)
    down, across = (np.abs(np.diff(levels, axis=axis)) <= _FLAT_LEVELS for axis in (0, 1))
    return down, across


def _roughness(
    uv: Float32[np.ndarray, "t s 2"],
    shares: Float32[np.ndarray, "t s r"],
    draws: Float32[np.ndarray, "d r 2"],
    flat: tuple[np.ndarray, np.ndarray],
) -> Float[np.ndarray, "d"]:
    """Return each draw's chroma steps where luma is flat, as a multiple of the usual ones."""
    sums = np.full(len(draws) + 1, _UNSEEN_STEP_UV * sum(where.size for where in flat))
    for axis, where in enumerate(flat):
        usual = np.diff(uv, axis=axis)[where]
        sums[-1] += np.linalg.norm(usual, axis=-1).sum()
        for number, shifts in enumerate(draws):
            change = np.diff(shares, axis=axis)[where] @ shifts
            sums[number] += np.linalg.norm(usual + change, axis=-1).sum()
    return np.asarray(sums[:-1] / sums[-1])


def _with_draws(
    chosen: list[Float32[np.ndarray, "r 2"]],
    draws: Float32[np.ndarray, "d r 2"],
    shares: Float32[np.ndarray, "t s r"],
    colors: _RegionColors,
    count: int,
) -> list[Float32[np.ndarray, "r 2"]]:
    """Extend the chosen shifts: the next is likely and far from all chosen."""
    chosen = list(chosen)
    changes = np.einsum("tsr,drc->dtsc", shares, draws)
    scores = np.array([_relative_likelihood(colors, shifts) for shifts in draws])
    while len(chosen) < count:
        nearest = np.full(len(draws), np.inf)
        for shifts in chosen:
            apart = np.linalg.norm(changes - shares @ shifts, axis=-1)
            differs = apart > _CHANGED_UV
            areas = differs.mean(axis=(1, 2))
            means = (apart * differs).sum(axis=(1, 2)) / np.maximum(differs.sum(axis=(1, 2)), 1)
            plain = (areas >= _LEAST_AREA) & (means >= _APART_UV)
            nearest = np.minimum(
                nearest, np.where(plain, means * np.minimum(areas, _ENOUGH_AREA) ** 0.5, 0)
            )
        if not nearest.any():
            break
        chosen.append(draws[int(np.argmax(nearest * scores))])
    return chosen


def _relative_likelihood(colors: _RegionColors, shifts: Float32[np.ndarray, "r 2"]) -> float:
    """Return a draw's likelihood relative to the usual colouring, by area."""
    distance = np.linalg.norm(colors.others - (colors.own + shifts)[:, None], axis=-1)
    number = distance.argmin(axis=-1)
    moved = np.take_along_axis(colors.likely, number[:, None], axis=-1)[:, 0]
    ratio = np.where(shifts.any(axis=-1), moved / np.maximum(colors.own_likely, 1e-9), 1.0)
    return float(np.exp(np.sum(colors.areas * np.log(np.clip(ratio, 1e-6, 1.0)))))


def _likelihood(
    uv: Float[np.ndarray, "h w 2"], logits: Float32[np.ndarray, "h w n"], palette: Palette
) -> float:
    centers = palette.centers.astype(np.float32)
    squared = np.sum(uv**2, axis=-1, keepdims=True) + np.sum(centers**2, axis=-1)
    squared = squared - 2 * (uv @ centers.T)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    both = np.exp(shifted - squared / np.float32(2 * _WIDTH_UV**2)).sum(axis=-1)
    return float(np.exp(np.mean(np.log(both / np.exp(shifted).sum(axis=-1)), dtype=np.float64)))
