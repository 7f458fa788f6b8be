from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataprep.errors import DataprepError
from dataprep.photos.rows import Photo
from dataprep.photos.splits import (
    LINKS_TWO,
    NOT_IN_FILE,
    SplitRatios,
    read_split_file,
    split_by_file,
    split_photos,
)

RATIOS = SplitRatios()


def photo(number: int, *, owner: str = "", phash: int | None = None, day: int = 1) -> Photo:
    # hashes far apart unless one is given: the number's bits, repeated and spread
    spread = (number * 0x9E3779B97F4A7C15) % 2**64 if phash is None else phash
    return Photo(
        key=f"flickr-{number}",
        source="flickr",
        source_id=str(number),
        path=f"flickr/{number}.jpg",
        owner_id=owner,
        perceptual_hash=f"{spread:016x}",
        fetched_at=f"2026-01-{day:02d}T00:00:00Z",
    )


def split_of(photos: list[Photo], ratios: SplitRatios = RATIOS, seed: int = 0) -> dict[str, str]:
    result = split_photos(photos, ratios, seed=seed)
    return {p.key: split for split, members in result.photos.items() for p in members}


photos_strategy = st.lists(
    st.tuples(
        st.integers(0, 12),  # owner; 0 is none
        st.integers(0, 25),  # what it shows
        st.integers(0, 6),  # how many bits off
        st.integers(1, 4),  # when it came
    ),
    min_size=1,
    max_size=60,
)


def made(rows: list[tuple[int, int, int, int]]) -> list[Photo]:
    rows = sorted(rows, key=lambda row: row[3])
    return [
        photo(
            number,
            owner=f"o{owner}" if owner else "",
            phash=((scene * 0x9E3779B97F4A7C15) % 2**64) ^ ((1 << bits) - 1),
            day=day,
        )
        for number, (owner, scene, bits, day) in enumerate(rows)
    ]


def test_the_default_gives_a_tenth_to_test_and_a_tenth_of_the_rest_to_val() -> None:
    splits = list(split_of([photo(n) for n in range(3000)]).values())
    shares = {split: splits.count(split) / len(splits) for split in ("train", "val", "test")}
    assert shares["test"] == pytest.approx(0.10, abs=0.02)
    assert shares["val"] == pytest.approx(0.09, abs=0.02)


@settings(max_examples=60)
@given(photos_strategy)
def test_no_owner_and_no_near_duplicate_lies_in_two_splits(
    rows: list[tuple[int, int, int, int]],
) -> None:
    photos = made(rows)
    split = split_of(photos)
    kept = [p for p in photos if p.key in split]
    for first in kept:
        for second in kept:
            distance = int(first.perceptual_hash, 16) ^ int(second.perceptual_hash, 16)
            same_owner = first.owner_id and first.owner_id == second.owner_id
            if same_owner or distance.bit_count() <= 8:
                assert split[first.key] == split[second.key]


@settings(max_examples=60)
@given(photos_strategy)
def test_no_photo_moves_or_leaves_when_later_photos_are_added(
    rows: list[tuple[int, int, int, int]],
) -> None:
    photos = made(rows)
    last = max(p.fetched_at for p in photos)
    earlier = [p for p in photos if p.fetched_at < last]
    before, after = split_of(earlier), split_of(photos)
    if len(set(before.values())) == 3:  # with fewer than three groups there are no three splits
        assert before.items() <= after.items()


def test_a_set_that_grows_out_of_three_photos_keeps_every_split() -> None:
    grown = [photo(n, day=1 + n // 3) for n in range(60)]
    for size in (3, 6, 12, 30):
        assert split_of(grown[:size]).items() <= split_of(grown).items()


def test_a_large_set_has_the_same_splits_whichever_other_photos_it_has() -> None:
    photos = [photo(n) for n in range(300)]
    whole = split_of(photos)
    assert split_of(photos[::2]).items() <= whole.items()


@pytest.mark.parametrize("count", [3, 4, 5, 8, 13])
@pytest.mark.parametrize("seed", range(6))
def test_three_photos_are_enough_for_three_splits(count: int, seed: int) -> None:
    splits = split_of([photo(n) for n in range(count)], seed=seed)
    assert set(splits.values()) == {"train", "val", "test"}


@pytest.mark.parametrize(("count", "expected"), [(1, {"train"}), (2, {"train", "val"})])
def test_fewer_photos_go_to_train_first_then_to_val(count: int, expected: set[str]) -> None:
    for seed in range(20):
        assert set(split_of([photo(n) for n in range(count)], seed=seed).values()) == expected


def test_the_seed_decides() -> None:
    photos = [photo(n) for n in range(200)]
    assert split_of(photos, seed=1) == split_of(photos, seed=1) != split_of(photos, seed=2)


def test_the_order_of_the_manifest_decides_nothing() -> None:
    photos = [photo(n, owner=f"o{n % 40}", day=1 + n % 7) for n in range(200)]
    assert split_of(photos) == split_of(photos[::-1])


def test_a_photo_that_links_two_splits_is_left_out_with_that_reason() -> None:
    base = [photo(n, owner=f"o{n}") for n in range(200)]
    split = split_of(base)
    test_one = next(p for p in base if split[p.key] == "test")
    train_one = next(p for p in base if split[p.key] == "train")
    bridge = photo(
        999, owner=test_one.owner_id, phash=int(train_one.perceptual_hash, 16) ^ 0b111, day=2
    )
    result = split_photos([*base, bridge], RATIOS)
    assert result.left_out == {bridge.key: LINKS_TWO}
    assert split_of([*base, bridge]) == split


def test_ratios_are_read_as_written() -> None:
    ratios = SplitRatios.parse("80/20/75/25")
    splits = list(split_of([photo(n) for n in range(2000)], ratios).values())
    assert splits.count("test") / 2000 == pytest.approx(0.2, abs=0.03)
    assert splits.count("val") / 2000 == pytest.approx(0.2, abs=0.03)


def test_a_split_of_nothing_stays_empty() -> None:
    assert set(split_of([photo(n) for n in range(40)], SplitRatios(test=0)).values()) == {
        "train",
        "val",
    }


@pytest.mark.parametrize("text", ["", "90/10", "90/10/90/20", "a/b/c/d", "0/100/90/10", "1/2/3/4"])
def test_other_ratios_are_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected four numbers such as 90/10/90/10"):
        SplitRatios.parse(text)


def test_a_split_file_decides_and_leaves_out_who_is_not_in_it(tmp_path: Path) -> None:
    photos = [photo(n) for n in range(4)] + [photo(4, phash=int(photo(0).perceptual_hash, 16))]
    file = tmp_path / "splits.csv"
    file.write_text("key,split\nflickr-0,test\nflickr-1,train\nflickr-2,val\nflickr-4,train\n")
    result = split_by_file(photos, read_split_file(file))
    assert {s: [p.key for p in members] for s, members in result.photos.items()} == {
        "train": ["flickr-1"],
        "val": ["flickr-2"],
        "test": ["flickr-0"],
    }
    assert result.left_out == {"flickr-3": NOT_IN_FILE, "flickr-4": LINKS_TWO}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,split\na,train\n", "columns key and split"),
        ("key,split\na,training\n", "given 'training'"),
    ],
)
def test_a_split_file_of_another_shape_is_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "splits.csv"
    file.write_text(content)
    with pytest.raises(DataprepError, match=message):
        read_split_file(file)


def test_the_comparison_of_photos_is_reported() -> None:
    notes = list[str | None]()

    def report(_: int = 1, *, note: str | None = None) -> None:
        notes.append(note)

    split_photos([photo(number) for number in range(250)], RATIOS, report=report)
    compared = [f"{number} of 250 compared with those before" for number in (0, 100, 200)]
    assert notes == [*compared, ""]
