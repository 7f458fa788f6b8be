"""The index of an album: features of its photos, kept on disk and updated."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int8, UInt8

from colorcore import rgb_to_yuv
from colorfiles.files import write_atomically
from colorfiles.outside.files import read_regular
from colorfiles.outside.npz import DAMAGED_NPZ
from colorfiles.photos import UnreadableImage, looks_like_picture, read_image
from colorfiles.photos.left_out import is_left_out_file, is_left_out_folder
from colorfiles.progress import ProgressCallback, silent
from colorunet.coloring.steering.reference import is_gray
from colorunet.coloring.steering.scene_features import DIMENSIONS, SceneEncoder, Whitening

FeaturesOf = Callable[[np.ndarray], np.ndarray]
_HOME = "COLORUNET_ALBUMS"  # environment: the folder of the indexes
_VERSION = 1
_LEVELS = 127  # of a feature's coordinate, stored as int8
_NEAR_PX = 256  # JPEGs are decoded near this size
_MOST_BYTES = 1 << 30  # of a photo, and of an index, which is about 100,000 photos


@dataclass(frozen=True, eq=False)
class AlbumPhoto:
    """Entry of a photo.

    Args:
        name: below the album, with slashes.
        bytes: of the file.
        modified_ns: when it was changed last.
        sha256: of the file.
        problem: why it has no colours to give; "" where it has some.
        features: (m, DIMENSIONS) of its cells, times 127; none where there is a problem.
    """

    name: str
    bytes: int
    modified_ns: int
    sha256: str
    problem: str
    features: Int8[np.ndarray, "m d"]

    def has_state(self, status: os.stat_result) -> bool:
        """Whether size and time of the file are those of the entry."""
        return (self.bytes, self.modified_ns) == (status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, eq=False)
class AlbumIndex:
    """The photos of an album and the whitening of their features."""

    photos: tuple[AlbumPhoto, ...]
    whitening: Whitening


def as_int8(features: Float32[np.ndarray, "m d"]) -> Int8[np.ndarray, "m d"]:
    """Quantize features for storage."""
    return np.rint(features * _LEVELS).astype(np.int8)


def as_features(stored: Int8[np.ndarray, "m d"]) -> Float32[np.ndarray, "m d"]:
    """Restore stored features for comparison."""
    return stored.astype(np.float32) / np.float32(_LEVELS)


def index_path(folder: Path) -> Path:
    """Return the path of an album's index, which lies outside the album."""
    home = os.environ.get(_HOME)
    root = Path(home) if home else Path.home() / ".cache" / "colorunet" / "albums"
    return root / f"{sha256(os.fsencode(folder.resolve())).hexdigest()[:16]}.npz"


def photo_names(folder: Path) -> list[str]:
    """Return the names of the photos in a folder tree, sorted."""
    names = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_left_out_folder(name)]
        below = Path(place).relative_to(folder)
        names += [
            (below / name).as_posix()
            for name in files
            if looks_like_picture(name, b"") and not is_left_out_file(name)
        ]
    return sorted(names)


def updated_index(
    folder: Path,
    names: list[str],
    encoder: SceneEncoder,
    network_sha256: str,
    *,
    report: ProgressCallback = silent,
) -> AlbumIndex:
    """Return the index of the present photos; only new and changed ones are read.

    What was read is kept on disk, also where reading is interrupted.

    Args:
        folder: the album.
        names: of its photos, below it.
        encoder: that gives features.
        network_sha256: of the encoder's parameters; features of others are of no use.
        report: called once per photo.
    """
    path = index_path(folder)
    former = _read(path, network_sha256)
    whitening = encoder.whitening() if former is None else former.whitening
    known = {} if former is None else {photo.name: photo for photo in former.photos}

    def features_of(luma: UInt8[np.ndarray, "h w"]) -> Int8[np.ndarray, "m d"]:
        return as_int8(whitening.features(encoder.cells(luma)))

    found: dict[str, AlbumPhoto] = {}
    unseen = dict(known)  # those that an interrupted call doesn't reach stay known
    try:
        for name in names:
            photo = _photo(folder, name, unseen.pop(name, None), features_of)
            found |= {} if photo is None else {name: photo}
            report()
        unseen = {}
    finally:
        index = AlbumIndex(tuple((found | unseen).values()), whitening)
        if found | unseen != known:
            _write(path, index, network_sha256)
    return index


def _photo(
    folder: Path, name: str, known: AlbumPhoto | None, features_of: FeaturesOf
) -> AlbumPhoto | None:
    """Return a photo's entry, renewed if the file changed; None if it is gone."""
    try:
        status = os.stat(folder / name)
        if known is not None and known.has_state(status):
            return known
        data = read_regular(folder / name, most=_MOST_BYTES)
    except OSError:  # the next call computes it again
        return None
    problem, features = _looked_at(data, features_of)
    digest = sha256(data).hexdigest()
    return AlbumPhoto(name, status.st_size, status.st_mtime_ns, digest, problem, features)


def _looked_at(data: bytes, features_of: FeaturesOf) -> tuple[str, Int8[np.ndarray, "m d"]]:
    """Return a problem and no features, or "" and the features of a photo."""
    nothing = np.zeros((0, DIMENSIONS), np.int8)
    try:
        image = read_image(data, near_px=_NEAR_PX)
    except UnreadableImage:
        return "unreadable", nothing
    small = image.rgb()
    small.thumbnail((_NEAR_PX, _NEAR_PX))
    if is_gray(rgb_to_yuv(np.asarray(small, np.float32) / 255)[..., 1:]):
        return "gray", nothing
    return "", features_of(image.luma(8))


def _read(path: Path, network_sha256: str) -> AlbumIndex | None:
    """Return an index from disk; None if there is no valid one of this network."""
    try:
        data = io.BytesIO(read_regular(path, most=_MOST_BYTES))
        with np.load(data, allow_pickle=False) as stored:
            table = json.loads(stored["table"].tobytes())
            if (table["version"], table["network"]) != (_VERSION, network_sha256):
                return None
            features = stored["features"]
            whitening = Whitening(stored["mean"], stored["projection"])
        counts = [row.pop("cells") for row in table["photos"]]
        parts = np.split(features, np.cumsum(counts)[:-1])
        photos = [
            AlbumPhoto(**row, features=part)
            for row, part in zip(table["photos"], parts, strict=True)
        ]
    except DAMAGED_NPZ:
        return None
    return AlbumIndex(tuple(photos), whitening)


def _write(path: Path, index: AlbumIndex, network_sha256: str) -> None:
    rows = [
        {
            "name": photo.name,
            "bytes": photo.bytes,
            "modified_ns": photo.modified_ns,
            "sha256": photo.sha256,
            "problem": photo.problem,
            "cells": len(photo.features),
        }
        for photo in index.photos
    ]
    table = json.dumps({"version": _VERSION, "network": network_sha256, "photos": rows})
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            table=np.frombuffer(table.encode(), np.uint8),
            features=np.concatenate(
                [np.zeros((0, DIMENSIONS), np.int8)] + [photo.features for photo in index.photos]
            ),
            mean=index.whitening.mean,
            projection=index.whitening.projection,
        )
