"""The page of a run: loss, colours, rate and pictures over time."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from colorfiles.outside.files import open_regular
from colorfiles.pages.charts import line_chart
from colorfiles.pages.frame import write_page
from colorfiles.pages.parts import Judgement, Tile, figure, flow, note, picture, tiles
from trainer.evaluation.epoch_measures import EPOCH_MEASURES
from trainer.evaluation.measure_kind import Measure
from trainer.evaluation.measure_labels import full_label
from trainer.report.epoch_pictures import saved_pictures
from trainer.report.judgements import of_criterion
from trainer.runs.metrics_log import Line, read_metrics, series, smoothed

REPORT = "report.html"
_PNG = ("PNG",)
_MOST_EPOCHS = 12
_WORSE = 1.02  # a loss so far above its lowest is rising again


_LOGGED = {
    "loss": Measure("training loss", "", aim="low", digits=3),
    "learning_rate": Measure("learning rate", ""),
    "images_per_s": Measure("images a second, validation and saving left out", "", digits=1),
} | {f"val_{name}": measure for name, measure in EPOCH_MEASURES.items()}
_STANDING = (
    "loss",
    "val_loss",
    "val_effective_colors_ratio",
    "val_colorfulness_ratio",
    "val_hue_family_recall",
    "val_color_score",
    "images_per_s",
)
_COLOR_CHARTS = (
    ("val_effective_colors_ratio",),
    ("val_colorfulness_ratio",),
    ("val_hue_family_recall", "val_gray_recall"),
    ("val_distinct_colors",),
    ("val_accuracy",),
    ("val_color_score",),
)


def write_run_page(run: Path) -> Path:
    """Write ``RUN/report.html`` from the run's log, recipe and pictures; return its path.

    May be called after every epoch; what isn't there yet is left out.
    """
    lines = read_metrics(run)
    recipe = run / "recipe.toml"
    text = Markup("<pre>{}</pre>").format(recipe.read_text()) if recipe.exists() else ""
    sections = [
        ("Where it stands", _standing(lines)),
        ("The same photos after each epoch", _pictures(run)),
        ("Loss", _loss(lines)),
        ("Colours on the validation photos", _colors(lines)),
        ("Rate and speed", _speed(lines)),
        ("Recipe", text),
    ]
    steps = int(lines[-1]["step"]) if lines else 0
    write_page(
        run / REPORT,
        title=f"Run {run.resolve().name}",
        facts=f"{steps:,} steps · written by trainer fit",
        sections=sections,
    )
    return run / REPORT


def _standing(lines: Sequence[Line]) -> str:
    boxes = []
    for name in _STANDING:
        points = series(lines, name)
        if points:
            known = _LOGGED[name]
            best = min((value for _, value in points), key=known.distance_to_best)
            label = _label(name).partition(", validation and")[0]
            figure_ = f"{points[-1][1]:.{known.digits}f}"
            boxes.append(
                Tile(figure_, label, _trend(name, points), f"best {best:.{known.digits}f}")
            )
    return tiles(boxes) if boxes else "<p>Nothing is logged yet.</p>"


def _trend(name: str, points: Sequence[tuple[float, float]]) -> Judgement | None:
    """Judge the last figure: by its criterion, or whether a validation loss has turned."""
    known = _LOGGED[name]
    if known.criterion:
        return of_criterion(known.criterion, points[-1][1])
    if name != "val_loss" or len(points) < 2:
        return None
    step, lowest = min(points, key=lambda point: point[1])
    if points[-1][1] > lowest * _WORSE:
        return Judgement(f"rises again since step {step:,.0f}", "bad")
    return Judgement("hasn't turned", "good")


def _label(name: str) -> str:
    bare = name.removeprefix("val_")
    return full_label(bare) if bare in EPOCH_MEASURES and bare != name else _LOGGED[name].label


def _loss(lines: Sequence[Line]) -> str:
    curves = {
        "training": smoothed(series(lines, "loss")),
        "validation": series(lines, "val_loss"),
    }
    present = {name: points for name, points in curves.items() if points}
    return line_chart(present, x_label="step", tall=True) if present else ""


def _colors(lines: Sequence[Line]) -> str:
    charts = []
    for names in _COLOR_CHARTS:
        curves = {_label(name): series(lines, name) for name in names}
        present = {label: points for label, points in curves.items() if points}
        if not present:
            continue
        asked = _LOGGED[names[0]].criterion
        drawing = line_chart(present, x_label="step", band=asked.band if asked else None)
        verdict = Judgement(f"asked: {asked.range_text}") if asked else None
        charts.append(figure(drawing, " and ".join(present), verdict=verdict))
    return note("Green: what the criteria ask.") + flow(charts) if charts else ""


def _speed(lines: Sequence[Line]) -> str:
    charts = []
    for name in ("learning_rate", "images_per_s"):
        label, points = _label(name), series(lines, name)
        if points:
            drawing = line_chart({label: smoothed(points)}, x_label="step")
            charts.append(figure(drawing, label))
    return flow(charts) if charts else ""


def _pictures(run: Path) -> str:
    saved = saved_pictures(run)
    epochs = [name for name in saved if name.startswith("epoch-")]
    shown = {"gray", "truth", *_spread(epochs, _MOST_EPOCHS)}
    strips = []
    for name, path in saved.items():
        if name in shown:
            with open_regular(path, within=run) as file, Image.open(file, formats=_PNG) as image:
                label = name.replace("epoch-", "epoch ").replace(" 0", " ").replace(" 0", " ")
                strips.append(picture(image.convert("RGB"), label))
    return "".join(strips)


def _spread(names: Sequence[str], most: int) -> list[str]:
    """Keep the first, the last and evenly spread lines between them."""
    if len(names) <= most:
        return list(names)
    return [names[round(i * (len(names) - 1) / (most - 1))] for i in range(most)]
