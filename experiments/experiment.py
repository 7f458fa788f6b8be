"""One of the poster's three experiments, by the commands that a user types.

Palette and weights come from a small number of photos of --palette-photos, as on the poster;
training and testing stay within --photos. --count and --epochs scale it down.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from command_runner import CommandFailed, CommandRunner, Words, setting_words
from photo_subsets import SPLITS, copy_some, measure_value, photos_of, write_split


@dataclass(frozen=True)
class Experiment:
    """Parameters of an experiment beside the recipe of the same name."""

    bins: int
    classes: tuple[str, ...] = ()


EXPERIMENTS = {
    "flickr-13k": Experiment(32),
    "sun-2cat-32": Experiment(32, ("beach", "ocean")),
    "sun-2cat-6": Experiment(6, ("beach", "ocean")),
}
OBSERVED = "at most 2 colours an image, on train, validation and test alike"
PALETTE_PHOTOS = 30  # the original took its prior from 30 images


@click.command(help=__doc__)
@click.argument("name", type=click.Choice(sorted(EXPERIMENTS)))
@click.option(
    "--photos", type=click.Path(path_type=Path), required=True, help="Photo folder to train on."
)
@click.option(
    "--palette-photos", type=click.Path(path_type=Path), required=True, help="Photo folder of SUN."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make.")
@click.option("--count", type=int, help="Training photos at most.  [default: all]")
@click.option("--epochs", type=int, help="Instead of the recipe's.")
@click.option("--classes", help="Instead of the experiment's own: A,B or 'all'.")
@click.option("--limit", default=200, show_default=True, help="Samples judged of each split.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE")
def main(
    name: str,
    photos: Path,
    palette_photos: Path,
    out: Path,
    count: int | None,
    epochs: int | None,
    classes: str | None,
    limit: int,
    overrides: tuple[str, ...],
) -> None:
    """Run every step and print the results."""
    experiment = EXPERIMENTS[name]
    if classes:
        experiment = replace(experiment, classes=tuple(classes.split(",")))
    out.mkdir(parents=True)
    runner = CommandRunner()
    settings = setting_words([*overrides, *([f"epochs={epochs}"] if epochs else [])])
    shards, run = out / "shards", out / "run"
    results = {}
    try:
        _prepare(runner, experiment, photos, palette_photos, out, count=count)
        fit = runner.json(("trainer", "fit", shards, "--out", run, "--recipe", name, *settings))
        for split in SPLITS:
            sheet = ["--contact-sheet", str(out / "contact-sheet.png")] if split == "test" else []
            judge = ["--split", split, "--limit", str(limit), *sheet]
            results[split] = runner.json(("trainer", "evaluate", run, shards, *judge))
    except CommandFailed as failure:
        raise SystemExit(failure.returncode) from None
    text = _table(name, fit, results)
    (out / "result.md").write_text(text)
    _figure(name, results, out / "result.png")
    print(f"\n{text}\n{out / 'result.png'}, {out / 'contact-sheet.png'}, {out / 'palette.png'}")


def _prepare(
    runner: CommandRunner,
    experiment: Experiment,
    photos: Path,
    palette_photos: Path,
    out: Path,
    *,
    count: int | None,
) -> None:
    """Choose photos, learn the palette and cut the shards."""
    classes = () if experiment.classes == ("all",) else experiment.classes
    held_out = None if count is None else max(8, count // 8)
    counts = write_split(
        photos_of(photos, classes), out / "split.csv", train=count, held_out=held_out
    )
    print(", ".join(f"{split}: {n} photos" for split, n in counts.items()))
    copy_some(palette_photos, out / "palette-photos", PALETTE_PHOTOS)
    palette, plot = out / "palette.json", out / "palette.png"
    grid = ["--bins", str(experiment.bins), "--method", "grid", "--cells", "10", "--even-grid"]
    learn: Words = ["dataprep", "palette", out / "palette-photos", *grid, "--out", palette]
    runner.json([*learn, "--plot", plot])
    cut: Words = ("--split-file", out / "split.csv", "--palette", palette, "--keep-rgb")
    runner.json(("dataprep", "shard", photos, *cut, "--out", out / "shards"))


def _table(name: str, fit: dict[str, Any], results: dict[str, dict[str, Any]]) -> str:
    lines = [
        f"{name}: {fit['step']} steps, {fit['epoch']} epochs, {fit['samples']} training samples, "
        f"{fit['parameters']:,} parameters.",
        f"The poster observed: {OBSERVED}.",
        "",
        "| split | distinct colours | effective colours | of the truth, in these bins "
        "| colourfulness ratio | top-2 mass |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for split, result in results.items():
        lines.append(
            f"| {split} | {measure_value(result, 'prediction', 'distinct_colors'):.0f} "
            f"| {measure_value(result, 'prediction', 'effective_colors'):.2f} "
            f"| {measure_value(result, 'truth', 'effective_colors'):.2f} "
            f"| {measure_value(result, 'prediction', 'colorfulness_ratio'):.2f} "
            f"| {measure_value(result, 'prediction', 'top_two_mass'):.2f} |"
        )
    return "\n".join(lines) + "\n"


def _figure(name: str, results: dict[str, dict[str, Any]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    for number, variant in enumerate(("truth", "prediction")):
        heights = [measure_value(results[split], variant, "distinct_colors") for split in SPLITS]
        places = [place + 0.3 * (number - 0.5) for place in range(len(SPLITS))]
        axes.bar(places, heights, width=0.28, label=variant)
    axes.axhline(2, color="black", linestyle=":", linewidth=1, label="poster: at most 2")
    axes.set(title=name, ylabel="colours an image (median)", xticks=range(3), xticklabels=SPLITS)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
