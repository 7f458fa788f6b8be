"""Versions differ by regions, not pixels; the most likely comes first; a seed gives the same."""

import numpy as np
import pytest

from colorunet import Hint, Steering
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.seen_photo import SeenPhoto
from colorunet.coloring.steering.versions import MOST_VERSIONS


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.mean(np.linalg.norm(first - second, axis=-1)))


def test_the_most_likely_comes_first_and_is_what_one_gets_without_versions(
    seen: SeenPhoto, colorizer: Colorizer
) -> None:
    versions = colorizer.versions(seen, 4)
    likelihoods = [version.likelihood for version in versions]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert 0 < likelihoods[-1] < likelihoods[0] < 1
    np.testing.assert_allclose(versions[0].uv, colorizer.steered(seen), atol=1e-6)


def test_versions_differ_from_each_other(seen: SeenPhoto, colorizer: Colorizer) -> None:
    versions = colorizer.versions(seen, 4)
    for number, version in enumerate(versions):
        for other in versions[:number]:
            assert _apart(version.uv, other.uv) > 0.03


def test_versions_are_as_smooth_as_the_first(seen: SeenPhoto, colorizer: Colorizer) -> None:
    def rough(uv: np.ndarray) -> float:
        return float(np.abs(np.diff(uv, n=2, axis=1)).mean() / uv.std())

    first, *others = (version.uv for version in colorizer.versions(seen, 4))
    for uv in others:
        assert rough(uv) < 2 * rough(first)


def test_a_seed_gives_the_same_versions_and_another_others(
    seen: SeenPhoto, colorizer: Colorizer
) -> None:
    first, same, other = (colorizer.versions(seen, 2, seed=seed)[1].uv for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert _apart(first, other) > 0.01


def test_hints_hold_in_every_version(seen: SeenPhoto, colorizer: Colorizer) -> None:
    hint = Hint(250, 200, "#309040")
    for version in colorizer.versions(seen, 3, Steering((hint,))):
        assert version.uv[seen.working_pixel(250, 200)] == pytest.approx(hint.uv, abs=1e-5)


def test_a_count_out_of_range_is_refused(seen: SeenPhoto, colorizer: Colorizer) -> None:
    for count in (0, MOST_VERSIONS + 1):
        with pytest.raises(ValueError, match="versions: expected 1 to 16"):
            colorizer.versions(seen, count)
    (only,) = colorizer.versions(seen, 1)
    np.testing.assert_allclose(only.uv, colorizer.steered(seen), atol=1e-6)


def test_a_versions_logits_decode_to_its_colors_whatever_dials_come_later(
    colorizer: Colorizer, seen: SeenPhoto
) -> None:
    for version in colorizer.versions(seen, 3):
        again = colorizer.decode(version.tilted(seen.logits))
        np.testing.assert_allclose(again, version.uv, atol=1e-5)
