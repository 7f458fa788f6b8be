"""A run with a palette of its own, measured in the bins of a shard set's palette.

\b
    python experiments/study_parts/same_bins.py RUN SHARDS --json

`trainer evaluate` counts colours in the bins that a run was trained with: recall by bin, balanced
AuC and counts of colours then compare runs of one palette only. Here U and V are decoded with the
run's palette, then counted in the shards', truth and its ceiling too.
"""

import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import click
import torch

from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions
from colorunet.parameters.checkpoint import load_run
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


@click.command(help=__doc__)
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("shards", type=click.Path(path_type=Path))
@click.option("--temperature", default=0.38, show_default=True)
@click.option("--scales", help="As `trainer evaluate` has them.")
@click.option("--limit", type=int, help="Samples of the split test.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Taken for granted.")
def main(
    run: Path,
    shards: Path,
    temperature: float,
    scales: str | None,
    limit: int | None,
    as_json: bool,  # noqa: ARG001
) -> None:
    """Print the measures as JSON, in the shape of `trainer evaluate --json`."""
    torch.set_num_threads(1)
    figures = measure_in_bins_of(
        run,
        ShardSet.open(shards),
        temperature=temperature,
        scales=tuple(map(float, scales.split(","))) if scales else None,
        limit=limit,
    )
    print(json.dumps(figures))


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
