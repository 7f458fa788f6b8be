"""A run against a shard set: measures, evidence, and a verdict on each cause."""

from dataclasses import dataclass, replace
from pathlib import Path

from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions
from colorunet.parameters.checkpoint import load_run
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.diagnosis.causes import CAUSES, Symptom
from trainer.diagnosis.evidence import (
    Evidence,
    loss_facts,
    palette_facts,
    prior_distance,
    weight_facts,
)
from trainer.diagnosis.remedies import Finding, finding
from trainer.evaluation.evaluate import Watch, chosen_samples, evaluate, unwatched
from trainer.evaluation.result import EvaluationSettings
from trainer.runs.metrics_log import read_metrics

_SWEEP_IMAGES = 24


@dataclass(frozen=True)
class Diagnosis:
    """Causes that were found, and all that were examined."""

    run: str
    split: str
    samples: int
    temperature: float
    findings: list[Finding]
    looked_at: list[Symptom]


def diagnose(
    run: Path,
    shards_path: str,
    settings: EvaluationSettings,
    *,
    options: PredictionOptions | None = None,
    watch: Watch = unwatched,
) -> Diagnosis:
    """Diagnose a run on a split of a shard set.

    Raises:
        TrainerError: run or shards can't be read or don't belong together.
    """
    trained = load_run(run)
    shards = ShardSet.open(shards_path)
    colorizer = Colorizer.of_run(trained, options)
    settings = replace(settings, sweep_images=_SWEEP_IMAGES, draws=0)
    evaluation, tallies = evaluate(colorizer, shards, settings, watch=watch)
    recipe, palette = Recipe.from_dict(trained.meta["recipe"]), trained.palette
    evidence = Evidence(
        recipe=recipe,
        evaluation=evaluation,
        palette=palette_facts(palette, chosen_samples(shards, settings)),
        loss=loss_facts(recipe, palette, int(trained.meta["step"]), read_metrics(run)),
        weights=weight_facts(recipe, palette, tallies, evaluation.information_bits),
        prior_distance=prior_distance(recipe, palette, tallies),
    )
    symptoms = [judge(evidence) for judge in CAUSES.values()]
    findings = [finding(symptom, evidence) for symptom in symptoms if symptom.found]
    return Diagnosis(
        run=str(run),
        split=settings.split,
        samples=evaluation.samples,
        temperature=colorizer.decoding.temperature,
        findings=findings,
        looked_at=symptoms,
    )
