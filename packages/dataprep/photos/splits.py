"""Assignment of photos to train, val and test by a keyed hash of their group."""

import csv
import hashlib
import io
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from colorfiles.outside.files import read_text
from colorfiles.progress import ProgressCallback, silent
from colorfiles.shard_index import SPLITS
from dataprep.errors import DataprepError
from dataprep.photos.duplicates import NearDuplicateIndex
from dataprep.photos.print_index import LOOK_ALIKE
from dataprep.photos.rows import Photo

DEFAULT_RATIOS = "90/10/90/10"
_NOTE_EVERY = 100  # photos; at 100,000 photos one takes 5 ms
GROUP_BITS = 8  # of 64: what import lets pass as another photo may still show the same scene
LINKS_TWO = "links two splits"
NOT_IN_FILE = "not in the split file"


@dataclass(frozen=True)
class SplitRatios:
    """Shares of the splits: (train and val) / test, then train / val.

    Args:
        test: share of all groups that goes to test.
        val: share of the rest that goes to val.

    Raises:
        ValueError: a share is below 0, or nothing is left for train.
    """

    test: float = 0.1
    val: float = 0.1

    def __post_init__(self) -> None:
        """Check the shares."""
        if not (0 <= self.test < 1 and 0 <= self.val < 1):
            raise ValueError(f"split: expected shares from 0 to below 1, given {self}")

    @classmethod
    def parse(cls, text: str) -> "SplitRatios":
        """Parse ``90/10/90/10``: rest / test, then train / val of the rest; pairs sum to 100.

        Raises:
            ValueError: it isn't that.
        """
        try:
            rest, test, train, val = (float(part) for part in text.split("/"))
            if rest + test != 100 or train + val != 100 or min(rest, train) <= 0:
                raise ValueError
            return cls(test=test / 100, val=val / 100)
        except ValueError:
            raise ValueError(
                "split: expected four numbers such as 90/10/90/10, the first two and the last two "
                f"summing to 100, given {text!r}"
            ) from None

    def of(self, position: float) -> str:
        """Return the split of a position in [0, 1)."""
        if position < self.test:
            return "test"
        return "val" if (position - self.test) / (1 - self.test) < self.val else "train"


@dataclass(frozen=True)
class SplitResult:
    """The photos of each split by arrival, and the reasons of those left out by key."""

    photos: Mapping[str, tuple[Photo, ...]]
    left_out: Mapping[str, str] = field(default_factory=dict)


class _Groups:
    """Links a photo to the earlier ones of its owner and to its near-duplicates among them."""

    def __init__(self) -> None:
        self._near = NearDuplicateIndex(GROUP_BITS, LOOK_ALIKE)
        self._first_of_owner: dict[tuple[str, str], str] = {}
        self._order: dict[str, int] = {}

    def linked(self, photo: Photo) -> list[str]:
        """Return the keys of earlier linked photos, the earliest first."""
        keys = set[str]()
        if photo.perceptual_hash:
            keys |= set(self._near.find(photo.perceptual_hash, photo.copy_print))
        if photo.owner_id and (first := self._first_of_owner.get(_owner(photo))) is not None:
            keys.add(first)
        return sorted(keys, key=self._order.__getitem__)

    def add(self, photo: Photo) -> None:
        self._order[photo.key] = len(self._order)
        if photo.perceptual_hash:
            self._near.add(photo.perceptual_hash, photo.key, photo.copy_print)
        if photo.owner_id:
            self._first_of_owner.setdefault(_owner(photo), photo.key)


def split_photos(
    photos: Iterable[Photo],
    ratios: SplitRatios,
    *,
    seed: int = 0,
    report: ProgressCallback = silent,
) -> SplitResult:
    """Assign photos to splits: owners and near-duplicates together, and stable under additions.

    Photos are taken in the order in which they were fetched. One joins the split of the earlier
    photos that it is linked to (same owner, perceptual hashes within 8 bits, or a copy that is
    mirrored, turned, cropped or toned); one without links founds a group, and the keyed hash of
    its owner, or else of its key, says where that goes. A photo that links two splits is left out.

    Where the groups of the first fetch leave a split empty, one of them steps in (``_stand_ins``);
    later ones never do, so no photo moves when photos are added. ``report`` is called with a note
    of how many are compared, since each is compared with all before it.
    """
    ordered = _by_arrival(photos)
    stand_ins = _stand_ins(ordered, ratios, seed)

    def own_split(photo: Photo) -> str:
        return stand_ins.get(photo.key) or ratios.of(_position(photo, seed))

    groups, assigned, left_out = _Groups(), dict[str, str](), dict[str, str]()
    for photo in _with_notes(ordered, report):
        splits = {assigned[key] for key in groups.linked(photo)} or {own_split(photo)}
        if len(splits) > 1:
            left_out[photo.key] = LINKS_TWO
            continue
        assigned[photo.key] = splits.pop()
        groups.add(photo)
    return _result(ordered, assigned, left_out)


def split_by_file(
    photos: Iterable[Photo],
    split_by_key: Mapping[str, str],
    *,
    report: ProgressCallback = silent,
) -> SplitResult:
    """Assign photos to splits as ``wanted`` says by key.

    Photos that aren't listed are left out, and so are those linked to an earlier photo of another
    split.
    """
    ordered = _by_arrival(photos)
    groups, assigned, left_out = _Groups(), dict[str, str](), dict[str, str]()
    for photo in _with_notes(ordered, report):
        if photo.key not in split_by_key:
            left_out[photo.key] = NOT_IN_FILE
        elif any(assigned[key] != split_by_key[photo.key] for key in groups.linked(photo)):
            left_out[photo.key] = LINKS_TWO
        else:
            assigned[photo.key] = split_by_key[photo.key]
            groups.add(photo)
    return _result(ordered, assigned, left_out)


def read_split_file(path: Path) -> dict[str, str]:
    """Read a CSV with the columns ``key`` (the photo's) and ``split`` (train, val or test).

    Raises:
        DataprepError: it can't be read, lacks a column, or names another split.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataprepError(f"{path}: not a CSV that can be read ({error})") from None
    if not rows or not {"key", "split"} <= rows[0].keys():
        raise DataprepError(f"{path}: expected a CSV with the columns key and split")
    for row in rows:
        if row["split"] not in SPLITS:
            raise DataprepError(
                f"{path}: photo {row['key']}: expected train, val or test, given {row['split']!r}"
            )
    return {row["key"]: row["split"] for row in rows}


def keyed_hash(*parts: object) -> int:
    """Return a 64-bit hash of all parts."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _position(photo: Photo, seed: int) -> float:
    anchor = ("owner", *_owner(photo)) if photo.owner_id else ("photo", photo.key)
    return keyed_hash("split", seed, *anchor) / 2**64


def _owner(photo: Photo) -> tuple[str, str]:
    return photo.source, photo.owner_id


def _by_arrival(photos: Iterable[Photo]) -> list[Photo]:
    return sorted(photos, key=lambda photo: (photo.fetched_at, photo.key))


def _stand_ins(ordered: Sequence[Photo], ratios: SplitRatios, seed: int) -> dict[str, str]:
    """Return replacement founders for empty splits, by key.

    Founders are the photos without links in the first fetch (the first fetches, until there are
    three). For test, then val, then train: a split without founders gets the one of the lowest hash
    from a split with several.
    """
    splits = ["train"] + ["val"] * (ratios.val > 0) + ["test"] * (ratios.test > 0)
    founders = list[Photo]()
    split_of = dict[str, str]()
    for photo in _founders(ordered):
        founders.append(photo)
        split_of[photo.key] = ratios.of(_position(photo, seed))
        if set(split_of.values()) == set(splits):
            return {}
    splits = splits[: len(founders)]
    moved: dict[str, str] = {}
    for split in reversed(splits):
        counts = Counter(split_of.values())
        if counts[split]:
            continue
        spare = [p for p in founders if counts[split_of[p.key]] > (split_of[p.key] in splits)]
        chosen = min(spare, key=lambda photo: _position(photo, seed)).key
        split_of[chosen] = moved[chosen] = split
    return moved


def _founders(ordered: Sequence[Photo]) -> Iterator[Photo]:
    groups, count = _Groups(), 0
    for _, fetch in itertools.groupby(ordered, key=lambda photo: photo.fetched_at):
        for photo in fetch:
            if not groups.linked(photo):
                count += 1
                yield photo
            groups.add(photo)
        if count >= len(SPLITS):
            return


def _with_notes(photos: Sequence[Photo], report: ProgressCallback) -> Iterator[Photo]:
    for number, photo in enumerate(photos):
        if number % _NOTE_EVERY == 0:
            report(0, note=f"{number:,} of {len(photos):,} compared with those before")
        yield photo
    report(0, note="")


def _result(
    ordered: Sequence[Photo], assigned: Mapping[str, str], left_out: Mapping[str, str]
) -> SplitResult:
    photos = {
        split: tuple(photo for photo in ordered if assigned.get(photo.key) == split)
        for split in SPLITS
    }
    return SplitResult(photos, left_out)
