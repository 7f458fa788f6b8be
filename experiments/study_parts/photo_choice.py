"""Which of the training photos a fit of a study takes: the colourful ones, or a part of them."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from photo_subsets import photos_of
from step_keeper import digest

from colorcore.measures import colorfulness
from colorfiles.files import write_atomically
from dataprep.photos.folder import PhotoFolder
from dataprep.photos.imaging import decode_photo

_MEASURED_PX = 128  # the shorter edge at which a photo's colourfulness is measured


def split_for_testing(folder: Path, path: Path) -> dict[str, str]:
    """Write a split file that has every photo of a folder in the split test."""
    split = {photo.key: "test" for photo in photos_of(folder)}
    write_rows(path, ("key", "split"), split)
    return split


def split_identity(folder: Path, split: Mapping[str, str]) -> str:
    """Return a digest of which photos stand in which split, and of their bytes."""
    hashes = {photo.key: photo.sha256 for photo in photos_of(folder)}
    return digest(*(f"{key} {split[key]} {hashes[key]}" for key in sorted(split)))


def without_dull(
    split: Mapping[str, str], measured: Mapping[str, float], least: float
) -> dict[str, str]:
    """Return the split without the training photos whose colourfulness is below ``least``."""
    return {key: name for key, name in split.items() if name != "train" or measured[key] >= least}


def part_of(split: Mapping[str, str], share: float) -> dict[str, str]:
    """Return the split with a part of its training photos: chosen by a digest of their keys.

    The photos of a smaller share are among those of a larger one.
    """
    training = sorted((key for key, name in split.items() if name == "train"), key=digest)
    gone = set(training[round(share * len(training)) :])
    return {key: name for key, name in split.items() if key not in gone}


def training_colorfulness(folder: Path, split: Mapping[str, str], path: Path) -> dict[str, float]:
    """Return the colourfulness (Hasler & Süsstrunk's M, signed) of every training photo by key.

    Measured once, at a shorter edge of 128 px, and kept in ``path``.
    """
    wanted = [photo for photo in photos_of(folder) if split.get(photo.key) == "train"]
    known: dict[str, float] = {}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            known = {row["key"]: float(row["colorfulness"]) for row in csv.DictReader(file)}
    if known.keys() != {photo.key for photo in wanted}:
        photos = PhotoFolder(folder)
        known = {photo.key: round(_colorfulness(photos.read(photo)), 3) for photo in wanted}
        write_rows(path, ("key", "colorfulness"), known)
    return known


def write_rows(path: Path, header: tuple[str, str], rows: Mapping[str, object]) -> None:
    """Write a CSV of two columns, atomically."""
    with write_atomically(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows.items())


def _colorfulness(data: bytes) -> float:
    image = decode_photo(data, near_px=_MEASURED_PX)
    scale = _MEASURED_PX / min(image.size)
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)))
    return colorfulness(np.asarray(image, dtype=np.float64) / 255)
