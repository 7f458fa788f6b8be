"""colorcore.measures against worked examples, scikit-image and itself."""

import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from colorcore import measures as m
from colorcore import rgb_to_yuv


def _uv(*rgb: tuple[float, float, float]) -> np.ndarray:
    return rgb_to_yuv(np.array(rgb, dtype=float))[:, 1:]


def test_bin_counts_leave_the_ignore_id_out() -> None:
    bins = np.array([[0, 1, 1], [255, 3, 1]], dtype=np.uint8)
    assert m.bin_counts(bins, 4).tolist() == [1, 3, 0, 1]
    assert m.bin_counts(torch.asarray(bins), 4).tolist() == [1, 3, 0, 1]


@pytest.mark.usefixtures("unchecked_shapes")
def test_effective_colors_of_equal_shares_is_their_number() -> None:
    assert m.effective_colors(np.array([5, 5, 5, 5, 0])) == pytest.approx(4)
    assert m.effective_colors(np.array([9, 0])) == pytest.approx(1)
    # Shares 3/4 and 1/4: exp(0.75 ln(4/3) + 0.25 ln 4).
    assert m.effective_colors(np.array([3, 1])) == pytest.approx(1.7547654)
    with pytest.raises(ValueError, match="none"):
        m.effective_colors(np.zeros(4))


def test_distinct_colors_need_one_percent() -> None:
    assert m.distinct_colors(np.array([980, 10, 10, 0])) == 3
    assert m.distinct_colors(np.array([982, 9, 9, 0])) == 1
    assert m.distinct_colors(np.zeros(3, dtype=int)) == 0


def test_top_two_mass() -> None:
    assert m.top_two_mass(np.array([1, 5, 0, 4])) == pytest.approx(0.9)


def test_colorfulness_of_a_worked_example() -> None:
    # Half red, half blue: rg = 255, 0; yb = 127.5, -255: σ = 127.5, 191.25; μ = 127.5, -63.75.
    rgb = np.array([[1.0, 0, 0], [0, 0, 1.0]])
    expected = math.hypot(127.5, 191.25) + 0.3 * math.hypot(127.5, 63.75)
    assert m.colorfulness(rgb) == pytest.approx(expected)
    assert m.colorfulness(torch.asarray(rgb)) == pytest.approx(expected)
    assert m.colorfulness(np.full((4, 4, 3), 0.5)) == pytest.approx(0)


def test_chroma_spread_is_the_root_of_the_covariance_trace() -> None:
    uv = np.random.default_rng(0).normal(size=(30, 40, 2))
    expected = math.sqrt(np.trace(np.cov(uv.reshape(-1, 2).T, bias=True)))
    assert m.chroma_spread(uv) == pytest.approx(expected)
    assert m.chroma_spread(torch.asarray(uv)) == pytest.approx(expected)


def test_hue_coverage_counts_sectors_of_colored_pixels() -> None:
    angles = (np.arange(12) + 0.5) * (2 * np.pi / 12)
    wheel = 0.1 * np.stack((np.cos(angles), np.sin(angles)), axis=-1)
    assert m.hue_coverage(wheel) == 1
    assert m.hue_coverage(torch.asarray(wheel)) == 1
    assert m.hue_coverage(wheel * 0.2) == 0  # chroma 0.02: not coloured
    one = np.concatenate((np.zeros((99, 2)), wheel[:1]))
    assert m.hue_coverage(one) == pytest.approx(1 / 12)
    assert m.hue_coverage(np.concatenate((one, np.zeros((1, 2))))) == 0  # under 1 %


@pytest.mark.parametrize(
    ("rgb", "family"),
    [
        ((0.8, 0.1, 0.1), "red"),
        ((0.8, 0.45, 0.1), "orange"),
        ((0.8, 0.8, 0.1), "yellow-green"),
        ((0.1, 0.7, 0.1), "green"),
        ((0.2, 0.4, 0.9), "cyan-blue"),
        ((0.1, 0.8, 0.9), "cyan-blue"),
        ((0.6, 0.1, 0.8), "violet"),
        ((0.9, 0.1, 0.6), "violet"),
    ],
)
def test_hue_families_are_what_people_call_them(rgb: tuple, family: str) -> None:
    uv = _uv(rgb)
    assert m.HUE_FAMILIES[int(m.hue_families(uv)[0])] == family
    assert m.HUE_FAMILIES[int(m.hue_families(torch.asarray(uv))[0])] == family


def test_hue_families_agree_with_hsv_at_full_saturation() -> None:
    colorsys = pytest.importorskip("colorsys")
    starts = np.array([345, 15, 45, 90, 165, 255])
    for hue in np.arange(0.5, 360, 1.0):
        expected = int(np.argmin((hue - starts) % 360))
        family = int(m.hue_families(_uv(colorsys.hsv_to_rgb(hue / 360, 1, 1)))[0])
        assert family == expected, hue


def test_hue_recall_asks_for_hue_within_45_degrees_and_some_chroma() -> None:
    truth = _uv((0.8, 0.1, 0.1), (0.8, 0.1, 0.1), (0.8, 0.1, 0.1), (0.1, 0.7, 0.1), (0.5, 0.5, 0.5))
    predicted = truth.copy()
    predicted[1] *= 0.05  # the right hue, hardly any chroma
    predicted[2] = -predicted[2]  # the opposite hue
    hits, pixels = m.hue_family_counts(predicted, truth)
    assert pixels.tolist() == [3, 0, 0, 1, 0, 0]  # gray isn't asked for
    assert hits.tolist() == [1, 0, 0, 1, 0, 0]
    torch_hits, torch_pixels = m.hue_family_counts(torch.asarray(predicted), torch.asarray(truth))
    assert torch_hits.tolist() == hits.tolist()
    assert torch_pixels.tolist() == pixels.tolist()


def test_gray_recall_asks_that_gray_stays_nearly_gray() -> None:
    truth = np.array([[0.0, 0.0], [0.01, 0.0], [0.0, -0.019], [0.021, 0.0]])
    predicted = np.array([[0.0, 0.049], [0.051, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert m.gray_counts(predicted, truth) == (2, 3)  # the last one isn't gray
    assert m.gray_counts(torch.asarray(predicted), torch.asarray(truth)) == (2, 3)


@pytest.mark.usefixtures("unchecked_shapes")
def test_confusion_and_macro_recall() -> None:
    truth = np.array([0, 0, 0, 1, 1, 255])
    predicted = np.array([0, 0, 1, 1, 0, 0])
    table = m.confusion_counts(predicted, truth, 3)
    assert table.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert m.macro_recall(table.diagonal(), table.sum(axis=1)) == pytest.approx(
        (2 / 3 + 1 / 2) / 2
    )  # bin 2 isn't in the truth
    with pytest.raises(ValueError, match="none"):
        m.macro_recall(np.zeros(3, int), np.zeros(3, int))


def test_area_under_the_error_curve_equals_stepping_through_thresholds() -> None:
    rng = np.random.default_rng(1)
    errors, weights = rng.gamma(2, 20, 4000), rng.random(4000)
    steps = np.linspace(0, 150, 15_001)
    for w in (None, weights):
        share = [np.average(errors <= t, weights=w) for t in steps]
        expected = np.trapezoid(share, steps) / 150
        assert m.area_under_error_curve(errors, w) == pytest.approx(expected, abs=1e-4)
    assert m.area_under_error_curve(np.zeros(3)) == 1
    assert m.area_under_error_curve(np.full(3, 999.0)) == 0


def test_row_correlation_finds_a_layout() -> None:
    rows = np.linspace(-0.2, 0.2, 32)[:, None] * np.ones((1, 16))
    uv = np.stack((rows, np.zeros_like(rows)), axis=-1)
    assert m.row_correlation(uv) == pytest.approx((1, 0))
    assert m.row_correlation(torch.asarray(-uv)) == pytest.approx((-1, 0))
    noise = np.random.default_rng(2).normal(size=(32, 16, 2))
    u, _ = m.row_correlation(noise)
    index = np.repeat(np.arange(32), 16)
    assert u == pytest.approx(np.corrcoef(index, noise[..., 0].ravel())[0, 1])


def test_psnr_agrees_with_scikit_image() -> None:
    first, second = np.random.default_rng(3).random((2, 20, 20, 3))
    assert m.psnr(first, second) == pytest.approx(
        peak_signal_noise_ratio(first, second, data_range=1)
    )
    assert m.psnr(first, first) == math.inf


def test_steps_on_a_grid_are_told_from_those_between() -> None:
    blocks = np.random.default_rng(0).normal(size=(4, 4, 2))
    nearest = np.repeat(np.repeat(blocks, 32, 0), 32, 1)
    smooth = nearest + np.random.default_rng(1).normal(scale=1e-3, size=nearest.shape)
    sums, counts = m.grid_steps(smooth)
    assert counts.tolist() == [
        [2 * 128 * 15, 2 * 128 * 112],
        [2 * 128 * 7, 2 * 128 * 120],
        [2 * 128 * 3, 2 * 128 * 124],
    ]
    assert (m.grid_ratios(sums, counts) > 100).all()


def test_noise_and_ramps_have_no_grid() -> None:
    rows, columns = np.mgrid[:256, :256] / 256
    ramp = np.stack([rows, columns], -1)
    np.testing.assert_allclose(m.grid_ratios(*m.grid_steps(ramp)), 1, atol=1e-9)
    noise = np.random.default_rng(0).normal(size=(256, 256, 2))
    np.testing.assert_allclose(m.grid_ratios(*m.grid_steps(noise)), 1, atol=0.02)
    assert np.isnan(m.grid_ratios(*m.grid_steps(np.zeros((16, 16, 2))))).all()


def test_skin_of_every_tone_counts_as_skin_and_sky_grass_and_gray_do_not() -> None:
    # Median sRGB of the ten tones of the Monk Skin Tone scale but the lightest three, whose chroma
    # is too low to have a hue; then sky, grass and gray.
    skin = [(234, 218, 186), (215, 189, 150), (160, 126, 86), (130, 92, 67), (96, 65, 52)]
    others = [(110, 160, 220), (90, 140, 60), (128, 128, 128)]
    for rgb, expected in [*((each, 1) for each in skin), *((each, 0) for each in others)]:
        yuv = rgb_to_yuv(np.array([rgb]) / 255)
        assert m.skin_counts(yuv[:, 1:], yuv[:, 1:], yuv[:, 0]) == (expected, 0, expected), rgb


def test_blue_skin_is_no_hit_and_pale_skin_counts_as_gray() -> None:
    yuv = rgb_to_yuv(np.full((4, 3), (200, 150, 120)) / 255)
    uv, luma = yuv[:, 1:], yuv[:, 0]
    assert m.skin_counts(-uv, uv, luma) == (0, 0, 4)
    assert m.skin_counts(0.1 * uv, uv, luma) == (0, 4, 4)
    tensors = [torch.tensor(x) for x in (0.8 * uv, uv, luma)]
    assert m.skin_counts(*tensors) == (4, 0, 4)
