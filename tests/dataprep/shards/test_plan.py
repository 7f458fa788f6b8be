from collections import Counter

import pytest

from dataprep.photos.rows import Photo
from dataprep.shards.plan import plan_shards, samples_per_shard
from dataprep.shards.views import ViewSettings

DEFAULTS = ViewSettings()


def photos(count: int, first: int = 0) -> list[Photo]:
    return [
        Photo(
            key=f"folder-{n}",
            source="folder",
            source_id=str(n),
            path=f"folder/{n}.jpg",
            sha256=f"{n:064x}",
            class_name=f"class-{n * 4 // count}",
        )
        for n in range(first, first + count)
    ]


def test_every_photo_is_in_one_shard() -> None:
    plans = plan_shards({"train": photos(1000), "val": photos(50, 1000)}, DEFAULTS)
    keys = [photo.key for plan in plans for photo in plan.photos]
    assert len(keys) == len(set(keys)) == 1050


def test_shards_are_equally_full_and_none_is_one_class() -> None:
    plans = plan_shards({"train": photos(1000)}, DEFAULTS, shard_samples=500)
    assert [plan.name for plan in plans] == [f"train-{n:06d}" for n in range(10)]
    assert {len(plan.photos) for plan in plans} == {100}
    for plan in plans:
        classes = Counter(photo.class_name for photo in plan.photos)
        assert min(classes.values()) >= 10
        assert len(classes) == 4


@pytest.mark.parametrize(("count", "shards"), [(1, 1), (3, 3), (4, 4), (800, 4), (4000, 6)])
def test_train_has_four_shards_where_it_has_four_photos(count: int, shards: int) -> None:
    assert len(plan_shards({"train": photos(count)}, DEFAULTS)) == shards


def test_val_and_test_are_one_shard_while_they_are_small() -> None:
    plans = plan_shards({"val": photos(900), "test": photos(5, 900)}, DEFAULTS)
    assert [plan.name for plan in plans] == ["val-000000", "test-000000"]


def test_a_shard_has_4096_samples_or_about_128_mb() -> None:
    assert 3000 < samples_per_shard(DEFAULTS, "train") <= 4096
    assert samples_per_shard(DEFAULTS, "val") < 2500
    assert samples_per_shard(ViewSettings(size=512), "train") < 1200
    assert samples_per_shard(ViewSettings(size=64), "train") == 4096


def test_the_plan_does_not_depend_on_the_order_of_the_photos() -> None:
    members = photos(300)
    assert plan_shards({"train": members}, DEFAULTS) == plan_shards(
        {"train": members[::-1]}, DEFAULTS
    )


def test_a_changed_photo_changes_the_content_of_its_shard_only() -> None:
    before = plan_shards({"train": photos(40)}, DEFAULTS)
    changed = photos(40)
    changed[7] = Photo(**{**vars(changed[7]), "sha256": "f" * 64})
    after = plan_shards({"train": changed}, DEFAULTS)
    differing = [a.name for a, b in zip(before, after, strict=True) if a.content != b.content]
    assert len(differing) == 1
