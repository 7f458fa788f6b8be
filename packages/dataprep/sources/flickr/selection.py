"""Selection of photos in a fixed order, balanced over tags, without duplicates."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from dataprep.photos.duplicates import NearDuplicateIndex
from dataprep.photos.rows import Photo

_REPEATS_OF_A_PLACEHOLDER = 3  # ids with one image: two are a photo that was uploaded twice


@dataclass(frozen=True)
class Looks:
    """Facts of an image that a decision needs.

    Args:
        listed_shape: width and height that Flickr lists; zeros where it doesn't.
    """

    sha256: str
    perceptual_hash: str
    shape: tuple[int, int]
    listed_shape: tuple[int, int]

    @property
    def as_listed(self) -> bool:
        """Whether the image has the aspect ratio that Flickr lists for this photo."""
        (width, height), (listed_width, listed_height) = self.shape, self.listed_shape
        if not listed_width or not listed_height:
            return True
        return (
            abs(width / height - listed_width / listed_height) < 0.05 * listed_width / listed_height
        )


@dataclass
class Selection:
    """Selects photos for the tags in turn: next is the tag with the fewest so far.

    Decisions depend only on their order. Of duplicates the first one stays. An image under several
    ids is a placeholder if it occurs three times, or if its shape isn't the one that Flickr lists
    for one of these photos: then none of them stays.

    Args:
        tags: ties are broken in their order.
        count: photos wanted in all.
        revoke: called with key and reason of a kept photo that turned out to be a placeholder.
    """

    tags: tuple[str, ...]
    count: int
    revoke: Callable[[str, str], None]
    kept: dict[str, int] = field(init=False)
    dry: set[str] = field(default_factory=set)
    _tag_of: dict[str, str] = field(default_factory=dict)
    _same: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    _near: NearDuplicateIndex = field(default_factory=NearDuplicateIndex)
    _gone: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Start every tag at none."""
        self.kept = dict.fromkeys(self.tags, 0)

    @property
    def total(self) -> int:
        """Number of kept photos."""
        return sum(self.kept.values())

    @property
    def complete(self) -> bool:
        """Whether enough photos are kept."""
        return self.total >= self.count

    def turn(self) -> str | None:
        """Return the tag whose turn it is; None if no tag has photos left."""
        return next_tag(self.tags, self.kept, self.dry)

    def know(self, photo: Photo) -> None:
        """Add a photo that the folder has already, so that no copy of it is kept."""
        self._same.setdefault(photo.sha256, []).append((photo.key, True))
        self._near.add(photo.perceptual_hash, photo.key)

    def decide(self, key: str, tag: str, looks: Looks) -> str:
        """Keep a photo for a tag, or return the reason of its rejection."""
        same = self._same.setdefault(looks.sha256, [])
        was_there = any(other == key for other, _ in same)
        if not was_there:
            same.append((key, looks.as_listed))
        if len(same) > 1 and not was_there:
            odd = not all(as_listed for _, as_listed in same)
            if len(same) >= _REPEATS_OF_A_PLACEHOLDER or odd:
                self._revoke(same[0][0], same)
                return f"placeholder: the same image as {same[0][0]}"
            return f"duplicate: of {same[0][0]}"
        if not was_there:
            # By hash alone: crops that people upload as photos of their own stay, and `shard`
            # keeps them in one split.
            near = [k for k in self._near.find(looks.perceptual_hash) if k not in self._gone]
            if near:
                return f"near-duplicate: of {near[0]}"
            self._near.add(looks.perceptual_hash, key)
        self._tag_of[key] = tag
        self.kept[tag] += 1
        return ""

    def _revoke(self, key: str, same: list[tuple[str, bool]]) -> None:
        tag = self._tag_of.pop(key, None)
        if tag is not None:
            self.kept[tag] -= 1
            self._gone.add(key)
            self.revoke(key, f"placeholder: the same image as {same[1][0]}")


def next_tag(tags: tuple[str, ...], kept: dict[str, int], without: Collection[str]) -> str | None:
    """Return the tag with the fewest photos; the first of equals."""
    open_tags = [tag for tag in tags if tag not in without]
    return min(open_tags, key=lambda tag: kept[tag], default=None)
