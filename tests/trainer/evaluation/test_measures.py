"""One table of measures: what evaluation, validation, texts and pages know of each."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from colorunet.coloring.averaging import Averaging
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from colorunet.networks import NetworkSettings, build_network
from trainer.calibration.choose import JudgedDecoding
from trainer.calibration.job import Calibration, Tried
from trainer.calibration.text import calibration_text
from trainer.config.measure_names import present_name
from trainer.config.recipe import Recipe
from trainer.config.settings import BEST_BY, LATEST
from trainer.data.shard_set import ShardSet
from trainer.evaluation.criteria import Verdict
from trainer.evaluation.criterion import Criterion
from trainer.evaluation.epoch_measures import EPOCH_MEASURES
from trainer.evaluation.evaluate import evaluate
from trainer.evaluation.measure_kind import Measure
from trainer.evaluation.measure_labels import full_label
from trainer.evaluation.measures import FIGURES_TO_TRUTH, IMAGE_FIGURES, MEASURES
from trainer.evaluation.result import Evaluation, EvaluationSettings, ImageResult
from trainer.evaluation.text import evaluation_text, verdict_rows
from trainer.report.evaluation_job import caption
from trainer.runs.metrics_log import read_metrics


@pytest.fixture
def evaluated(make_shards: Callable[..., Path], tmp_path: Path) -> Callable[[], Evaluation]:
    shards = ShardSet.open(make_shards(tmp_path / "s", train=(1,), val=(3,), size=32))
    network = build_network(NetworkSettings(width=8, depth=2), bins=shards.palette.n, size=32)
    colorizer = Colorizer(network.eval(), shards.palette, decoding=Decoding(temperature=0.38))
    settings = EvaluationSettings(split="val", draws=20, probe_images=1)
    return lambda: evaluate(colorizer, shards, settings)[0]


def test_every_figure_lies_in_the_range_of_its_measure(evaluated: Callable[[], Evaluation]) -> None:
    for variant, figures in evaluated().variants.items():
        for name, figure in figures.items():
            known = MEASURES[name]
            if figure.value is not None:
                slack = 1e-9 * max(1.0, abs(figure.value))
                inside = known.least - slack <= figure.value <= known.most + slack
                assert inside, f"{variant}: {name} {figure.value}"


def test_a_measure_that_is_added_to_the_table_is_measured_and_shown(
    evaluated: Callable[[], Evaluation], monkeypatch: pytest.MonkeyPatch
) -> None:
    brightest = Measure(
        "most pixels of a bin",
        "pixels of the fullest bin",
        lambda pool: float(np.max(pool.total("counts"))),
    )
    monkeypatch.setitem(MEASURES, "fullest_bin", brightest)
    evaluation = evaluated()
    assert (evaluation.variants["prediction"]["fullest_bin"].value or 0) > 0
    assert evaluation.definitions["fullest_bin"] == "pixels of the fullest bin"
    assert "most pixels of a bin" in evaluation_text(evaluation)


def test_texts_and_pages_label_a_measure_as_the_table_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    criterion = Criterion("fullest_bin", None, 3.0, "no colour floods")
    added = Measure("most pixels of a bin", "pixels of the fullest bin", criterion=criterion)
    monkeypatch.setitem(MEASURES, "fullest_bin", added)
    verdict = Verdict(criterion, 4.0)
    judged = JudgedDecoding(Decoding(), 0.0, 0.0, [[verdict]], [9.0])
    averaging = Averaging()
    tried = [Tried(averaging, 9.0)]
    calibration = Calibration("run", [1], tried, averaging, before=judged, chosen=judged, curve=[])
    assert "most pixels of a bin" in calibration_text(calibration, ["shards"])
    (_, row) = verdict_rows([verdict])
    assert "most pixels of a bin" in row
    figures: dict[str, float | None] = dict.fromkeys(IMAGE_FIGURES | FIGURES_TO_TRUTH, 1.0)
    words = caption(ImageResult("k", figures))
    assert full_label("colorfulness_ratio") in words
    assert full_label("ciede2000") in words


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_has_words_and_a_range(name: str) -> None:
    known = MEASURES[name]
    assert known.help
    assert known.formula
    assert known.least < known.most
    assert known.aim in ("high", "low", "truth")
    assert full_label(name)[0] != "…"
    assert known.criterion is None or known.criterion.measure == name


def test_a_fit_chooses_by_what_an_epoch_measures() -> None:
    assert set(BEST_BY) <= {*EPOCH_MEASURES, LATEST}


@pytest.mark.parametrize(
    ("name", "better", "worse"),
    [
        ("loss", 2.0, 3.0),
        ("hue_family_recall", 0.6, 0.5),
        ("effective_colors_ratio", 1.1, 3.0),
        ("effective_colors_ratio", 1.1, 0.5),
    ],
)
def test_the_direction_of_a_measure_says_which_value_is_better(
    name: str, better: float, worse: float
) -> None:
    known = EPOCH_MEASURES[name]
    assert known.distance_to_best(better) < known.distance_to_best(worse)
    assert math.isfinite(known.distance_to_best(0.0))


def test_runs_and_recipes_with_former_names_are_read(tmp_path: Path) -> None:
    line = {"step": 3, "val_hue_recall": 0.5, "val_effective_ratio": 0.9, "val_loss": 2.0}
    (tmp_path / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    (read,) = read_metrics(tmp_path)
    assert set(read) == {"step", "val_hue_family_recall", "val_effective_colors_ratio", "val_loss"}
    recipe = Recipe.from_dict({"validation": {"measure": "hue_recall"}})
    assert recipe.validation.measure == "hue_family_recall"
    assert present_name("psnr") == "psnr"
