"""Index of copy prints: finds copies mirrored, turned, toned, and cropped by up to 10 % a side.

Three sieves, each finer and slower than the one before:

1. The cosine between the 20 lowest coefficients in the best of eight orientations, where one of
   the two frames is cropped by 5 % a side: edges of a copy then are at most 5 % off.
2. The angle between the 35 lowest coefficients of one print and the space that those of the other
   span when the edges of its frame move a little (tangent distance, Simard et al. 1993).
3. The correlation of detail once the frames are aligned (``frame_alignment``).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float, Int

from dataprep.photos.copy_prints import (
    COEFFICIENTS,
    chroma_quantiles,
    coefficients,
    crop_matrix,
    orientations,
)
from dataprep.photos.frame_alignment import aligned_correlation

_INSET = 0.05  # of an edge, from each side
_MOVE = 0.03  # of an edge: how far a side moves for its tangent
_COARSE_ORDER = 5  # sum of the two frequencies, at most
_FINE_ORDER = 7
_LEAST_COSINE = 0.75
_LEAST_TANGENT_COSINE = 0.95
_SAME_CHROMA = 4.0  # levels of 255 between quantiles, on average
_SAME_CHROMA_SHARE = 0.25  # of the chroma itself on top: exposure and gamma change saturation
_AT_ONCE = 1000  # prints: 5 MB of crops
_MOST_ALIGNED = 8  # candidates of one print, the likeliest: each costs a tenth of a millisecond
# Where the new print's frame begins in that of the one added, and how long it is there.
_CROP_OF_ADDED = (_INSET, 1 - 2 * _INSET)
_ADDED_IS_CROP = (-_INSET / (1 - 2 * _INSET), 1 / (1 - 2 * _INSET))


@dataclass(frozen=True)
class CopyRule:
    """Criteria of a copy.

    Args:
        least_correlation: of detail, once the frames are aligned.
        same_colors: whether the colours must agree too.
    """

    least_correlation: float
    same_colors: bool = False


# Of 26,206 photos, 1,008 of them clothes on one of few backgrounds, the first rule takes no two
# different things for one, the second takes similar clothes; docs/experiments.md has the counts.
SURE_COPY = CopyRule(0.85, same_colors=True)
LOOK_ALIKE = CopyRule(0.6)
# For verify, which meets photos in another order: a pair at the very limit is no fault.
SURELY_ALIKE = CopyRule(0.7)
SAME_FRAME = CopyRule(0.9)  # re-encoded, mirrored, turned or toned, but not cropped


class PrintIndex:
    """Finds the copies of a print among added ones, in linear time."""

    def __init__(self, rule: CopyRule) -> None:
        self._rule = rule
        self._chroma = _Rows((10,))
        self._keys: list[str] = []
        self._spectra = _Rows((COEFFICIENTS, COEFFICIENTS))
        self._cases = (
            _Case(self._spectra, inset_added=_INSET, inset_new=0.0, start=_CROP_OF_ADDED),
            _Case(self._spectra, inset_added=0.0, inset_new=_INSET, start=_ADDED_IS_CROP),
        )

    def add(self, copy_print: str, key: str) -> None:
        """Add a print under a key; a print without any detail is never found."""
        self._keys.append(key)
        self._chroma.extend(chroma_quantiles(copy_print)[None])
        self._spectra.extend(coefficients(copy_print)[None])

    def find(self, copy_print: str) -> list[str]:
        """Return the keys of all copies of a print, the most likely first, then by key."""
        spectrum = coefficients(copy_print)
        if not self._keys or not spectrum.any():
            return []
        turned = orientations(spectrum)
        found = np.concatenate([case.candidates(turned) for case in self._cases])
        if len(found) and self._rule.same_colors:
            found = found[self._same_colors(found["added"], chroma_quantiles(copy_print))]
        if not len(found):
            return []
        found = found[np.argsort(-found["likeness"], kind="stable")][:_MOST_ALIGNED]
        scores = aligned_correlation(
            self._spectra.rows[found["added"]], turned[found["orientation"]], found["frame"]
        )
        best = dict[str, float]()
        for number, score in zip(found["added"], scores, strict=True):
            if score >= self._rule.least_correlation:
                key = self._keys[number]
                best[key] = max(score, best.get(key, 0.0))
        return sorted(best, key=lambda key: (-best[key], key))

    def _same_colors(
        self, added: Int[np.ndarray, "n"], chroma: Float[np.ndarray, "10"]
    ) -> Bool[np.ndarray, "n"]:
        others = self._chroma.rows[added]
        most = _SAME_CHROMA + _SAME_CHROMA_SHARE * np.abs(chroma).mean()
        same: np.ndarray = np.abs(others - chroma).mean(-1) <= most
        return same


_CANDIDATE = np.dtype(
    [("added", np.intp), ("orientation", np.intp), ("likeness", float), ("frame", float, 4)]
)


class _Case:
    """Sieves 1 and 2 where one frame is cropped: that of the prints added, or the new one's."""

    def __init__(
        self, spectra: "_Rows", *, inset_added: float, inset_new: float, start: tuple[float, float]
    ) -> None:
        self._spectra = spectra  # of the prints added
        self._frames, self._inset_new, self._start = _edges(inset_added), inset_new, start
        self._coarse = _Rows((len(_orders(_COARSE_ORDER)),))
        self._tangents = _Rows((len(_orders(_FINE_ORDER)), 5))

    def candidates(self, turned: Float[np.ndarray, "8 16 16"]) -> np.ndarray:
        """Return the added prints that pass both sieves, and the new print's orientation."""
        cropped = _crops(turned, _edges(self._inset_new)[:1])
        # Of another type than the rows, the product would copy all of them.
        coarse = _unit(_lowest(cropped, _COARSE_ORDER)).astype(np.float32)
        cosines = self._all_coarse() @ coarse.T
        # np.nonzero of two axes takes ten times as long.
        added, orientation = np.divmod(np.flatnonzero(cosines > _LEAST_COSINE), len(turned))
        if not len(added):
            return np.empty(0, _CANDIDATE)
        fine = _unit(_lowest(cropped, _FINE_ORDER))[orientation]
        inside = np.matmul(fine[:, None], self._all_tangents()[added])[:, 0]
        likeness = np.sqrt(np.square(inside).sum(-1))
        passed = likeness > _LEAST_TANGENT_COSINE
        found = np.empty(int(passed.sum()), _CANDIDATE)
        found["added"], found["orientation"] = added[passed], orientation[passed]
        found["likeness"], found["frame"] = likeness[passed], 2 * self._start
        return found

    # Both are computed when a print is looked for, for all that were added since: together they
    # take a fraction of the time that they take one by one.

    def _all_coarse(self) -> Float[np.ndarray, "n 20"]:
        while len(new := self._spectra.rows[len(self._coarse.rows) :][:_AT_ONCE]):
            self._coarse.extend(_unit(_lowest(_crops(new, self._frames[:1]), _COARSE_ORDER)))
        return self._coarse.rows

    def _all_tangents(self) -> Float[np.ndarray, "n 35 5"]:
        while len(new := self._spectra.rows[len(self._tangents.rows) :][:_AT_ONCE]):
            low = _lowest(_crops(new[:, None], self._frames), _FINE_ORDER)
            basis = np.concatenate((low[:, :1], low[:, 1::2] - low[:, 2::2]), axis=1)
            self._tangents.extend(np.linalg.qr(basis.swapaxes(1, 2))[0])
        return self._tangents.rows


class _Rows:
    """An array that grows by rows, doubling its capacity."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._held = np.empty((64, *shape), np.float32)
        self._count = 0

    @property
    def rows(self) -> np.ndarray:
        """The rows appended so far."""
        return self._held[: self._count]

    def extend(self, rows: np.ndarray) -> None:
        """Append rows."""
        count = self._count + len(rows)
        while count > len(self._held):
            self._held = np.concatenate((self._held, np.empty_like(self._held)))
        self._held[self._count : count] = rows
        self._count = count


@cache
def _orders(most: int) -> Int[np.ndarray, "n 2"]:
    """Return the pairs of frequencies whose sum is from 1 to ``most``."""
    pairs = [(row, column) for row in range(most + 1) for column in range(most + 1)]
    return np.array([pair for pair in pairs if 0 < sum(pair) <= most])


def _lowest(spectra: Float[np.ndarray, "*n f f"], most: int) -> Float[np.ndarray, "*n c"]:
    rows, columns = _orders(most).T
    return spectra[..., rows, columns]


@cache
def _edges(inset: float) -> Float[np.ndarray, "9 4"]:
    """Return a frame (top, bottom, left, right), and it with each edge moved out and in."""
    frames = [[inset, 1 - inset, inset, 1 - inset]]
    for edge, outward in enumerate((-1, 1, -1, 1)):
        for move in (_MOVE, -_MOVE):
            frame = list(frames[0])
            frame[edge] = min(1.0, max(0.0, frame[edge] + outward * move))
            frames.append(frame)
    return np.array(frames)


def _crops(
    spectra: Float[np.ndarray, "*n 16 16"], frames: Float[np.ndarray, "m 4"]
) -> Float[np.ndarray, "*k 8 8"]:
    """Return the lowest coefficients of crops of prints; ``*n`` and ``m`` are broadcast."""
    tall, wide = _matrices(frames.tobytes())
    cropped: np.ndarray = tall @ spectra @ wide.swapaxes(1, 2)
    return cropped


@cache
def _matrices(frames: bytes) -> tuple[Float[np.ndarray, "m 8 16"], Float[np.ndarray, "m 8 16"]]:
    edges = np.frombuffer(frames).reshape(-1, 4)
    tall = [crop_matrix(_FINE_ORDER + 1, top, bottom) for top, bottom, _, _ in edges]
    wide = [crop_matrix(_FINE_ORDER + 1, left, right) for _, _, left, right in edges]
    return np.array(tall), np.array(wide)


def _unit(vectors: Float[np.ndarray, "*n c"]) -> Float[np.ndarray, "*n c"]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
