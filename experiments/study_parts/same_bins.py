"""A run with a palette of its own, measured in the bins of a shard set's palette.

    python experiments/study_parts/same_bins.py RUN SHARDS --json

`trainer evaluate` counts colours in the bins that a run was trained with: recall by bin, balanced
AuC and counts of colours then compare runs of one palette only. Here U and V are decoded with the
run's palette, then counted in the shards', truth and its ceiling too.
"""

import argparse
import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from colorunet.parameters.checkpoint import load_run
from colorunet.prediction.colorizer import Colorizer
from colorunet.prediction.options import PredictionOptions
from trainer.data.shard_set import ShardSet
from trainer.evaluation.measure import (
    ImageMeasures,
    decoded_colors,
    measure,
    quantized_colors,
    true_colors,
)
from trainer.evaluation.result import EvaluationSettings
from trainer.evaluation.summary import CEILING, PREDICTION, TRUTH, estimates, table


def main() -> None:
    """Print the measures as JSON, in the shape of `trainer evaluate --json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("shards", type=Path)
    parser.add_argument("--temperature", type=float, default=0.38)
    parser.add_argument("--scales", help="as `trainer evaluate` has them")
    parser.add_argument("--limit", type=int, help="samples of the split test  [all]")
    parser.add_argument("--json", action="store_true", help="taken for granted")
    given = parser.parse_args()
    torch.set_num_threads(1)
    measured = measure_in_bins_of(
        given.run,
        ShardSet.open(given.shards),
        temperature=given.temperature,
        scales=tuple(map(float, given.scales.split(","))) if given.scales else None,
        limit=given.limit,
    )
    print(json.dumps(measured))


def measure_in_bins_of(
    run: Path,
    shards: ShardSet,
    *,
    temperature: float,
    scales: tuple[float, ...] | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Return every measure with its interval, by variant, on the shards' split test."""
    trained, palette = load_run(run), shards.palette
    colorizer = Colorizer.of_run(trained, PredictionOptions(temperature=temperature, scales=scales))
    images: dict[str, list[ImageMeasures]] = {PREDICTION: [], TRUTH: [], CEILING: []}
    for sample in islice(shards.samples("test"), limit):
        truth = true_colors(sample.luma, sample.bins, sample.rgb, palette)
        uv = colorizer.decode(colorizer.logits(sample.luma))
        variants = {
            PREDICTION: decoded_colors(sample.luma, uv, palette),
            TRUTH: truth,
            CEILING: quantized_colors(sample.luma, sample.bins, palette),
        }
        for name, colors in variants.items():
            images[name].append(measure(colors, truth, palette.n))
    tables = {name: table(measured) for name, measured in images.items()}
    settings = EvaluationSettings()
    absolute, _ = estimates(tables, draws=settings.draws, seed=settings.seed)
    return {
        "samples": len(images[TRUTH]),
        "bins": palette.n,
        "variants": {
            name: {measure: asdict(estimate) for measure, estimate in figures.items()}
            for name, figures in absolute.items()
        },
    }


if __name__ == "__main__":
    main()
