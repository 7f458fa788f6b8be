"""Hints spread over what is alike, stop at edges, and hold their colour where they are."""

import numpy as np
import pytest

from colorcore import Palette
from colorunet import ColorunetError, Decoding, Hint, Steering, Toning
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.steering.seen_photo import SeenPhoto
from colorunet.coloring.steering.steer import steered_uv

_GREEN = "#309040"


@pytest.fixture(scope="module")
def halves(small_palette: Palette) -> SeenPhoto:
    """Two gray walls with an edge between them, of which the network knows nothing."""
    luma = np.full((64, 96), 90, np.uint8)
    luma[:, 48:] = 160
    noise = np.random.default_rng(0).normal(0, 2, luma.shape)
    logits = np.zeros((64, 96, small_palette.n), np.float32)
    return SeenPhoto(logits, (luma + noise).astype(np.uint8), (960, 640))


def _uv(
    seen: SeenPhoto, palette: Palette, *hints: Hint, toning: Toning | None = None
) -> np.ndarray:
    return steered_uv(seen, palette, Decoding(), Steering(hints), toning)


def test_a_hint_colors_its_side_of_an_edge_and_not_the_other(
    halves: SeenPhoto, small_palette: Palette
) -> None:
    hint = Hint(200, 300, _GREEN)
    moved = _uv(halves, small_palette, hint) - _uv(halves, small_palette)
    asked = np.linalg.norm(hint.uv - _uv(halves, small_palette)[30, 20])
    moved = np.linalg.norm(moved, axis=-1) / asked
    assert moved[:, 4:44].mean() > 0.7
    assert moved[:, 50:].max() < 0.05


@pytest.mark.parametrize("toning", [None, Toning(1.0), Toning(-0.5)])
def test_the_color_of_a_hint_stands_at_it_whatever_the_dials(
    seen: SeenPhoto, colorizer: Colorizer, toning: Toning | None
) -> None:
    hints = (Hint(250, 200, _GREEN), Hint(260, 200, "#4060c0"), Hint(20, 20, "#808080"))
    for decoding in (Decoding(), Decoding(saturation=3, caution=1)):
        uv = colorizer.steered(seen, Steering(hints), decoding=decoding, toning=toning)
        for hint in hints:
            assert uv[seen.working_pixel(hint.x, hint.y)] == pytest.approx(hint.uv, abs=1e-5)


def test_a_faint_hint_decides_only_where_the_network_hesitates(small_palette: Palette) -> None:
    luma = np.full((64, 256), 128, np.uint8)
    logits = np.zeros((64, 256, small_palette.n), np.float32)
    far = int(np.argmax(np.linalg.norm(small_palette.centers - Hint(0, 0, _GREEN).uv, axis=1)))
    logits[32:, :, far] = 12.0  # sure of another color, in the lower half
    found = _uv(SeenPhoto(logits, luma, (256, 64)), small_palette, Hint(8, 8, _GREEN))
    before = _uv(SeenPhoto(logits, luma, (256, 64)), small_palette)
    moved = np.linalg.norm(found - before, axis=-1)
    assert moved[8, 60] > 0.02
    assert moved[56, 60] < moved[8, 60] / 4


def test_without_hints_the_colors_are_those_of_decoding(
    seen: SeenPhoto, colorizer: Colorizer
) -> None:
    np.testing.assert_array_equal(colorizer.steered(seen), colorizer.decode(seen.logits))


def test_a_hint_outside_the_photo_is_refused(seen: SeenPhoto, colorizer: Colorizer) -> None:
    with pytest.raises(ColorunetError, match="600 × 400"):
        colorizer.steered(seen, Steering((Hint(600, 0, _GREEN),)))
