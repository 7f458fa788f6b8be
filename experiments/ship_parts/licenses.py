"""Licences that a published network may be trained under, and the table of its photos."""

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from colorfiles.errors import ColorfilesError
from colorfiles.files import write_atomically
from colorfiles.outside.words import table_cell
from dataprep.photos.rows import Photo

CLASSES = ("CC-BY", "CC-BY-SA", "CC0/PD", "MIT", "Unsplash", "Pexels")
_NOT_FREE = {"nc", "nd", "noncommercial", "noderivs", "noderivatives"}
_PUBLIC_DOMAIN = {"cc0", "pd", "pdm"}
_SHOWN = 3


@dataclass(frozen=True)
class PhotoRow:
    """A row of ``photos.csv``: a photo's origin and licence."""

    key: str
    split: str
    license_class: str
    license: str
    license_url: str
    owner: str
    source_page: str
    title: str
    subject: str
    sha256: str


def license_class(name: str) -> str | None:
    """Return the class in ``CLASSES`` of a licence's name; None for others."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    if not words or _NOT_FREE & set(words):
        return None
    if words[0] in ("unsplash", "pexels"):
        return words[0].capitalize()
    if words == ["mit"]:
        return "MIT"
    if _PUBLIC_DOMAIN & set(words) or words[:2] in (["public", "domain"], ["cc", "zero"]):
        return "CC0/PD"
    if words[:3] == ["cc", "by", "sa"]:
        return "CC-BY-SA"
    return "CC-BY" if words[:2] == ["cc", "by"] else None


@dataclass(frozen=True)
class ResearchSet:
    """A published data set, credited as a whole in the card.

    Args:
        name: as ``owner_name`` of the photos has it.
        shows: what its photos are.
        source: where it was published.
        terms: what its makers allow, in their words or shorter.
    """

    name: str
    shows: str
    source: str
    terms: str


def read_research_sets(path: Path | None) -> dict[str, ResearchSet]:
    """Return the data sets of a CSV with the columns of ``ResearchSet``, by name; none of None."""
    if path is None:
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["name"]: ResearchSet(**row) for row in csv.DictReader(file)}


def require_publishable(photos: Iterable[Photo], sets: Collection[str] = ()) -> None:
    """Refuse photos whose licence doesn't allow publishing a network trained on them.

    Args:
        photos: to learn from.
        sets: names of data sets that the card names, whose photos are taken as they are.

    Raises:
        ColorfilesError: it names the first that haven't.
    """
    wrong = [
        photo
        for photo in photos
        if photo.owner_name not in sets and license_class(photo.license_name) is None
    ]
    if not wrong:
        return
    lines = [
        f"photo {photo.key} ({photo.path}): "
        + (f"licence {photo.license_name!r}" if photo.license_name else "no licence")
        for photo in wrong[:_SHOWN]
    ]
    more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
    raise ColorfilesError(
        "\n".join([*lines, *more]) + f"\nexpected one of {', '.join(CLASSES)}; make a photo folder "
        "without such photos, or state their licences with `dataprep import --metadata`"
    )


def photo_rows(
    photos: Mapping[str, Photo], splits: Mapping[str, str], sets: Collection[str] = ()
) -> list[PhotoRow]:
    """Return the table of the photos used but those of data sets, training photos first.

    Args:
        photos: by key.
        splits: by photo key.
        sets: names of the data sets.

    Raises:
        ColorfilesError: a photo of the shards isn't in the folder, so nobody knows its licence.
    """
    unknown = sorted(set(splits) - set(photos))
    if unknown:
        raise ColorfilesError(f"photo {unknown[0]}: in the shards, but not in the photo folder")
    require_publishable((photos[key] for key in splits), sets)
    order = {"train": 0, "val": 1, "test": 2}
    return [
        _row(photos[key], splits[key])
        for key in sorted(splits, key=lambda k: (order[splits[k]], k))
        if photos[key].owner_name not in sets
    ]


def set_counts(
    photos: Mapping[str, Photo], splits: Mapping[str, str], sets: Collection[str]
) -> dict[str, Counter[str]]:
    """Return the number of photos of each data set in each split."""
    counts = {name: Counter[str]() for name in sets}
    for key, split in splits.items():
        if (name := photos[key].owner_name) in counts:
            counts[name][split] += 1
    return {name: count for name, count in counts.items() if count}


def write_rows(rows: Iterable[PhotoRow], path: Path) -> None:
    """Write ``photos.csv``."""
    with write_atomically(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(PhotoRow)])
        writer.writerows([table_cell(str(value)) for value in astuple(row)] for row in rows)


def _row(photo: Photo, split: str) -> PhotoRow:
    return PhotoRow(
        key=photo.key,
        split=split,
        license_class=license_class(photo.license_name) or "",
        license=photo.license_name,
        license_url=photo.license_url,
        owner=photo.owner_name or photo.owner_id,
        source_page=photo.page_url or photo.image_url,
        title=photo.title,
        subject=photo.class_name,
        sha256=photo.sha256,
    )
