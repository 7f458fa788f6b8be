"""The page of a run: how loss, colours, rate and pictures came along."""

from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path

from PIL import Image

from colorfiles.outside.files import open_regular
from trainer.config.settings import far_from_best
from trainer.evaluation.criteria import CRITERIA
from trainer.report.epoch_pictures import saved_pictures
from trainer.report.html import figure, flow, picture, tiles, write_page
from trainer.report.svg import line_chart
from trainer.runs.metrics_log import Line, read_metrics, series, smoothed

REPORT = "report.html"
_PNG = ("PNG",)
_MOST_EPOCHS = 12
_CHART = (350, 200)
_COLOR_CHARTS = (
    ("effective colours, ratio to truth", ("val_effective_ratio",), "effective_colors_ratio"),
    ("colourfulness, ratio to truth", ("val_colorfulness_ratio",), "colorfulness_ratio"),
    ("distinct colours", ("val_distinct_colors",), None),
    ("recall: hue families, gray", ("val_hue_recall", "val_gray_recall"), None),
    ("accuracy", ("val_accuracy",), None),
)


def write_run_page(run: Path) -> Path:
    """Write ``RUN/report.html`` from the run's log, recipe and pictures; return its path.

    May be called after every epoch; what isn't there yet is left out.
    """
    lines = read_metrics(run)
    recipe = run / "recipe.toml"
    sections = [
        ("Where it stands", _standing(lines)),
        ("Loss", _loss(lines)),
        ("Colours on the validation photos", _colors(lines)),
        ("The same photos after each epoch", _pictures(run)),
        ("Rate and speed", _speed(lines)),
        ("Recipe", f"<pre>{escape(recipe.read_text())}</pre>" if recipe.exists() else ""),
    ]
    steps = int(lines[-1]["step"]) if lines else 0
    write_page(
        run / REPORT,
        title=f"Run {run.resolve().name}",
        facts=f"{steps:,} steps · written by trainer fit",
        sections=[section for section in sections if section[1]],
    )
    return run / REPORT


def _standing(lines: Sequence[Line]) -> str:
    boxes = []
    for name, label, digits in (
        ("loss", "training loss", 3),
        ("val_loss", "validation loss", 3),
        ("val_effective_ratio", "effective colours, ratio", 2),
        ("val_colorfulness_ratio", "colourfulness ratio", 2),
        ("val_hue_recall", "hue-family recall", 2),
        ("val_color_score", "colour score", 3),
        ("images_per_s", "images a second", 1),
    ):
        points = series(lines, name)
        if points:
            values = [value for _, value in points]
            best = min(values, key=partial(far_from_best, name))
            boxes.append((f"{values[-1]:.{digits}f}", label, f"best {best:.{digits}f}"))
    return tiles(boxes) if boxes else "<p>Nothing is logged yet.</p>"


def _loss(lines: Sequence[Line]) -> str:
    curves = {
        "training": smoothed(series(lines, "loss")),
        "validation": series(lines, "val_loss"),
    }
    present = {name: points for name, points in curves.items() if points}
    if not present:
        return ""
    return line_chart(present, x_label="step", size=(720, 260))


def _colors(lines: Sequence[Line]) -> str:
    charts = []
    for label, names, criterion in _COLOR_CHARTS:
        curves = {name.removeprefix("val_"): series(lines, name) for name in names}
        present = {name: points for name, points in curves.items() if points}
        if present:
            band = CRITERIA[criterion].band if criterion else None
            drawing = line_chart(present, x_label="step", size=_CHART, band=band)
            charts.append(figure(drawing, label))
    return flow(charts) if charts else ""


def _speed(lines: Sequence[Line]) -> str:
    charts = [
        figure(
            line_chart({name: smoothed(series(lines, name))}, x_label="step", size=_CHART), label
        )
        for name, label in (
            ("learning_rate", "learning rate"),
            ("images_per_s", "images a second, validation and saving left out"),
        )
        if series(lines, name)
    ]
    return flow(charts) if charts else ""


def _pictures(run: Path) -> str:
    saved = saved_pictures(run)
    epochs = [name for name in saved if name.startswith("epoch-")]
    shown = {"gray", "truth", *_spread(epochs, _MOST_EPOCHS)}
    strips = []
    for name, path in saved.items():
        if name in shown:
            with open_regular(path, within=run) as file, Image.open(file, formats=_PNG) as image:
                label = name.replace("epoch-", "epoch ")
                strips.append(picture(image.convert("RGB"), label))
    return "".join(strips)


def _spread(names: Sequence[str], most: int) -> list[str]:
    """Keep the first, the last and evenly spread ones between."""
    if len(names) <= most:
        return list(names)
    return [names[round(i * (len(names) - 1) / (most - 1))] for i in range(most)]
