"""Class names, short and long, mistyped and ambiguous."""

from collections import Counter
from pathlib import Path

import pytest

from dataprep.errors import DataprepError
from dataprep.sources.sun.classes import (
    UnknownClass,
    choose_classes,
    class_rank,
    outdoor_classes,
    sun_classes,
)


def test_the_list_has_397_classes_of_which_220_are_outdoor() -> None:
    assert Counter(sun_classes().values()) == {"indoor": 177, "man-made": 131, "natural": 89}
    assert len(outdoor_classes()) == 220


def test_220_means_the_outdoor_ones_and_all_means_those_present() -> None:
    assert choose_classes("220").names == outdoor_classes()
    assert choose_classes("all").names is None
    assert choose_classes("all").absent(["beach"]) == []
    assert choose_classes("220").absent(outdoor_classes()[1:]) == ["abbey"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ocean", ("ocean",)),
        ("beach, ocean,beach", ("beach", "ocean")),
        ("Church/Outdoor", ("church/outdoor",)),
        ("/c/church/outdoor", ("church/outdoor",)),
        ("c/church/outdoor/", ("church/outdoor",)),
        ("apartment building", ("apartment_building/outdoor",)),
        ("kitchen", ("kitchen",)),
        ("/z/zebra_crossing", ("zebra_crossing",)),
    ],
)
def test_names_are_understood(typed: str, expected: tuple[str, ...]) -> None:
    assert choose_classes(typed).names == expected


def test_a_class_beyond_sun397_is_known_where_it_is_present() -> None:
    assert choose_classes("moonscape", present=["moonscape"]).names == ("moonscape",)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("oceann", "ocean"),
        ("beech", "beach"),
        ("church", "church/indoor, church/outdoor"),
        ("church/outdor", "church/outdoor"),
        ("qqqqqqq", "--classes all"),
    ],
)
def test_what_is_not_one_class_gets_a_hint(typed: str, hint: str) -> None:
    with pytest.raises(UnknownClass, match=typed) as caught:
        choose_classes(typed)
    assert hint in str(caught.value)


@pytest.mark.parametrize("typed", ["", ",", "0"])
def test_no_class_at_all_is_an_error(typed: str) -> None:
    with pytest.raises(DataprepError):
        choose_classes(typed)


def test_a_file_lists_classes_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "ClassName.txt"
    path.write_text("/b/beach\n\n# a remark\nchurch/outdoor\tman-made\nocean # blue\n")
    assert choose_classes(str(path)).names == ("beach", "church/outdoor", "ocean")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataprepError, match="ClassName"):
        choose_classes(str(path))


def test_a_number_draws_outdoor_classes_first() -> None:
    assert choose_classes("5").limit == 5
    assert choose_classes("5").names == outdoor_classes()
    assert choose_classes("300").names is None
    assert class_rank("kitchen", 0) > max(class_rank(name, 0) for name in outdoor_classes())
