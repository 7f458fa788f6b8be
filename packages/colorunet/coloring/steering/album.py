"""References from an album: the photo of it that is most similar to a gray one.

Photos are compared by the best match of each cell anywhere in the other photo, in both directions.
`benchmarks/measure_album.py` measures the hits and the bounds.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from colorfiles.outside.words import shown
from colorfiles.progress import ProgressCallback, silent
from colorunet.coloring.steering.album_index import (
    AlbumIndex,
    AlbumPhoto,
    as_features,
    updated_index,
)
from colorunet.coloring.steering.reference import Reference, read_reference
from colorunet.coloring.steering.scene_features import SceneEncoder, unit
from colorunet.errors import ColorunetError

_SHORTLIST = 48  # photos whose mean features are nearest; cells are compared with theirs alone
# The likeness of the nearest of n unrelated photos rises with n, by about 0.05 a decade.
_FAR_OF_TEN, _FAR_A_DECADE = 0.515, 0.05  # likeness from which on a photo counts
_RISE = 0.1  # of likeness, over which its weight rises to the most
_MOST_WEIGHT = 0.4  # limits the harm of an unrelated photo that passes
_KEPT_REFERENCES = 16


@dataclass(frozen=True, eq=False)
class AlbumMatch:
    """The photo of an album that is nearest to a gray one.

    Args:
        name: below the album.
        sha256: of its file.
        likeness: mean over cells of the similarity of the nearest cell in the other photo, the
            smaller of both directions; 1 is the same photo.
        weight: of its colours, from 0 (ignored) to 1 (as of a reference given by hand).
        reference: its colours; None where they are ignored.
        problem: why its colours can't be read.
    """

    name: str
    sha256: str
    likeness: float
    weight: float
    reference: Reference | None = None
    problem: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """Entry of the match in a record."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "likeness": round(self.likeness, 4),
            "weight": 0.0 if self.reference is None else round(self.weight, 4),
        }

    @property
    def note(self) -> str:
        """Note on the match for the user."""
        if self.problem:
            return f"the album's {shown(self.name)} isn't used: {self.problem}"
        near = f"likeness {self.likeness:.2f}"
        if not self.weight:
            return f"no photo of the album is near; the nearest, {shown(self.name)}: {near}"
        return f"colours of the album's {shown(self.name)}: {near}, weight {self.weight:.2f}"


@dataclass(frozen=True, eq=False)
class Album:
    """The colour photos of a folder, searchable by content.

    Args:
        folder: of the photos.
        index: what is known of them.
        network: folder of the network whose encoder the index is from.
    """

    folder: Path
    index: AlbumIndex
    network: Path

    @classmethod
    def open(
        cls,
        folder: Path,
        names: list[str],
        network: Path,
        network_sha256: str,
        *,
        report: ProgressCallback = silent,
    ) -> "Album":
        """Return the album of a folder; see ``updated_index``.

        Args:
            folder: of the photos.
            names: as ``photo_names`` gives them.
            network: folder of the shipped network whose encoder compares photos.
            network_sha256: of its parameters.
            report: called once per photo.

        Raises:
            ColorunetError: no photo in it has colours.
            OSError: the index can't be written.
        """
        encoder = _encoder(network)
        index = updated_index(folder, names, encoder, network_sha256, report=report)
        album = cls(folder.absolute(), index, network)
        if not album._colorful:
            raise ColorunetError(f"{shown(str(folder))}: no photo in colour in there")
        return album

    def features(self, luma: UInt8[np.ndarray, "h w"]) -> Float32[np.ndarray, "m d"]:
        """Return the features of a photo's cells."""
        return self.index.whitening.features(_encoder(self.network).cells(luma))

    def most_alike(self, cells: Float32[np.ndarray, "m d"]) -> tuple[AlbumPhoto, float]:
        """Return the most similar photo and its similarity."""
        alike = self._means @ unit(cells.mean(axis=0))
        most = min(_SHORTLIST, len(alike))
        shortlist = [self._colorful[at] for at in np.argpartition(-alike, most - 1)[:most]]
        likenesses = [likeness_of(cells, as_features(photo.features)) for photo in shortlist]
        best = int(np.argmax(likenesses))
        return shortlist[best], likenesses[best]

    def nearest(self, luma: UInt8[np.ndarray, "h w"]) -> AlbumMatch:
        """Return the nearest photo, with its colours where it is near enough."""
        photo, likeness = self.most_alike(self.features(luma))
        weight = weight_of(likeness, len(self._colorful))
        match = AlbumMatch(photo.name, photo.sha256, likeness, weight)
        if not match.weight:
            return match
        try:
            reference = _reference(self.folder / match.name)
        except ColorunetError as error:  # it was there when the album was looked at
            return replace(match, problem=str(error))
        return replace(match, reference=replace(reference, weight=match.weight))

    @property
    def summary(self) -> str:
        """Number of photos with and without colours, as text."""
        problems = Counter(photo.problem for photo in self.index.photos if photo.problem)
        others = "".join(f", {count} {problem}" for problem, count in sorted(problems.items()))
        return f"album {shown(str(self.folder))}: {len(self._colorful)} photos in colour{others}"

    @cached_property
    def _colorful(self) -> tuple[AlbumPhoto, ...]:
        return tuple(photo for photo in self.index.photos if not photo.problem)

    @cached_property
    def _means(self) -> Float32[np.ndarray, "n d"]:
        return unit(
            np.stack([as_features(photo.features).mean(axis=0) for photo in self._colorful])
        )


def likeness_of(first: Float32[np.ndarray, "m d"], second: Float32[np.ndarray, "k d"]) -> float:
    """Return the similarity of two photos' cells: the smaller of both directions."""
    alike = first @ second.T
    return float(min(alike.max(axis=1).mean(), alike.max(axis=0).mean()))


def weight_of(likeness: float, photos: int) -> float:
    """Return the weight of the nearest photo's colours, rising smoothly with similarity.

    Args:
        likeness: of it.
        photos: in the album.
    """
    far = _FAR_OF_TEN + _FAR_A_DECADE * (np.log10(max(photos, 3)) - 1)
    share = min(1.0, max(0.0, (likeness - float(far)) / _RISE))
    return _MOST_WEIGHT * share * share * (3 - 2 * share)


@cache
def _encoder(network: Path) -> SceneEncoder:
    return SceneEncoder(network)


@lru_cache(maxsize=_KEPT_REFERENCES)
def _reference(path: Path) -> Reference:
    return read_reference(path)
