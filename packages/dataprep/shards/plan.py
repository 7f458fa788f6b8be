"""Assignment of photos to shards, made before any is decoded."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from colorfiles.shard_index import SPLITS
from dataprep.photos.rows import Photo
from dataprep.photos.splits import keyed_hash
from dataprep.shards.views import ViewSettings

DEFAULT_SHARD_SAMPLES = 4096
SHARD_BYTES = 128 << 20  # about; large enough to stream, small enough to fetch again
LEAST_TRAIN_SHARDS = 4  # so that a loader's workers have one each
# Bytes a pixel of a view that members take, measured on photographs at 256 px.
_BYTES_PER_PIXEL = {"jpeg": 0.40, "png": 0.75, "bins": 0.16, "rgb": 0.60}


@dataclass(frozen=True)
class ShardPlan:
    """One shard to write: its name without a suffix, and its photos in order.

    ``view_counts`` has those of its photos that get fewer views than the settings say.
    """

    name: str
    split: str
    photos: tuple[Photo, ...]
    view_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """Digest of its photos, their order and their bytes."""
        counts = self.view_counts
        lines = (
            f"{photo.key} {photo.sha256}" + (f" {counts[photo.key]}" if photo.key in counts else "")
            for photo in self.photos
        )
        return hashlib.sha256("\n".join((self.name, *lines)).encode()).hexdigest()


def samples_per_shard(settings: ViewSettings, split: str) -> int:
    """Return 4,096, or fewer for at most about 128 MB a shard."""
    per_pixel = _BYTES_PER_PIXEL[settings.luma] + _BYTES_PER_PIXEL["bins"]
    per_pixel += _BYTES_PER_PIXEL["rgb"] if settings.rgb_in(split) else 0
    fitting = SHARD_BYTES / (per_pixel * settings.size**2 + 4 * 512)
    return max(1, min(DEFAULT_SHARD_SAMPLES, int(fitting)))


def plan_shards(
    photos: Mapping[str, Sequence[Photo]],
    settings: ViewSettings,
    *,
    shard_samples: int | None = None,
    view_counts: Mapping[str, int] | None = None,
) -> list[ShardPlan]:
    """Assign the photos of each split to shards in the order of a keyed hash.

    All views of a photo go to one shard: it is decoded once, and a shard can be written without
    the others. Train has at least four shards where it has four photos.

    Args:
        photos: of each split.
        settings: of the views.
        shard_samples: samples a shard; by default what ``samples_per_shard`` says.
        view_counts: by key, the training photos that get fewer views than the settings say.
    """
    plans = []
    for split in SPLITS:
        counts = (view_counts or {}) if split == "train" else {}
        members = photos.get(split, ())
        if not members:
            continue
        size = shard_samples or samples_per_shard(settings, split)
        usual = settings.views_in(split)
        shards = math.ceil(sum(counts.get(photo.key, usual) for photo in members) / size)
        if split == "train":
            shards = max(shards, LEAST_TRAIN_SHARDS)
        shards = min(shards, len(members))
        dealt = sorted(members, key=lambda p: (keyed_hash("shard", settings.seed, p.key), p.key))
        for number in range(shards):
            of_shard = tuple(dealt[number::shards])
            fewer = {p.key: counts[p.key] for p in of_shard if p.key in counts}
            plans.append(ShardPlan(f"{split}-{number:06d}", split, of_shard, fewer))
    return plans
