"""The page of an evaluation: figures, curves, wheels, confusion, and the photos behind them."""

import math
from pathlib import Path

import numpy as np
from jaxtyping import Int
from markupsafe import Markup

from colorcore import Palette
from colorfiles.pages.charts import Bar, BarRow, bar_chart, line_chart
from colorfiles.pages.frame import write_page
from colorfiles.pages.hues import wheel
from colorfiles.pages.parts import (
    Cell,
    Judgement,
    Tile,
    figure,
    flow,
    html_table,
    note,
    picture,
    tiles,
)
from colorunet.coloring.colorizer import Colorizer
from trainer.data.shard_set import ShardSet
from trainer.evaluation.criteria import CRITERIA
from trainer.evaluation.measure_labels import full_label
from trainer.evaluation.measures import MEASURES
from trainer.evaluation.result import Evaluation, Tallies
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
from trainer.report.judgements import (
    against,
    of_information,
    of_measure,
    of_probe,
    of_verdict,
)
from trainer.report.ranked_photos import ranked_photos

_GLANCED = (
    "effective_colors_ratio",
    "colorfulness_ratio",
    "colorfulness_ratio_p10",
    "distinct_colors",
    "hue_family_recall",
    "largest_bin_excess",
    "auc_balanced",
    "ciede2000",
    "psnr",
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
_COMPARED = ("auc_balanced", "auc", "macro_recall", "ciede2000", "psnr", "hue_family_recall")
_BASELINES = {"gray": "gray", "mean_uv": "mean UV", "most_frequent_bin": "most frequent bin"}


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
    """Write the page, with ``digest`` in it; its photos are read and colourised again."""
    e = evaluation
    sections = [
        ("At a glance", _glance(e)),
        ("What is asked, and what is met", _verdicts(e)),
        ("Worst, median and best photos", ranked_photos(colorizer, shards, e)),
        ("All measures", _measures(e)),
        ("Better than the baselines?", _differences(e)),
        ("Hues", _hues(e, tallies)),
        ("Decoding temperature", _sweep(e)),
        ("Bins: truth against prediction", _confusion(tallies.confusion, colorizer.palette)),
        ("What the measures are", _definitions(e)),
    ]
    facts = (
        f"{e.samples} samples of split {e.split} · {e.size_px} px · palette of {e.bins} bins · "
        f"{decoding_text(e.decoding)}{averaging_text(e.averaging)} · truth from "
        + ("colour crops" if e.truth_from == "rgb" else "the bins' colours (no crops were kept)")
    )
    write_page(path, title=title, facts=facts, sections=sections, digest=digest)


def _glance(evaluation: Evaluation) -> str:
    def of(name: str, variant: str) -> str:
        return number(evaluation.variants[variant][name].value, MEASURES[name].digits)

    met = sum(verdict.is_met for verdict in evaluation.verdicts)
    asked = len(evaluation.verdicts)
    boxes = [
        Tile(
            f"{met} of {asked}",
            "criteria met",
            Judgement("all that is asked", "good")
            if met == asked
            else Judgement(f"{asked - met} missed", "bad"),
        )
    ]
    for name in _GLANCED:
        beside = (CEILING, "ceiling") if MEASURES[name].aim == "truth" else ("gray", "gray")
        beside_it = f"{beside[1]} {of(name, beside[0])}"
        verdict = of_measure(evaluation, name)
        boxes.append(Tile(of(name, PREDICTION), full_label(name), verdict, beside_it))
    probe, bits = evaluation.position_probe, evaluation.information_bits
    boxes += [
        Tile(f"{probe.flipped:+.2f}", "position probe", of_probe(probe.flipped)),
        Tile(f"{bits:.2f} bits", "given by the image, a pixel", of_information(bits)),
    ]
    return tiles(boxes)


def _verdicts(evaluation: Evaluation) -> str:
    rows: list[list[Cell]] = [
        [
            full_label(verdict.measure),
            number(verdict.value, 2),
            of_verdict(verdict, why=False),
            Judgement(verdict.criterion.why),
        ]
        for verdict in evaluation.verdicts
    ]
    header = ["measure", "measured", "verdict", "why it is asked"]
    return html_table(header, rows, strong=1, caption="criteria")


def _measures(evaluation: Evaluation) -> str:
    rows = list[list[Cell]]()
    for name, known, figures in measured(evaluation):
        cells = [number(f.value, known.digits) for f in figures.values()]
        spread = interval(figures[PREDICTION], known.digits)
        row: list[Cell] = [full_label(name), cells[0], spread, of_measure(evaluation, name)]
        rows.append(row + list[Cell](cells[1:]))
    header = ["measure", "prediction", "95 % interval", "verdict", *list(COLUMNS.values())[1:]]
    return html_table(header, rows, strong=1, caption="all measures") + note(
        f"FID {fid_note(evaluation)}." if fid_note(evaluation) else ""
    )


def _differences(evaluation: Evaluation) -> str:
    rows = list[list[Cell]]()
    for name in _COMPARED:
        known = MEASURES[name]
        lower = known.aim == "low"
        row: list[Cell] = [known.label + (" (lower is better)" if lower else "")]
        for variant, words in _BASELINES.items():
            difference = evaluation.prediction_minus[variant][name]
            verdict = against(words, difference, lower_is_better=lower)
            sign = "" if difference.value is None or difference.value < 0 else "+"
            figures = (
                f"{sign}{number(difference.value, known.digits)} "
                f"({interval(difference, known.digits)})"
            )
            row.append(Judgement(f"{figures} {verdict.words}", verdict.tone))
        rows.append(row)
    header = ["measure", *(f"minus {words}" for words in _BASELINES.values())]
    lead = note("Prediction minus baseline, with the paired 95 % interval.")
    return lead + html_table(header, rows, caption="differences to the baselines")


def _hues(evaluation: Evaluation, tallies: Tallies) -> str:
    wheels = (tallies.true_wheel, tallies.predicted_wheel)
    largest = max(float((w / max(w.sum(), 1)).max()) for w in wheels)
    names = ("share of truth's coloured pixels", "share of them found again")
    rows = [
        BarRow(
            family.family,
            tuple(
                Bar(value or 0.0, number(value, 2), name)
                for name, value in zip(names, (family.share_of_truth, family.recall), strict=True)
            ),
        )
        for family in evaluation.hue_families
    ]
    return flow(
        [
            figure(wheel(wheels[0], largest=largest), "Truth: hues of pixels with chroma > 0.03"),
            figure(wheel(wheels[1], largest=largest), "Prediction, at the same scale"),
            figure(bar_chart(rows, names), "Hue families: how much there is, how much was found"),
        ]
    )


def _sweep(evaluation: Evaluation) -> str:
    if not evaluation.sweep:
        return ""
    criteria = {verdict.measure: verdict.criterion for verdict in evaluation.verdicts}
    charts = []
    for name in _SWEPT:
        points = [(p.temperature, _or_nan(p.measures[name])) for p in evaluation.sweep]
        criterion = criteria.get(name) or CRITERIA.get(name)
        drawing = line_chart(
            {full_label(name): [p for p in points if p[0] >= 0.01]},
            x_label="temperature",
            log_x=True,
            band=criterion.band if criterion else None,
            marker=evaluation.decoding.temperature,
        )
        asked = Judgement(f"asked: {criterion.range_text}") if criterion else None
        charts.append(figure(drawing, full_label(name), verdict=asked))
    advice = (
        f"Suggested: T = {evaluation.suggested_temperature:g}, {RULE}."
        if evaluation.split == "val"
        else "Choose one on val, by trainer calibrate, never on the split that is reported."
    )
    words = f"Dashed: the temperature of this page. Green: what the criteria ask. {advice}"
    return note(words) + flow(charts)


def _confusion(confusion: Int[np.ndarray, "n n"], palette: Palette) -> str:
    caption = (
        "A row is a true bin, a column what it was given; darkness is the square root of the row's "
        "share. A single dark column: one colour for all. The diagonal: right."
    )
    image = confusion_picture(confusion, palette)
    return picture(image, caption, lossless=True, crisp=True)


def _definitions(evaluation: Evaluation) -> str:
    terms = [
        (full_label(name), text)
        for name, text in evaluation.definitions.items()
        if not name.startswith("hue_recall_")
    ]
    terms += [
        (f"{full_label(name)}: not measured", text)
        for name, text in evaluation.not_measured.items()
    ]
    entry = Markup("<dt>{}</dt><dd>{}</dd>")
    entries = Markup("").join(entry.format(*term) for term in terms)
    variants = (
        f"{TRUTH.capitalize()}: the photo itself. Ceiling: its colours rounded to the palette. "
        "Gray, mean UV and top bin: one colour for every pixel. Colours outside sRGB are drawn "
        "toward gray at their own luma before anything is shown or compared in RGB; bins and UV "
        "are measured as decoded."
    )
    return note(variants) + Markup('<dl class="terms">{}</dl>').format(entries)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
