"""Checks of array arguments, and array operations that numpy and torch share."""

from typing import Any

import array_api_compat
import numpy as np
from jaxtyping import Bool, Float, Shaped


def array_namespace(*arrays: Shaped[Any, "..."]) -> Any:
    """Return the library of some arrays, with the functions of the array API standard.

    For numpy arrays it is numpy itself, which has them since 2.1: the wrapper of array-api-compat
    imports every submodule of numpy, f2py among them, which takes a tenth of a second.
    """
    if all(isinstance(array, np.ndarray) for array in arrays):
        return np
    return array_api_compat.array_namespace(*arrays)


def require_last_axis(array: Shaped[Any, "..."], size: int, name: str) -> None:
    """Raise ValueError unless the last axis of ``array`` has ``size`` entries."""
    if array.ndim == 0 or array.shape[-1] != size:
        raise ValueError(
            f"{name}: expected a last axis of {size}, given shape {tuple(array.shape)}"
        )


def require_finite(array: Shaped[Any, "..."], name: str) -> None:
    """Raise ValueError where a floating array holds NaN or an infinity."""
    xp = array_namespace(array)
    if xp.isdtype(array.dtype, "real floating") and not bool(xp.all(xp.isfinite(array))):
        raise ValueError(f"{name}: expected finite numbers, given NaN or infinity")


def require_vectors(array: Shaped[Any, "..."], size: int, name: str) -> None:
    """Raise ValueError unless ``array`` holds finite floating vectors of ``size`` on its last axis.

    Integers are refused: colours live in [0, 1], not in 0…255.
    """
    require_last_axis(array, size, name)
    xp = array_namespace(array)
    if not xp.isdtype(array.dtype, "real floating"):
        raise ValueError(f"{name}: expected floating numbers in [0, 1], given {array.dtype}")
    require_finite(array, name)


def like(constant: Shaped[Any, "..."], reference: Shaped[Any, "..."]) -> Shaped[Any, "..."]:
    """Return ``constant`` in the library, dtype and device of ``reference``."""
    xp = array_namespace(reference)
    return xp.asarray(constant, dtype=reference.dtype, device=array_api_compat.device(reference))


def weighted_mean(
    values: Float[Any, "*shape"], weights: Float[Any, "*shape"] | Bool[Any, "*shape"]
) -> float:
    """Mean of ``values`` under ``weights``; NaN where the weights sum to nothing."""
    xp = array_namespace(values)
    weights = xp.astype(weights, values.dtype)
    total = float(xp.sum(weights))
    return float(xp.sum(values * weights)) / total if total > 0 else float("nan")
