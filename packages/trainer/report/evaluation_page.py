"""The page of an evaluation: figures, curves, wheels, confusion, and the photos behind them."""

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from jaxtyping import Int
from PIL import Image

from colorcore import Palette
from colorunet.prediction.colorizer import Colorizer
from trainer.data.shard_set import ShardSet
from trainer.evaluation.definitions import MEASURES, full_label
from trainer.evaluation.result import Evaluation, ImageResult, Tallies
from trainer.evaluation.summary import CEILING, PREDICTION, TRUTH
from trainer.evaluation.sweep import RULE
from trainer.evaluation.text import (
    COLUMNS,
    averaging_text,
    decoding_text,
    fid_note,
    interval,
    measured,
    number,
)
from trainer.report.confusion import confusion_picture
from trainer.report.html import figure, flow, html_table, picture, tiles, write_page
from trainer.report.panels import TITLES, Panels, panels_of
from trainer.report.svg import bars, line_chart, wheel

_THUMBNAIL_PX = 120
_EACH = 2  # worst, median and best: so many photos of each
# Measures of single images to sort by: name, label, what is good.
_SORTED_BY = (
    ("colorfulness_ratio", "colourfulness ratio", "one"),
    ("effective_colors", "effective colours", "high"),
    ("hue_accuracy", "hue accuracy", "high"),
    ("chroma_spread_ratio", "chroma spread ratio", "one"),
    ("ciede2000", "CIEDE2000", "low"),
    ("psnr", "PSNR", "high"),
)
_SWEPT = (
    "colorfulness_ratio",
    "effective_colors_ratio",
    "distinct_colors",
    "hue_family_recall",
    "auc_balanced",
    "ciede2000",
    "psnr",
)


def write_evaluation_page(
    path: Path,
    colorizer: Colorizer,
    shards: ShardSet,
    evaluation: Evaluation,
    tallies: Tallies,
    *,
    title: str,
    digest: str = "",
) -> None:
    """Write the page, which bears ``digest``; its photos are read and colourised once more."""
    ranked = {name: ranked_keys(evaluation.images, name, aim) for name, _, aim in _SORTED_BY}
    keys = {key for groups in ranked.values() for keys in groups.values() for key in keys}
    shown = {
        row.key: row
        for row in panels_of(
            colorizer, shards, evaluation.split, sorted(keys), edge_px=_THUMBNAIL_PX
        )
    }
    sections = [
        ("At a glance", _glance(evaluation)),
        ("What is asked, and what is met", _verdicts(evaluation)),
        ("All measures", _measures(evaluation)),
        ("Better than the baselines?", _differences(evaluation)),
        ("Hues", _hues(evaluation, tallies)),
        ("Decoding temperature", _sweep(evaluation)),
        ("Worst, median and best photos", _photos(evaluation, ranked, shown)),
        ("Bins: truth against prediction", _confusion(tallies.confusion, colorizer.palette)),
        ("What the measures are", _definitions(evaluation)),
    ]
    e = evaluation
    facts = (
        f"{e.samples} samples of split {e.split} · {e.size_px} px · {e.bins} bins · "
        f"{decoding_text(e.decoding)}{averaging_text(e.averaging)} · "
        f"palette {e.palette_fingerprint[:12]} · truth from "
        + ("colour crops" if e.truth_from == "rgb" else "the bins' colours (no crops were kept)")
    )
    write_page(path, title=title, facts=facts, sections=sections, digest=digest)


def ranked_keys(images: Sequence[ImageResult], name: str, aim: str) -> dict[str, list[str]]:
    """Return the keys of the worst, the median and the best images by a measure.

    ``aim`` is ``high``, ``low`` or ``one`` (a ratio: near 1, twice as bad as half).
    """
    known = [(image.measures[name], image.key) for image in images]
    values = [(_badness(value, aim), key) for value, key in known if value is not None]
    keys = [key for _, key in sorted(values, reverse=True)]
    middle = max(0, len(keys) // 2 - _EACH // 2)
    return {
        "worst": keys[:_EACH],
        "median": keys[middle : middle + _EACH],
        "best": keys[::-1][:_EACH],
    }


def _badness(value: float, aim: str) -> float:
    if aim == "one":
        return abs(math.log(max(value, 1e-6)))
    return value if aim == "low" else -value


def _glance(evaluation: Evaluation) -> str:
    def of(name: str, variant: str = PREDICTION) -> str:
        return number(evaluation.variants[variant][name].value, MEASURES[name].digits)

    probe = evaluation.position_probe.strongest
    return tiles(
        [
            (
                of("distinct_colors"),
                "distinct colours",
                f"ceiling {of('distinct_colors', CEILING)}",
            ),
            (
                of("effective_colors_ratio"),
                "effective colours, ratio",
                "1 is the palette's ceiling",
            ),
            (
                of("colorfulness_ratio"),
                "colourfulness ratio",
                f"10th percentile {of('colorfulness_ratio_p10')}",
            ),
            (
                of("hue_family_recall"),
                "hue-family recall",
                f"gray {of('hue_family_recall', 'gray')}",
            ),
            (of("auc_balanced"), "AuC, class-balanced", f"gray {of('auc_balanced', 'gray')}"),
            (of("ciede2000"), "CIEDE2000, mean", f"gray {of('ciede2000', 'gray')}"),
            (f"{probe:+.2f}", "position probe r", "0: nothing learnt by heart"),
            (f"{evaluation.information_bits:.2f}", "bits a pixel", "0: one answer for all"),
        ]
    )


def _verdicts(evaluation: Evaluation) -> str:
    rows = [
        [
            full_label(verdict.measure),
            number(verdict.value, 2),
            verdict.criterion.range_text,
            "met" if verdict.is_met else "missed",
            verdict.criterion.why,
        ]
        for verdict in evaluation.verdicts
    ]
    return html_table(["", "measured", "asked", "", "why"], rows, strong=1)


def _measures(evaluation: Evaluation) -> str:
    rows = []
    for known, figures in measured(evaluation):
        cells = [number(f.value, known.digits) for f in figures.values()]
        spread = interval(figures[PREDICTION], known.digits)
        rows.append([known.label, cells[0], spread, *cells[1:]])
    header = ["", "prediction", "95 % interval", *list(COLUMNS.values())[1:]]
    note = fid_note(evaluation)
    if note:
        note = f'<p class="small">FID {escape(note)}.</p>'
    return html_table(header, rows, strong=1) + note


def _differences(evaluation: Evaluation) -> str:
    names = ("auc_balanced", "auc", "macro_recall", "ciede2000", "psnr", "hue_family_recall")
    rows = []
    for name in names:
        known = MEASURES[name]
        cells = [known.label + (" (lower is better)" if known.aim == "low" else "")]
        for variant in ("gray", "mean_uv", "most_frequent_bin"):
            figure_ = evaluation.prediction_minus[variant][name]
            sign = "" if figure_.value is None or figure_.value < 0 else "+"
            cells.append(
                f"{sign}{number(figure_.value, known.digits)} ({interval(figure_, known.digits)})"
            )
        rows.append(cells)
    note = '<p class="small">Prediction minus baseline, with the paired 95 % interval.</p>'
    return note + html_table(["", "minus gray", "minus mean UV", "minus most frequent bin"], rows)


def _hues(evaluation: Evaluation, tallies: Tallies) -> str:
    wheels = (tallies.true_wheel, tallies.predicted_wheel)
    largest = max(float((w / max(w.sum(), 1)).max()) for w in wheels)
    families = {f.family: (f.share_of_truth, f.recall) for f in evaluation.hue_families}
    return flow(
        [
            figure(wheel(wheels[0], largest=largest), "Truth: hues of pixels with chroma > 0.03"),
            figure(wheel(wheels[1], largest=largest), "Prediction, at the same scale"),
            figure(
                bars(families, ("share of truth's coloured pixels", "recall")),
                "Hue families: how much there is, and how much of it was found",
            ),
        ]
    )


def _sweep(evaluation: Evaluation) -> str:
    if not evaluation.sweep:
        return ""
    criteria = {verdict.measure: verdict.criterion for verdict in evaluation.verdicts}
    charts = []
    for name in _SWEPT:
        points = [(p.temperature, _or_nan(p.measures[name])) for p in evaluation.sweep]
        drawing = line_chart(
            {name: [p for p in points if p[0] >= 0.01]},
            x_label="temperature",
            size=(250, 170),
            log_x=True,
            band=criteria[name].band if name in criteria else None,
            marker=evaluation.decoding.temperature,
        )
        charts.append(figure(drawing, f"{full_label(name)}"))
    advice = (
        f"Suggested: T = {evaluation.suggested_temperature:g}, {escape(RULE)}."
        if evaluation.split == "val"
        else "Choose one on val, by trainer calibrate, never on the split that is reported."
    )
    note = (
        '<p class="small">Dashed: the temperature of this page. Green: what the criteria ask. '
        f"{advice}</p>"
    )
    return note + flow(charts)


def _photos(
    evaluation: Evaluation, ranked: dict[str, dict[str, list[str]]], shown: dict[str, Panels]
) -> str:
    by_key = {image.key: image for image in evaluation.images}
    parts = [f'<p class="small">Each strip: {escape(" | ".join(TITLES))}.</p>']
    for name, label, _ in _SORTED_BY:
        parts.append(f"<h3>by {escape(label)}</h3>")
        strips = [
            picture(
                _strip(shown[key]),
                f"{place}: {number(by_key[key].measures[name], 2)} · {key}",
            )
            for place, keys in ranked[name].items()
            for key in keys
        ]
        parts.append(flow(strips))
    return "".join(parts)


def _strip(row: Panels) -> Image.Image:
    gap = 3
    width = sum(p.width for p in row.pictures) + gap * (len(row.pictures) - 1)
    strip = Image.new("RGB", (width, max(p.height for p in row.pictures)), (255, 255, 255))
    left = 0
    for panel in row.pictures:
        strip.paste(panel, (left, 0))
        left += panel.width + gap
    return strip


def _confusion(confusion: Int[np.ndarray, "n n"], palette: Palette) -> str:
    caption = (
        "A row is a true bin, a column what it was given; darkness is the square root of the row's "
        "share. A single dark column: one colour for all. The diagonal: right."
    )
    return picture(confusion_picture(confusion, palette), caption, lossless=True)


def _definitions(evaluation: Evaluation) -> str:
    entries = [
        f"<dt>{escape(full_label(name))}</dt><dd>{escape(text)}</dd>"
        for name, text in evaluation.definitions.items()
        if not name.startswith("hue_recall_")
    ]
    absent = [
        f"<dt>{escape(name.upper())}: not measured</dt><dd>{escape(text)}</dd>"
        for name, text in evaluation.not_measured.items()
    ]
    variants = (
        f"<p class=small>{TRUTH}: the photo itself. Ceiling: its colours rounded to the palette. "
        "Gray, mean UV and top bin: one colour for every pixel. Colours outside sRGB are drawn "
        "toward gray at their own luma before anything is shown or compared in RGB; bins and UV "
        "are measured as decoded.</p>"
    )
    return f"{variants}<dl>{''.join(entries)}{''.join(absent)}</dl>"


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
