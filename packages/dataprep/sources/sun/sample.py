"""Order-independent random sample of photos per class."""

import hashlib
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dataprep.photos.rows import Photo
from dataprep.sources.sun.classes import ClassChoice, class_rank
from dataprep.sources.sun.layout import SunFile


def rank_of(file: SunFile, seed: int) -> bytes:
    """Return a file's rank in its class: a hash of seed and path."""
    return hashlib.sha256(f"{seed}\0{file.path}".encode()).digest()


@dataclass
class ClassSample:
    """The usable photos of one class with the smallest ranks so far.

    A photo with the same bytes as one of smaller rank counts as unusable. The sample doesn't depend
    on the order in which photos are offered.
    """

    capacity: int
    _kept: dict[bytes, Photo] = field(default_factory=dict)
    _order: list[bytes] = field(default_factory=list)
    _unusable: dict[bytes, Photo] = field(default_factory=dict)
    _rank_by_sha: dict[str, bytes] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether there are enough usable photos."""
        return len(self._order) >= self.capacity

    def wants(self, rank: bytes) -> bool:
        """Whether a file of this rank may be drawn, given the photos so far."""
        new = rank not in self._kept and rank not in self._unusable
        return new and (not self.full or rank < self._order[-1])

    def offer(self, rank: bytes, photo: Photo) -> list[Photo]:
        """Insert an examined photo; return the photos that it displaces.

        The photo itself is among those returned where it isn't drawn.
        """
        if not self.wants(rank):
            return [photo]
        if photo.status == "rejected":
            self._unusable[rank] = photo
            return [photo]
        twin = self._rank_by_sha.get(photo.sha256)
        if twin is not None and twin < rank:
            self._unusable[rank] = photo
            return [photo]
        out = []
        if twin is not None:
            out.append(self._pull(twin))
            self._unusable[twin] = out[0]
        elif self.full:
            out.append(self._pull(self._order[-1]))
        self._kept[rank] = photo
        self._rank_by_sha[photo.sha256] = rank
        insort(self._order, rank)
        self._forget_far_rejects()
        return out

    def photos(self) -> list[Photo]:
        """Return the photos drawn, by rank."""
        return [self._kept[rank] for rank in self._order]

    def rejects(self) -> list[Photo]:
        """Return the unusable photos of ranks that would have been drawn, with reasons."""
        rows = (photo for _, photo in sorted(self._unusable.items()))
        return [
            photo if photo.status == "rejected" else self._as_duplicate(photo) for photo in rows
        ]

    def _pull(self, rank: bytes) -> Photo:
        photo = self._kept.pop(rank)
        self._order.remove(rank)
        del self._rank_by_sha[photo.sha256]
        return photo

    def _as_duplicate(self, photo: Photo) -> Photo:
        stays = self._kept[self._rank_by_sha[photo.sha256]]
        return replace(photo, path="", status="rejected", reason=f"duplicate: of {stays.key}")

    def _forget_far_rejects(self) -> None:
        if self.full:
            last = self._order[-1]
            self._unusable = {r: photo for r, photo in self._unusable.items() if r < last}


class Sample:
    """The samples of all selected classes."""

    def __init__(self, choice: ClassChoice, *, per_class: int, seed: int) -> None:
        self._choice = choice
        self._per_class = per_class
        self._seed = seed
        self._classes: dict[str, ClassSample] = {}
        self._present: set[str] = set()

    @property
    def classes(self) -> dict[str, ClassSample]:
        """The classes drawn from so far, by name."""
        return dict(sorted(self._classes.items()))

    @property
    def present(self) -> frozenset[str]:
        """The classes met so far that may be drawn from."""
        return frozenset(self._present)

    def enter(self, class_name: str) -> list[Photo]:
        """Add a class; return the photos of the class that it displaces."""
        if class_name in self._present or not self._choice.allows(class_name):
            return []
        self._present.add(class_name)
        self._classes[class_name] = ClassSample(self._per_class)
        limit = self._choice.limit
        if limit is None or len(self._classes) <= limit:
            return []
        worst = max(self._classes, key=lambda name: class_rank(name, self._seed))
        return self._classes.pop(worst).photos()

    def wants(self, file: SunFile) -> bool:
        """Whether a file may be drawn."""
        of_class = self._classes.get(file.class_name)
        return of_class is not None and of_class.wants(rank_of(file, self._seed))

    def offer(self, file: SunFile, photo: Photo) -> list[Photo]:
        """Insert an examined photo; return the photos that are no longer drawn."""
        of_class = self._classes.get(file.class_name)
        if of_class is None:
            return [photo]
        return of_class.offer(rank_of(file, self._seed), photo)

    def by_rank(self, files: Iterable[SunFile]) -> list[SunFile]:
        """Return the files in the order in which they would be drawn."""
        return sorted(files, key=lambda file: rank_of(file, self._seed))
