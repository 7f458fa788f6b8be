"""Measures of a colouriser: known answers for truth, ceiling and baselines; intervals; commands."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from skimage.metrics import structural_similarity

from colorcore import Palette
from colorcore.measures import colorfulness
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from colorunet.networks import build_network
from colorunet.parameters.checkpoint import load_run, save_parameters
from colorunet.parameters.shipped import shipped_run
from trainer.cli import app
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError
from trainer.evaluation.colors import decoded_colors, quantized_colors, true_colors
from trainer.evaluation.criteria import CRITERIA
from trainer.evaluation.evaluate import evaluate
from trainer.evaluation.measure import measure
from trainer.evaluation.measures import MEASURES
from trainer.evaluation.pool import percentile
from trainer.evaluation.pretrained import ALEXNET, INCEPTION
from trainer.evaluation.result import Evaluation, EvaluationSettings
from trainer.evaluation.structural import ssim
from trainer.evaluation.summary import CEILING, PREDICTION, TRUTH
from trainer.evaluation.sweep import SweepPoint, suggested_temperature
from trainer.evaluation.text import evaluation_text

SETTINGS = EvaluationSettings(split="val", draws=40, probe_images=2)


@pytest.fixture(scope="module")
def shards(make_shards: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> ShardSet:
    return ShardSet.open(make_shards(tmp_path_factory.mktemp("s"), train=(2,), val=(6,), size=48))


class Oracle:
    """Answers with the true bins of whichever sample has this luma: what nothing can beat."""

    def __init__(self, shards: ShardSet, certainty: float = 40.0) -> None:
        self._known = {s.luma.tobytes(): s.bins for s in shards.samples("val")}
        self._n, self._certainty = shards.palette.n, certainty

    def __call__(self, luma: torch.Tensor) -> torch.Tensor:
        key = (luma[0, 0] * 255).round().to(torch.uint8).numpy().tobytes()
        bins = self._known.get(key)
        if bins is None:
            return torch.zeros(1, self._n, *luma.shape[2:])
        one_hot = torch.nn.functional.one_hot(torch.from_numpy(bins.astype(np.int64)), self._n)
        return self._certainty * one_hot.permute(2, 0, 1)[None].float()


@pytest.fixture(scope="module")
def oracle_result(shards: ShardSet) -> Evaluation:
    settings = replace(SETTINGS, sweep_images=3)
    return evaluate(Colorizer(Oracle(shards), shards.palette), shards, settings)[0]


def test_an_oracle_reaches_the_palettes_ceiling_in_every_measure(oracle_result: Evaluation) -> None:
    predicted, ceiling = (oracle_result.variants[v] for v in (PREDICTION, CEILING))
    for name in MEASURES:
        given, wanted = predicted[name].value, ceiling[name].value
        assert given == pytest.approx(wanted, abs=2e-3), name
    assert predicted["macro_recall"].value == 1
    assert oracle_result.information_bits > 1


def test_truth_is_perfect_and_its_psnr_undefined(oracle_result: Evaluation) -> None:
    truth = {name: figure.value for name, figure in oracle_result.variants[TRUTH].items()}
    for name in ("colorfulness_ratio", "hue_family_recall", "macro_recall", "auc", "ssim"):
        assert truth[name] == pytest.approx(1, abs=1e-6), name
    assert truth["ciede2000"] == 0
    assert truth["psnr"] is None


def test_grays_distance_in_colourfulness_is_truths_own_mean(
    oracle_result: Evaluation, shards: ShardSet
) -> None:
    own = [
        colorfulness(true_colors(s.luma, s.bins, s.rgb, shards.palette).rgb)
        for s in shards.samples("val")
    ]
    figures = {
        name: one["delta_colorfulness"].value for name, one in oracle_result.variants.items()
    }
    assert figures[TRUTH] == 0
    assert figures["gray"] == pytest.approx(np.mean(own), rel=1e-4)


def test_one_color_for_all_is_seen_as_such(oracle_result: Evaluation) -> None:
    for variant in ("gray", "mean_uv", "most_frequent_bin"):
        figures = oracle_result.variants[variant]
        assert figures["effective_colors"].value == pytest.approx(1)
        assert figures["between_image_spread_ratio"].value == pytest.approx(0, abs=1e-6)
        assert figures["top_two_mass"].value == 1
    assert oracle_result.variants["gray"]["colorfulness"].value == pytest.approx(0, abs=1e-3)
    assert oracle_result.variants["gray"]["hue_family_recall"].value == 0


def test_intervals_hold_their_figure_and_repeat_with_the_seed(
    shards: ShardSet, oracle_result: Evaluation
) -> None:
    again = evaluate(Colorizer(Oracle(shards), shards.palette), shards, SETTINGS)[0]
    assert again.variants == oracle_result.variants
    figure = oracle_result.variants[PREDICTION]["ciede2000"]
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= figure.value <= figure.high
    ahead = oracle_result.prediction_minus["gray"]["ciede2000"]
    assert ahead.high is not None
    assert ahead.high < 0  # better than gray by more than the interval


def test_what_is_seen_as_an_old_print_is_judged_on_the_photo_as_it_is(
    shards: ShardSet, oracle_result: Evaluation
) -> None:
    settings = replace(SETTINGS, aged=True)
    colorizer = Colorizer(Oracle(shards), shards.palette)
    result = evaluate(colorizer, shards, settings)[0]
    for variant in (TRUTH, CEILING, "gray"):
        assert result.variants[variant] == oracle_result.variants[variant]
    # No luma is known again, so the oracle has one answer for all of them.
    assert result.information_bits == pytest.approx(0, abs=1e-6)
    assert evaluate(colorizer, shards, settings)[0].variants == result.variants
    assert "seen as old prints" in evaluation_text(result)


def test_a_constant_network_tells_nothing_and_learnt_no_layout(shards: ShardSet) -> None:
    colorizer = Colorizer(
        lambda luma: torch.ones(1, shards.palette.n, *luma.shape[2:]), shards.palette
    )
    result, tallies = evaluate(colorizer, shards, SETTINGS)
    assert result.information_bits == pytest.approx(0, abs=1e-5)
    assert result.position_probe.strongest == 0
    np.testing.assert_allclose(tallies.mean_probability, 1 / shards.palette.n, atol=1e-6)
    assert tallies.confusion.sum() == tallies.true_counts.sum() == 6 * 48 * 48


def test_a_layout_shows_in_the_position_probe(shards: ShardSet) -> None:
    def layout(luma: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(1, shards.palette.n, *luma.shape[2:])
        logits[:, 1, : luma.shape[2] // 2] = 9
        logits[:, 2, luma.shape[2] // 2 :] = 9
        return logits

    probe = evaluate(Colorizer(layout, shards.palette), shards, SETTINGS)[0].position_probe
    assert abs(probe.gray) > 0.8
    assert abs(probe.flipped) > 0.8


def test_counts_do_not_depend_on_how_images_are_put_together(shards: ShardSet) -> None:
    palette = shards.palette
    sample = next(iter(shards.samples("val")))
    truth = true_colors(sample.luma, sample.bins, sample.rgb, palette)
    other = decoded_colors(sample.luma, truth.uv * 0.5, palette)
    whole = measure(other, truth, palette.n)
    halves = [
        measure(
            replace(other, uv=other.uv[part], bins=other.bins[part], rgb=other.rgb[part]),
            replace(truth, uv=truth.uv[part], bins=truth.bins[part], rgb=truth.rgb[part]),
            palette.n,
        )
        for part in (np.s_[:20], np.s_[20:])
    ]
    for name in ("counts", "hits", "errors", "family_hits", "family_pixels"):
        total = getattr(halves[0], name) + getattr(halves[1], name)
        np.testing.assert_allclose(total, getattr(whole, name), rtol=1e-5, err_msg=name)


def test_ignored_pixels_count_nowhere(small_palette: Palette) -> None:
    luma = np.full((16, 16), 120, dtype=np.uint8)
    bins = np.full((16, 16), 255, dtype=np.uint8)
    bins[:4] = 3
    truth = quantized_colors(luma, bins, small_palette)
    measured = measure(truth, truth, small_palette.n)
    assert measured.counts.sum() == 64
    assert measured.hits[3] == 64


@pytest.mark.parametrize("percent", [0, 2.5, 10, 50, 97.5, 100])
def test_percentiles_equal_numpys_and_leave_nan_out(percent: float) -> None:
    values = np.random.default_rng(0).normal(size=41)
    holed = np.append(values, np.nan)
    assert percentile(holed, percent) == pytest.approx(np.percentile(values, percent))
    assert np.isnan(percentile(np.array([np.nan]), percent))


def test_ssim_equals_scikit_images(demo_photos: Path) -> None:
    photo = Image.open(next(demo_photos.rglob("chelsea.png"))).convert("RGB")
    first = np.asarray(photo, dtype=np.float64)[:80, :90] / 255
    second = np.clip(first + np.random.default_rng(0).normal(0, 0.05, first.shape), 0, 1)
    expected = structural_similarity(
        first,
        second,
        channel_axis=2,
        gaussian_weights=True,
        use_sample_covariance=False,
        data_range=1,
    )
    assert ssim(first, second) == pytest.approx(expected, abs=1e-9)


def test_ssim_of_images_of_two_sizes_is_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        ssim(np.zeros((20, 20, 3)), np.zeros((20, 21, 3)))


def test_the_suggested_temperature_is_colorful_enough_and_errs_least() -> None:
    def point(temperature: float, colorful: float, effective: float, error: float) -> SweepPoint:
        names = ("colorfulness_ratio", "effective_colors_ratio", "ciede2000")
        return SweepPoint(temperature, dict(zip(names, (colorful, effective, error), strict=True)))

    muted, fine, colder, garish = (
        point(1.0, 0.5, 0.5, 8),
        point(0.4, 0.9, 0.9, 10),
        point(0.3, 1.0, 1.0, 11),
        point(0.1, 1.4, 1.0, 9),
    )
    criteria = [CRITERIA["colorfulness_ratio"], CRITERIA["effective_colors_ratio"]]
    assert suggested_temperature([muted, fine, colder, garish], criteria) == 0.4
    assert suggested_temperature([muted, garish], criteria) == 0.1  # misses one, muted both


def test_a_run_of_another_palette_is_refused_with_both_fingerprints(shards: ShardSet) -> None:
    other = replace(shards.palette, method="other")
    with pytest.raises(TrainerError, match=other.fingerprint) as raised:
        evaluate(Colorizer(Oracle(shards), other), shards, SETTINGS)
    assert shards.palette.fingerprint in str(raised.value)


@pytest.fixture(scope="module")
def run(shards: ShardSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = Recipe.from_dict({"network": {"width": 8, "depth": 3}})
    network = build_network(recipe.network, bins=shards.palette.n, size=48)
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    meta = {"palette": shards.palette.to_dict(), "recipe": recipe.to_dict(), "size": 48, "step": 1}
    save_parameters(folder, "best", network.state_dict(), meta)
    return folder


def test_the_command_writes_table_page_and_sheet(
    run: Path, shards: ShardSet, tmp_path: Path
) -> None:
    page, sheet = tmp_path / "o" / "page.html", tmp_path / "o" / "sheet.png"
    arguments = ["evaluate", str(run), str(shards.path), "--split", "val", "--limit", "4"]
    files = ["--html", str(page), "--contact-sheet", str(sheet)]
    result = CliRunner().invoke(app, [*arguments, *files])
    assert result.exit_code == 0, result.output
    for measured in MEASURES.values():
        assert measured.label in result.stdout
    text = page.read_text()
    for needed in (ALEXNET, INCEPTION):
        text = text.replace(f"put {needed.address} into", "")  # words for people; not loaded
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text
    assert text.count("data:image/") == 4 + 1  # each photo once, and the confusion
    assert "4 samples are few" in text
    with Image.open(sheet) as image:
        assert image.width > 4 * 200
    other = CliRunner().invoke(app, [*arguments[:-1], "3", *files])  # not what they were made from
    assert other.exit_code == 1
    assert "--overwrite" in str(other.exception)


def test_a_shipped_network_is_measured_by_name_on_shards_with_its_palette(
    shards: ShardSet,
) -> None:
    of_network = load_run(shipped_run()).palette.fingerprint
    other = CliRunner().invoke(app, ["evaluate", "colorunet", str(shards.path)])
    assert f"the run was trained with {of_network}" in str(other.exception)
    mistyped = CliRunner().invoke(app, ["evaluate", "colourunet", str(shards.path)])
    assert "expected colorunet or colorunet-listed, or the folder of a run" in str(
        mistyped.exception
    )


def test_json_is_one_object_without_nan(run: Path, shards: ShardSet) -> None:
    arguments = ["evaluate", str(run), str(shards.path), "--sweep-temperature", "--json"]
    result = CliRunner().invoke(app, arguments)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    told = json.loads(result.stdout, parse_constant=refuse)
    assert told["split"] == "val"
    assert set(told["variants"]["prediction"]) == set(MEASURES) == set(told["definitions"])
    of_classifier = {"class_kept", "class_found", "class_won_back", "frechet_lite0"}
    assert set(told["not_measured"]) == {"lpips", "fid"} | of_classifier
    assert "[encoders]" in told["not_measured"]["class_kept"]
    assert told["suggested_temperature"] in [point["temperature"] for point in told["sweep"]]
    assert len(told["images"]) == told["samples"] == 6


def test_shards_without_crops_are_measured_against_their_bins(
    shards: ShardSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ShardSet.samples
    monkeypatch.setattr(ShardSet, "samples", lambda self, split: kept(self, split, with_rgb=False))
    result = evaluate(Colorizer(Oracle(shards), shards.palette), shards, SETTINGS)[0]
    assert result.truth_from == "bins"
    assert result.variants[TRUTH]["ciede2000"].value == 0
    assert result.variants[CEILING]["ciede2000"].value == pytest.approx(0, abs=1e-6)


def test_decoding_is_named_in_the_result(shards: ShardSet) -> None:
    decoding = Decoding(temperature=0.2, saturation=1.3)
    colorizer = Colorizer(Oracle(shards), shards.palette, decoding=decoding)
    assert evaluate(colorizer, shards, replace(SETTINGS, limit=2))[0].decoding == decoding
