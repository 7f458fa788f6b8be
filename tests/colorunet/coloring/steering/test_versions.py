"""Versions differ by regions, not pixels; the most likely comes first; a seed gives the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorcore import ciede2000, rgb_to_lab
from colorunet import Hint, Steering
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.gamut_mapping import compose_rgb
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


def test_two_versions_differ_plainly_in_some_region(seen: SeenPhoto, colorizer: Colorizer) -> None:
    luma = seen.luma.astype(np.float32) / 255
    versions = colorizer.versions(seen, 4)
    for number, version in enumerate(versions):
        for other in versions[:number]:
            differ = np.linalg.norm(version.uv - other.uv, axis=-1) > 0.03
            assert differ.mean() > 0.03
            labs = (rgb_to_lab(compose_rgb(luma, each.uv))[differ] for each in (version, other))
            assert np.median(ciede2000(*labs)) >= 6


def test_where_luma_is_flat_versions_have_no_more_chroma_steps_than_the_usual_colors(
    demo_photos: Path,
) -> None:
    colorizer = Colorizer.load(backend="onnx")
    ratios = []
    for path in sorted(demo_photos.rglob("*.*"))[:6]:
        with Image.open(path) as photo:
            seen = colorizer.see(np.asarray(photo.convert("L")))
        flat = np.abs(np.diff(seen.luma.astype(int), axis=1)) <= 1
        versions = colorizer.versions(seen, 4)
        usual, *others = (
            np.linalg.norm(np.diff(version.uv, axis=1), axis=-1)[flat].mean()
            for version in sorted(versions, key=lambda version: bool(version.shifts.any()))
        )
        ratios += [other / usual for other in others]
    assert np.median(ratios) <= 1.15


def test_a_seed_gives_the_same_versions_and_another_others(
    seen: SeenPhoto, colorizer: Colorizer
) -> None:
    first, same, other = (
        np.stack([version.uv for version in colorizer.versions(seen, 4, seed=seed)])
        for seed in (0, 0, 1)
    )
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


def test_a_version_shifts_what_other_dials_decode(colorizer: Colorizer, seen: SeenPhoto) -> None:
    calm = replace(colorizer.decoding, saturation=0.5 * colorizer.decoding.saturation)
    for version in colorizer.versions(seen, 3):
        again = version.shifted(colorizer.decode(seen.logits), colorizer.decoding.saturation)
        np.testing.assert_allclose(again, version.uv, atol=1e-5)
        half = version.shifted(colorizer.decode(seen.logits, calm), calm.saturation)
        np.testing.assert_allclose(2 * half, version.uv, atol=1e-5)


def test_a_region_of_one_certain_color_keeps_it_while_others_can_change(
    colorizer: Colorizer,
) -> None:
    palette = colorizer.palette
    far = int(np.argmax(np.linalg.norm(palette.centers - palette.centers[0], axis=1)))
    logits = np.full((256, 256, palette.n), -20.0, np.float32)
    logits[:, :128, 0] = 0.0
    logits[:, 128:, [0, far]] = 0.0, -0.2
    luma = np.repeat(np.repeat(np.uint8([[60, 200]]), 256, 0), 128, 1)
    certain = SeenPhoto(logits, luma, (256, 256))
    usual, other = colorizer.versions(certain, 2)
    changed = np.linalg.norm(other.uv - usual.uv, axis=-1)
    assert changed[:, :64].max() < 0.02
    assert changed[:, 192:].min() > 0.05
