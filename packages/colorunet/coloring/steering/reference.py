"""Reference photo: the distribution of its colours by lightness, as a prior."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from colorcore import Palette, rgb_to_yuv, uv_to_bins
from colorfiles.outside.words import shown
from colorfiles.photos import UnreadableImage, read_image
from colorunet.coloring.steering.seen_photo import SeenPhoto
from colorunet.errors import ColorunetError

_EDGE_PX = 192  # of the copy that is counted
_LEAST_CHROMA = 0.02  # (UV) of the most colourful hundredth; less is gray, or toned paper
_LEVELS = 8  # of luma, between which shares are interpolated
_THINNING = 4
_UNSEEN = 1e-3  # share of a bin that a photo lacks at a level
_ROUNDS = 4
_STRENGTH = 0.8
_MOST_NATS = 4.0  # that a prior gives to a bin or takes from it
_OWN_CENTER = 0.002  # share of the pixels that a bin's own centre counts as


@dataclass(frozen=True, eq=False)
class Reference:
    """Pixels of a reference photo.

    Args:
        luma: (m,) in [0, 1].
        uv: (m, 2) of the same pixels.
        sha256: of the file that they were read from; "" for none.
        weight: how far they count, from 0 (not at all) to 1.
    """

    luma: Float32[np.ndarray, "m"]
    uv: Float32[np.ndarray, "m 2"]
    sha256: str = ""
    weight: float = 1.0

    @classmethod
    def of(cls, image: Image.Image, *, sha256: str = "") -> "Reference":
        """Return the reference of an image, of the file with that digest.

        Raises:
            ColorunetError: it is gray.
        """
        small = image.convert("RGB")
        small.thumbnail((_EDGE_PX, _EDGE_PX))
        yuv = rgb_to_yuv(np.asarray(small, np.float32).reshape(-1, 3) / 255)
        if is_gray(yuv[:, 1:]):
            raise ColorunetError("the reference is gray; give a photo in colour")
        return cls(yuv[:, 0], yuv[:, 1:], sha256)


def is_gray(uv: Float32[np.ndarray, "*shape 2"]) -> bool:
    """Whether nearly all pixels of a photo are gray."""
    return bool(np.quantile(np.linalg.norm(uv, axis=-1), 0.99) < _LEAST_CHROMA)


def read_reference(path: Path) -> Reference:
    """Return the reference of an image file.

    Raises:
        ColorunetError: it can't be read, or is gray.
    """
    image, digest = read_pixels(path)
    try:
        return Reference.of(image, sha256=digest)
    except ColorunetError as error:
        raise ColorunetError(f"{shown(str(path))}: {error}") from None


def read_pixels(path: Path) -> tuple[Image.Image, str]:
    """Return the pixels of an image file in RGB, upright, and the sha256 of the file.

    Raises:
        ColorunetError: it can't be read.
    """
    try:
        with path.open("rb") as file:
            image = read_image(file).pixels.rgb()
            file.seek(0)
            return image, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ColorunetError(f"{shown(str(path))}: {error.strerror or 'unreadable'}") from None
    except UnreadableImage as error:
        raise ColorunetError(f"{shown(str(path))}: {shown(error.reason)}") from None


@dataclass(frozen=True, eq=False)
class ReferencePrior:
    """Prior of a reference for the photos of one scene.

    Args:
        gains: (256, n), added to the logits of a pixel by its luma.
        palette: the bins, each centre moved to the mean colour that the reference has in it.
    """

    gains: Float32[np.ndarray, "256 n"]
    palette: Palette

    def applied(
        self, logits: Float32[np.ndarray, "h w n"], luma: UInt8[np.ndarray, "h w"]
    ) -> Float32[np.ndarray, "h w n"]:
        """Return logits under the prior."""
        return logits + self.gains[luma]


def referred(
    seen: SeenPhoto, palette: Palette, reference: Reference
) -> tuple[Float32[np.ndarray, "h w n"], Palette]:
    """Return logits and palette under the prior of a reference; see ``prior_of``."""
    prior = prior_of(seen, palette, reference)
    return prior.applied(seen.logits, seen.luma), prior.palette


def prior_of(
    seen: SeenPhoto, palette: Palette, reference: Reference, *, thinning: int = _THINNING
) -> ReferencePrior:
    """Return the prior of a reference for a photo, from every ``thinning``-th row and column.

    The shares of the bins at each level of luma are brought from those that the network gives to
    this photo to those of the reference (Saerens et al. 2002), as far as the network leaves a
    choice; and each bin's centre moves to the mean colour that the reference has in it. Both only
    as far as the reference's weight goes.
    """
    bins = np.asarray(uv_to_bins(reference.uv, palette)).astype(np.int64)
    target_shares = _shares(_hats(reference.luma), np.eye(palette.n, dtype=np.float32)[bins])
    thin = (slice(None, None, thinning),) * 2
    few = seen.features[thin].reshape(-1, palette.n) ** 2
    hats = _hats(seen.luma[thin].reshape(-1).astype(np.float32) / 255)
    gain = np.zeros_like(target_shares)
    for _ in range(_ROUNDS):
        tilted = few * np.exp(hats @ gain)
        tilted /= tilted.sum(axis=-1, keepdims=True)
        gain += np.log(target_shares) - np.log(_shares(hats, tilted))
        gain = np.clip(gain, -_MOST_NATS, _MOST_NATS)
    gains = (
        _hats(np.arange(256, dtype=np.float32) / 255)
        @ gain
        * np.float32(_STRENGTH * reference.weight)
    )
    return ReferencePrior(gains.astype(np.float32), _moved(palette, reference, bins))


def _hats(luma: Float32[np.ndarray, "m"]) -> Float32[np.ndarray, "m l"]:
    """Return each pixel's weights for the luma levels below and above it."""
    distances = np.abs(luma[:, None] * (_LEVELS - 1) - np.arange(_LEVELS))
    return np.maximum(1 - distances, 0).astype(np.float32)


def _shares(
    hats: Float32[np.ndarray, "m l"], of_bins: Float32[np.ndarray, "m n"]
) -> Float32[np.ndarray, "l n"]:
    """Return the bins' shares at each level, blurred over levels; empty levels get the mean."""
    counts = hats.T @ of_bins
    padded = np.pad(counts, ((1, 1), (0, 0)), mode="edge")
    counts = counts + (padded[:-2] + padded[2:]) / 2
    overall = of_bins.mean(axis=0)
    counts = counts + overall * np.float32(0.02 * len(of_bins) / _LEVELS)
    shares = counts / counts.sum(axis=-1, keepdims=True)
    return np.asarray((shares + _UNSEEN) / (1 + _UNSEEN * shares.shape[-1]), np.float32)


def _moved(palette: Palette, reference: Reference, bins: np.ndarray) -> Palette:
    counts = np.bincount(bins, minlength=palette.n).astype(np.float64)
    sums = np.stack(
        [np.bincount(bins, reference.uv[:, axis], palette.n) for axis in range(2)], axis=-1
    )
    own = _OWN_CENTER * len(bins)
    centers = (sums + own * palette.centers) / (counts + own)[:, None]
    centers = palette.centers + reference.weight * (centers - palette.centers)
    return Palette(centers=centers, prior=palette.prior)
