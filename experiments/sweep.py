"""Numbers of training photos against λ of the rebalancing weights: one table and one figure.

Every cell is a fit of the same number of steps, judged on the same held-out photos.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import click
from command_runner import fit_words
from photo_subsets import measure_value, photos_of, write_split
from step_keeper import Step, StepFailed, StepKeeper

SHOWN = {
    "effective_colors_ratio": "effective colours, ratio to truth",
    "distinct_colors": "distinct colours",
    "colorfulness_ratio": "colourfulness, ratio to truth",
    "hue_family_recall": "hue-family recall",
    "top_two_mass": "top-2 mass",
}


@dataclass(frozen=True)
class SweepSettings:
    """What every cell has alike."""

    photos: Path
    recipe: str
    steps: int
    bins: int
    held_out: int
    limit: int
    overrides: tuple[str, ...]


Cells = Mapping[tuple[int, float], dict[str, Any]]


@click.command(help=__doc__)
@click.option("--photos", type=click.Path(path_type=Path), required=True)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder; a rerun fills the gaps."
)
@click.option("--counts", default="100,400,1600", show_default=True, help="Training photos.")
@click.option("--lambdas", default="0.1,0.3,0.5,0.9", show_default=True)
@click.option("--recipe", default="small", show_default=True)
@click.option("--steps", default=500, show_default=True, help="Of each cell.")
@click.option("--bins", default=32, show_default=True)
@click.option("--held-out", default=200, show_default=True, help="Photos in val and in test.")
@click.option("--limit", default=200, show_default=True, help="Samples judged.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE")
def main(out: Path, counts: str, lambdas: str, **given: Any) -> None:
    """Run every cell that isn't there yet, then draw."""
    settings = SweepSettings(**given)
    rows = [int(text) for text in counts.split(",")]
    columns = [float(text) for text in lambdas.split(",")]
    try:
        with StepKeeper(out, aliases={settings.photos: "PHOTOS"}) as keeper:
            _prepare(settings, keeper, rows)
            cells = {cell: _cell(settings, keeper, *cell) for cell in product(rows, columns)}
    except StepFailed as error:
        sys.exit(f"error: {error}")
    text = _table(settings, cells)
    (out / "sweep.md").write_text(text)
    _figure(cells, rows, columns, out / "sweep.png")
    print(f"\n{text}\n{out / 'sweep.md'}, {out / 'sweep.png'}")


def _prepare(settings: SweepSettings, keeper: StepKeeper, counts: list[int]) -> None:
    """Make the palette, and a shard set for each number of photos."""
    out, photos = keeper.out, photos_of(settings.photos)
    palette = out / "palette.json"
    learn = ("dataprep", "palette", settings.photos, "--bins", str(settings.bins))
    plot = ("--plot", out / "palette.png", "--overwrite")
    keeper.do(Step("palette", (*learn, "--out", palette, *plot)))
    for count in counts:
        split, shards = out / f"split-{count}.csv", out / f"shards-{count}"
        write_split(photos, split, train=count, held_out=settings.held_out)
        cut = ("dataprep", "shard", settings.photos, "--split-file", split, "--palette", palette)
        held_out = str(settings.held_out)
        keeper.do(
            Step(f"shards-{count}", (*cut, "--out", shards), (held_out,), shards, resumes=True)
        )


def _cell(settings: SweepSettings, keeper: StepKeeper, count: int, lam: float) -> dict[str, Any]:
    """Fit and judge; return the evaluation, without that of single images."""
    shards, run = keeper.out / f"shards-{count}", keeper.out / f"run-{count}-{lam:g}"
    overrides = [f"lambda={lam}", f"max_steps={settings.steps}", "epochs=100000"]
    overrides += [*settings.overrides, "every_epochs=100000"]  # judged once, at the end
    words = fit_words(shards, run, settings.recipe, overrides)
    fit = Step(f"fit-{count}-{lam:g}", words, makes=run, resumes=True)
    keeper.do(fit)
    judge = ("trainer", "evaluate", run, shards, "--split", "test", "--limit", str(settings.limit))
    step = Step(f"evaluation-{count}-{lam:g}", judge, (keeper.fingerprint(fit),))
    evaluation = dict(keeper.do(step).result)
    evaluation.pop("images", None)
    return evaluation


def _table(settings: SweepSettings, cells: Cells) -> str:
    lines = [
        f"Recipe {settings.recipe}, {settings.steps} steps a cell, {settings.bins} bins.",
        "",
        "| photos | λ | " + " | ".join(SHOWN.values()) + " |",
        "|---:|---:|" + "---:|" * len(SHOWN),
    ]
    for (count, lam), result in cells.items():
        numbers = " | ".join(f"{measure_value(result, 'prediction', name):.2f}" for name in SHOWN)
        lines.append(f"| {count} | {lam:g} | {numbers} |")
    return "\n".join(lines) + "\n"


def _figure(cells: Cells, counts: list[int], lambdas: list[float], path: Path) -> None:
    from matplotlib.figure import Figure

    names = ("effective_colors_ratio", "colorfulness_ratio", "hue_family_recall")
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names)), names, strict=True):
        for count in counts:
            heights = [measure_value(cells[count, lam], "prediction", name) for lam in lambdas]
            axes.plot(lambdas, heights, marker="o", label=f"{count} photos")
        axes.set(xlabel="λ", title=SHOWN[name])
        axes.legend(fontsize=7)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
