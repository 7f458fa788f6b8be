"""Selection of an experiment's photos: classes, splits, and folders of some of them."""

import csv
import os
import random
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from colorfiles.files import write_atomically
from dataprep.photos.folder import PhotoFolder
from dataprep.photos.rows import Photo
from dataprep.photos.splits import SplitRatios, read_split_file, split_photos

SPLITS = ("train", "val", "test")


def photos_of(folder: Path, classes: Sequence[str] = ()) -> list[Photo]:
    """Return the kept photos, of the named classes if any are named."""
    kept = PhotoFolder(folder).kept()
    photos = [photo for photo in kept if not classes or photo.class_name in classes]
    if not photos:
        present = ", ".join(name for name, _ in Counter(p.class_name for p in kept).most_common(12))
        raise SystemExit(f"{folder}: no photos of {', '.join(classes)}; there are {present}")
    return photos


def write_split(
    photos: Sequence[Photo], path: Path, *, train: int | None = None, held_out: int | None = None
) -> dict[str, int]:
    """Write a split file with at most so many photos a split, always the same ones.

    Owners and near-duplicates stay together, since the split is dataprep's own.
    """
    result = split_photos(photos, SplitRatios(), seed=0)
    counts = {}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("key", "split"))
        for split in SPLITS:
            keys = sorted(photo.key for photo in result.photos.get(split, ()))
            random.Random(0).shuffle(keys)
            keys = keys[: train if split == "train" else held_out]
            writer.writerows((key, split) for key in keys)
            counts[split] = len(keys)
    return counts


def split_all(folder: Path, path: Path) -> dict[str, str]:
    """Write dataprep's own split of a photo folder as a split file; return it by key."""
    with write_atomically(path) as temporary:
        write_split(photos_of(folder), temporary)
    return read_split_file(path)


def training_folder(folder: Path, split: Mapping[str, str], target: Path) -> None:
    """Make a photo folder of the training photos alone, for learning palettes."""
    training = [photo for photo in photos_of(folder) if split.get(photo.key) == "train"]
    _make_folder(folder, training, target)


def copy_some(folder: Path, target: Path, count: int) -> None:
    """Make a photo folder of ``count`` photos, drawn with a fixed seed."""
    source = PhotoFolder(folder)
    kept = source.kept()
    photos = random.Random(0).sample(kept, min(count, len(kept)))
    copy = PhotoFolder(target, create=True)
    for photo in photos:
        copy.add(photo, source.read(photo))
    copy.commit()


def measure_value(evaluation: dict[str, Any], variant: str, measure: str) -> float:
    """Return one number of `trainer evaluate --json`."""
    value = evaluation["variants"][variant][measure]["value"]
    return float("nan") if value is None else float(value)


def _make_folder(folder: Path, photos: Sequence[Photo], target: Path) -> None:
    wanted = sorted(photos, key=lambda photo: photo.key)
    if target.exists() and sorted(PhotoFolder(target).kept(), key=lambda p: p.key) == wanted:
        return
    shutil.rmtree(target, ignore_errors=True)
    unfinished = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    copy = PhotoFolder(unfinished, create=True)
    for photo in photos:
        _link(folder, unfinished, photo)
        copy.add(photo)
    copy.commit()
    unfinished.rename(target)


def _link(folder: Path, target: Path, photo: Photo) -> None:
    place = target / photo.path
    place.parent.mkdir(exist_ok=True)
    try:
        os.link(folder / photo.path, place)
    except OSError:  # another disk
        shutil.copyfile(folder / photo.path, place)
