"""One of the poster's three experiments, by the commands that a person would type.

Palette and weights come from a small number of photos of --palette-photos, as on the poster;
training and testing stay within --photos. --count and --epochs scale it down.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photo_subsets import SPLITS, copy_some, measured, photos_of, run, write_split


@dataclass(frozen=True)
class Experiment:
    """What sets one experiment apart; the recipe of the same name has the rest."""

    bins: int
    classes: tuple[str, ...] = ()


EXPERIMENTS = {
    "flickr-13k": Experiment(32),
    "sun-2cat-32": Experiment(32, ("beach", "ocean")),
    "sun-2cat-6": Experiment(6, ("beach", "ocean")),
}
OBSERVED = "at most 2 colours an image, on train, validation and test alike"
PALETTE_PHOTOS = 30  # the original took its prior from 30 images


def main() -> None:
    """Run every step and say what came out."""
    given = _options()
    out: Path = given.out
    out.mkdir(parents=True)
    _prepare(given, EXPERIMENTS[given.name])
    overrides = [word for pair in given.overrides for word in ("--set", pair)]
    if given.epochs:
        overrides += ["--set", f"epochs={given.epochs}"]
    shards, made = out / "shards", out / "run"
    fit = run("trainer", "fit", shards, "--out", made, "--recipe", given.name, *overrides)
    results = {}
    for split in SPLITS:
        sheet = ["--contact-sheet", str(out / "contact-sheet.png")] if split == "test" else []
        judge = ["--split", split, "--limit", str(given.limit), *sheet]
        results[split] = run("trainer", "evaluate", made, shards, *judge)
    text = _table(given.name, fit, results)
    (out / "result.md").write_text(text)
    _figure(given.name, results, out / "result.png")
    print(f"\n{text}\n{out / 'result.png'}, {out / 'contact-sheet.png'}, {out / 'palette.png'}")


def _prepare(given: argparse.Namespace, experiment: Experiment) -> None:
    out: Path = given.out
    classes = tuple(given.classes.split(",")) if given.classes else experiment.classes
    chosen = photos_of(given.photos, () if classes == ("all",) else classes)
    held_out = None if given.count is None else max(8, given.count // 8)
    counts = write_split(chosen, out / "split.csv", train=given.count, held_out=held_out)
    print(", ".join(f"{split}: {n} photos" for split, n in counts.items()))
    copy_some(given.palette_photos, out / "palette-photos", PALETTE_PHOTOS)
    palette, plot = out / "palette.json", out / "palette.png"
    grid = ["--bins", str(experiment.bins), "--method", "grid", "--cells", "10", "--even-grid"]
    run("dataprep", "palette", out / "palette-photos", *grid, "--out", palette, "--plot", plot)
    how = ["--split-file", out / "split.csv", "--palette", palette, "--keep-rgb"]
    run("dataprep", "shard", given.photos, *how, "--out", out / "shards")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(EXPERIMENTS))
    parser.add_argument("--photos", type=Path, required=True, help="photo folder to train on")
    parser.add_argument("--palette-photos", type=Path, required=True, help="photo folder of SUN")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    parser.add_argument("--count", type=int, help="training photos at most  [all]")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--classes", help="instead of the experiment's own: A,B or 'all'")
    parser.add_argument("--limit", type=int, default=200, help="samples judged of each split")
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    return parser.parse_args()


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
            f"| {split} | {measured(result, 'prediction', 'distinct_colors'):.0f} "
            f"| {measured(result, 'prediction', 'effective_colors'):.2f} "
            f"| {measured(result, 'truth', 'effective_colors'):.2f} "
            f"| {measured(result, 'prediction', 'colorfulness_ratio'):.2f} "
            f"| {measured(result, 'prediction', 'top_two_mass'):.2f} |"
        )
    return "\n".join(lines) + "\n"


def _figure(name: str, results: dict[str, dict[str, Any]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    for number, variant in enumerate(("truth", "prediction")):
        heights = [measured(results[split], variant, "distinct_colors") for split in SPLITS]
        places = [place + 0.3 * (number - 0.5) for place in range(len(SPLITS))]
        axes.bar(places, heights, width=0.28, label=variant)
    axes.axhline(2, color="black", linestyle=":", linewidth=1, label="poster: at most 2")
    axes.set(title=name, ylabel="colours an image (median)", xticks=range(3), xticklabels=SPLITS)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
