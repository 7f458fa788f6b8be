"""Decoding of logits to colours: the annealed mean, its top-mode variant, and caution."""

from typing import Any

import numpy as np
from jaxtyping import Float

from colorcore._arrays import array_namespace, like, require_vectors
from colorcore.palette import Palette

_COLDEST = 1e-4  # below, one bin takes all anyway, and float32 may end in infinity less infinity


def annealed_mean(
    logits: Float[Any, "*shape n"], palette: Palette, temperature: float
) -> Float[Any, "*shape 2"]:
    """Return Σ q_i·c_i with q = softmax(logits / T), bins on the last axis (Zhang 2016, eq. 5).

    The softmax of log z / T is that of logits / T, because the normaliser cancels. T = 1 is the
    mean, T → 0 the most likely bin; Zhang uses 0.38.

    Raises:
        ValueError: T lies outside (0, 1], the last axis isn't n, or a logit isn't finite.
    """
    _check(logits, palette, temperature)
    return mean_color(_softmax(logits / max(temperature, _COLDEST)), palette)


def top_mode_mean(
    logits: Float[Any, "*shape n"], palette: Palette, temperature: float, *, radius: float
) -> Float[Any, "*shape 2"]:
    """Return the annealed mean over the bins within ``radius`` (UV) of the most likely one.

    Where tan and slate blue are both likely, their mean is gray; this keeps to the likelier.

    Raises:
        ValueError: as in ``annealed_mean``, or the radius isn't above 0.
    """
    _check(logits, palette, temperature)
    if not radius > 0:
        raise ValueError(f"radius: expected a number above 0, given {radius}")
    xp = array_namespace(logits)
    offsets = palette.centers[:, None, :] - palette.centers[None, :, :]
    near = np.sqrt(np.sum(offsets**2, axis=-1)) <= radius
    mask = like(near, logits)
    flat = xp.reshape(logits, (-1, palette.n))
    kept = xp.take(mask, xp.argmax(flat, axis=-1), axis=0)
    probabilities = _softmax(flat / max(temperature, _COLDEST)) * kept
    probabilities = probabilities / xp.sum(probabilities, axis=-1, keepdims=True)
    return xp.reshape(mean_color(probabilities, palette), (*tuple(logits.shape[:-1]), 2))


def certainty(
    logits: Float[Any, "*shape n"], palette: Palette, caution: float
) -> Float[Any, "*shape"]:
    """Return |m|² / (|m|² + k·v) of every pixel, in (0, 1]: the share of chroma that is sure.

    m is the mean colour (T = 1), v the variance around it and k the ``caution``. Where bins agree v
    is small and the share near 1; where they point apart their mean is small and so is the share.
    It is the factor that shrinks an estimate with the least squared error (James & Stein 1961),
    k = 1 taking every pixel for a single draw.

    Raises:
        ValueError: caution is below 0, the last axis isn't n, or a logit isn't finite.
    """
    _check(logits, palette, 1.0)
    if not caution >= 0:
        raise ValueError(f"caution: expected a number of at least 0, given {caution}")
    xp = array_namespace(logits)
    probabilities = _softmax(logits)
    mean = xp.sum(mean_color(probabilities, palette) ** 2, axis=-1)
    lengths = like(np.sum(palette.centers**2, axis=-1), logits)
    variance = xp.clip(xp.matmul(probabilities, lengths) - mean, min=0)
    tiny = xp.finfo(logits.dtype).tiny
    return (mean + tiny) / (mean + caution * variance + tiny)


def mean_color(probabilities: Float[Any, "*shape n"], palette: Palette) -> Float[Any, "*shape 2"]:
    """Return the mean centre under ``probabilities`` (last axis, sum 1), unchecked."""
    xp = array_namespace(probabilities)
    return xp.matmul(probabilities, like(np.array(palette.centers), probabilities))


def _softmax(logits: Float[Any, "*shape n"]) -> Float[Any, "*shape n"]:
    xp = array_namespace(logits)
    exponentials = xp.exp(logits - xp.max(logits, axis=-1, keepdims=True))
    return exponentials / xp.sum(exponentials, axis=-1, keepdims=True)


def _check(logits: Float[Any, "*shape n"], palette: Palette, temperature: float) -> None:
    if not 0 < temperature <= 1:
        raise ValueError(f"temperature: expected a number in (0, 1], given {temperature}")
    require_vectors(logits, palette.n, "logits")
