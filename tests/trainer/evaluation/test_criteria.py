"""Criteria: what is met, by how much it is missed, and which of two decodings costs less."""

import math

import pytest

from trainer.evaluation.criteria import (
    CRITERIA,
    FAMILY_RECALL,
    Verdict,
    cost,
    criteria_of,
    missed,
    verdicts,
)
from trainer.evaluation.criterion import Criterion

GRAY = {"ciede2000": 12.0, "psnr": 22.0}


def asked(
    low: float | None = None, high: float | None = None, *, relative: bool = False
) -> Criterion:
    return Criterion("m", low, high, "", relative)


def test_a_criterion_tells_by_how_much_it_is_missed() -> None:
    assert asked(low=0.8).holds(0.8)
    assert asked(low=0.8).shortfall(0.6) == pytest.approx(0.25)
    assert asked(high=3.0).shortfall(4.5) == pytest.approx(0.5)
    assert asked(high=3.0).shortfall(90.0) == 1
    assert asked(low=0.8).shortfall(0.8, inside=0.1) == pytest.approx(0.1)
    assert asked(0.8, 1.1).shortfall(0.9, inside=0.1) == 0
    assert asked(low=0.8).shortfall(None) == asked(low=0.8).shortfall(math.nan) == 1


def test_one_aims_a_little_inside_ratios_but_not_inside_what_gray_has() -> None:
    assert Verdict(asked(low=0.8), 0.8).distance > 0
    assert Verdict(asked(low=0.8, relative=True), 0.8).distance == 0
    assert Verdict(asked(low=0.8), 0.8).is_met


def test_only_hue_families_that_truth_has_are_asked_for() -> None:
    found = criteria_of(GRAY, {"red": 0.5, "green": 0.01})
    families = {c.measure: c.low for c in found if c.measure.startswith("hue_recall_")}
    assert families == {"hue_recall_red": FAMILY_RECALL}


def test_gray_must_be_beaten_in_both_errors() -> None:
    found = {c.measure: c for c in criteria_of(GRAY, {})}
    assert found["ciede2000"].high == 11.5
    assert found["psnr"].low == 22.5
    assert set(CRITERIA) < set(found)


def test_photos_that_are_gray_already_break_nothing() -> None:
    for gray in ({"ciede2000": 0.5, "psnr": math.inf}, {"ciede2000": 0.0, "psnr": None}):
        asked_for = {c.measure: c for c in criteria_of(gray, {})}
        assert asked_for["ciede2000"].shortfall(3.0) == 1
        assert math.isfinite(asked_for["psnr"].shortfall(20.0))


def test_of_two_decodings_the_nearer_to_truth_costs_less() -> None:
    figures = {name: (c.low or 0) + 0.1 for name, c in CRITERIA.items()}
    near = verdicts(figures | {"ciede2000": 11.0, "psnr": 23.0}, criteria_of(GRAY, {}))
    far = verdicts(figures | {"ciede2000": 14.0, "psnr": 23.0}, criteria_of(GRAY, {}))
    assert missed(near) < missed(far)
    assert cost(near, 11.0) < cost(far, 14.0)


def test_no_single_criterion_outweighs_all_others() -> None:
    assert missed([Verdict(asked(low=1.0), 0.0)]) == missed([Verdict(asked(low=1.0), 0.7)])
