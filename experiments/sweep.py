"""Numbers of training photos against λ of the rebalancing weights: one table and one figure.

Every cell is a fit of the same number of steps, judged on the same held-out photos.
"""

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

from photo_subsets import measured, photos_of, run, write_split

SHOWN = {
    "effective_colors_ratio": "effective colours, ratio to truth",
    "distinct_colors": "distinct colours",
    "colorfulness_ratio": "colourfulness, ratio to truth",
    "hue_family_recall": "hue-family recall",
    "top_two_mass": "top-2 mass",
}


def main() -> None:
    """Run every cell that isn't there yet, then draw."""
    given = _options()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    counts = [int(text) for text in given.counts.split(",")]
    lambdas = [float(text) for text in given.lambdas.split(",")]
    photos = photos_of(given.photos)
    if not (out / "palette.json").exists():
        run(
            "dataprep",
            "palette",
            given.photos,
            "--bins",
            str(given.bins),
            "--out",
            out / "palette.json",
            "--plot",
            out / "palette.png",
        )
    for count in counts:
        shards = out / f"shards-{count}"
        if not (shards / "index.json").exists():
            split = out / f"split-{count}.csv"
            write_split(photos, split, train=count, held_out=given.held_out)
            run(
                "dataprep",
                "shard",
                given.photos,
                "--split-file",
                split,
                "--palette",
                out / "palette.json",
                "--out",
                shards,
                "--resume",
            )
    cells = {(count, lam): _cell(given, out, count, lam) for count, lam in product(counts, lambdas)}
    text = _table(given, cells)
    (out / "sweep.md").write_text(text)
    _figure(cells, counts, lambdas, out / "sweep.png")
    print(f"\n{text}\n{out / 'sweep.md'}, {out / 'sweep.png'}")


def _cell(given: argparse.Namespace, out: Path, count: int, lam: float) -> dict[str, Any]:
    folder = out / f"run-{count}-{lam:g}"
    kept = folder / "evaluation.json"
    if kept.exists():
        done: dict[str, Any] = json.loads(kept.read_text())
        return done
    shards = out / f"shards-{count}"
    overrides = [f"lambda={lam}", f"max_steps={given.steps}", "epochs=100000", *given.overrides]
    overrides.append("every_epochs=100000")  # judged once, at the end
    words = [word for pair in overrides for word in ("--set", pair)]
    run("trainer", "fit", shards, "--out", folder, "--recipe", given.recipe, "--resume", *words)
    result = run(
        "trainer", "evaluate", folder, shards, "--split", "test", "--limit", str(given.limit)
    )
    result.pop("images", None)
    kept.write_text(json.dumps(result))
    return result


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder; a rerun fills the gaps")
    parser.add_argument("--counts", default="100,400,1600", help="training photos  [%(default)s]")
    parser.add_argument("--lambdas", default="0.1,0.3,0.5,0.9", help="[%(default)s]")
    parser.add_argument("--recipe", default="small")
    parser.add_argument("--steps", type=int, default=500, help="of each cell  [%(default)s]")
    parser.add_argument("--bins", type=int, default=32)
    parser.add_argument("--held-out", type=int, default=200, help="photos in val and in test")
    parser.add_argument("--limit", type=int, default=200, help="samples judged")
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    return parser.parse_args()


def _table(given: argparse.Namespace, cells: dict[tuple[int, float], dict[str, Any]]) -> str:
    lines = [
        f"Recipe {given.recipe}, {given.steps} steps a cell, {given.bins} bins.",
        "",
        "| photos | λ | " + " | ".join(SHOWN.values()) + " |",
        "|---:|---:|" + "---:|" * len(SHOWN),
    ]
    for (count, lam), result in cells.items():
        numbers = " | ".join(f"{measured(result, 'prediction', name):.2f}" for name in SHOWN)
        lines.append(f"| {count} | {lam:g} | {numbers} |")
    return "\n".join(lines) + "\n"


def _figure(
    cells: dict[tuple[int, float], dict[str, Any]],
    counts: list[int],
    lambdas: list[float],
    path: Path,
) -> None:
    from matplotlib.figure import Figure

    names = ("effective_colors_ratio", "colorfulness_ratio", "hue_family_recall")
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names)), names, strict=True):
        for count in counts:
            heights = [measured(cells[count, lam], "prediction", name) for lam in lambdas]
            axes.plot(lambdas, heights, marker="o", label=f"{count} photos")
        axes.set(xlabel="λ", title=SHOWN[name])
        axes.legend(fontsize=7)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
