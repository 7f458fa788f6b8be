"""All numbers of a study in one object: what study.json holds and the tables are made from."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from colorfiles.files import write_atomically
from colorunet.networks import build_network
from colorunet.networks.cost import count_flops
from study_parts.definition import Entry, Study
from study_parts.work import SETS, Budget, Result, Work
from trainer.config.recipe import Recipe
from trainer.evaluation.definitions import MEASURES

PREDICTION, CEILING = "prediction", "quantized_truth"
PROBE = "position_probe"  # not among trainer's measures of images: a figure of the whole network
_COST_PX = 256  # edge of the image that operations are counted for

BY_BIN = frozenset({"auc_balanced", "macro_recall"})  # means over bins: they need the same bins
Figures = Mapping[str, Any]  # by measure: value, low, high


@dataclass(frozen=True)
class SeedResults:
    """One fit: its cost, and by set of photos the measures of its prediction.

    ``same_bins`` are those in the bins of the common palette, and ``ceiling`` what the entry's own
    palette makes of the truth.
    """

    seed: int
    temperature: float
    scales: tuple[float, ...] | None
    steps: int
    seconds: float
    measures: Mapping[str, Figures]
    same_bins: Mapping[str, Figures]
    ceiling: Mapping[str, Figures]

    def comparable(self, of: str) -> dict[str, Any]:
        """Return the measures of a set, those that weigh bins alike in the common palette's."""
        same = {name: self.same_bins[of][name] for name in BY_BIN}
        return dict(self.measures[of]) | same


@dataclass(frozen=True)
class EntryResults:
    """An ablation step, baseline or Pareto point with all its seeds.

    Args:
        spread: by set and measure: mean, standard deviation, least and greatest over the seeds.
        photos: that it was trained on.
        crops: that the fit saw.
        axis: of a curve: ``photos`` or ``crops``.
        gflops: of one image of 256 px forward at all its scales, a multiply-add counted as two.
    """

    kind: str
    name: str
    change: str
    palette: str
    set_here: Mapping[str, str]
    settings: list[str]
    temperature_rule: str
    axis: str | None
    photos: int
    crops: int
    parameters: int
    gflops: float
    seeds: list[SeedResults]
    spread: Mapping[str, Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True)
class StudyResults:
    """The whole study; ``references`` are truth, gray and so on in the common palette's bins."""

    budget: Budget
    recipe: str
    common_palette: str
    photos: Mapping[str, int]
    judged: Mapping[str, int]
    definitions: Mapping[str, str]
    references: Mapping[str, Mapping[str, Figures]]
    entries: list[EntryResults]

    def of_kind(self, *kinds: str) -> list[EntryResults]:
        """Return the entries of some kinds, in order."""
        return [entry for entry in self.entries if entry.kind in kinds]


def collect_results(study: Study, entries: list[Entry], work: Work, budget: Budget) -> StudyResults:
    """Gather what the work has brought; entries without a result are left out."""
    done = [entry for entry in entries if work.results[entry.name]]
    some = work.results[done[0].name][0]
    ours = next((e for e in done if e.training.palette == study.common_palette), None)
    reference = work.results[ours.name][0] if ours else some
    return StudyResults(
        budget=budget,
        recipe=study.recipe,
        common_palette=study.common_palette,
        photos=work.splits,
        judged={of: int(some.evaluations[of]["samples"]) for of in SETS},
        definitions={name: measure.definition for name, measure in MEASURES.items()},
        references={of: _references(reference, of) for of in SETS},
        entries=[_entry(study, entry, work.results[entry.name], budget) for entry in done],
    )


def write_json(results: StudyResults, path: Path) -> None:
    """Write all of it, atomically."""
    with write_atomically(path) as temporary:
        temporary.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")


def value_of(figures: Figures, measure: str) -> float:
    """Return a measure's value; NaN where it isn't defined or wasn't measured."""
    value = figures.get(measure, {}).get("value")
    return float("nan") if value is None else float(value)


def _entry(study: Study, entry: Entry, results: list[Result], budget: Budget) -> EntryResults:
    seeds = [_seed(result) for result in sorted(results, key=lambda result: result.seed)]
    settings = study.settings(entry, seed=0, samples=budget.samples, edge=budget.edge)
    bins = int(results[0].evaluations[SETS[0]]["bins"])
    recipe = Recipe.load(study.recipe).with_overrides(settings)
    network = build_network(recipe.network, bins=bins, size=_COST_PX).eval()
    sizes = [round(scale * _COST_PX) for scale in entry.scales or (1.0,)]
    flops = sum(count_flops(network, size=size) for size in sizes)
    return EntryResults(
        kind=entry.kind,
        name=entry.name,
        change=entry.change,
        palette=entry.training.palette,
        set_here=dict(entry.set_here),
        settings=settings,
        temperature_rule="val" if entry.temperature is None else f"{entry.temperature:g}",
        axis=entry.axis,
        photos=results[0].photos,
        crops=results[0].steps * recipe.batch_size,
        parameters=results[0].parameters,
        gflops=flops / 1e9,
        seeds=seeds,
        spread={of: _spread([seed.comparable(of) for seed in seeds]) for of in SETS},
    )


def _seed(result: Result) -> SeedResults:
    own, same = result.evaluations, result.same_bins
    return SeedResults(
        seed=result.seed,
        temperature=result.how.temperature,
        scales=result.how.scales,
        steps=result.steps,
        seconds=result.seconds,
        measures={
            of: own[of]["variants"][PREDICTION]
            | {PROBE: {"value": own[of]["position_probe"]["strongest"]}}
            for of in SETS
        },
        same_bins={of: same[of]["variants"][PREDICTION] for of in SETS},
        ceiling={of: own[of]["variants"][CEILING] for of in SETS},
    )


def _spread(seeds: list[Figures]) -> dict[str, dict[str, float]]:
    spread = {}
    for measure in seeds[0]:
        values = [value_of(figures, measure) for figures in seeds]
        known = [value for value in values if isfinite(value)]
        if known:
            spread[measure] = {
                "mean": mean(known),
                "std": stdev(known) if len(known) > 1 else 0.0,
                "least": min(known),
                "greatest": max(known),
            }
    return spread


def _references(result: Result, of: str) -> dict[str, Figures]:
    variants = result.same_bins[of]["variants"]
    return {name: figures for name, figures in variants.items() if name != PREDICTION}
