"""The study's tables, as Markdown."""

import math
from collections.abc import Sequence

from study_parts.definition import ABLATION_STEP
from study_parts.pictures import Shown
from study_parts.results import (
    PROBE,
    Figures,
    StudyResults,
    value_of,
)
from study_parts.work import SETS
from trainer.evaluation.definitions import MEASURES, family_measure
from trainer.evaluation.evaluate import MEAN, MODE
from trainer.evaluation.summary import CEILING, GRAY, TRUTH

FAMILIES = {
    family_measure(family): family
    for family in ("red", "orange", "yellow-green", "green", "cyan-blue", "violet")
}
_COLORS = {
    "effective_colors": "effective colours",
    "effective_colors_ratio": "… of the ceiling",
    "distinct_colors": "distinct colours",
    "colorfulness_ratio": "colourfulness ratio",
    "colorfulness_ratio_p10": "… 10th pct",
    "chroma_spread_ratio": "chroma spread ratio",
    "hue_coverage_ratio": "hue coverage of truth's",
}
_RIGHT = {
    "auc": "AuC",
    "auc_balanced": "AuC balanced",
    "macro_recall": "macro recall",
    "ciede2000": "CIEDE2000",
    "psnr": "PSNR dB",
    PROBE: "position probe",
}
_HUES = {"hue_family_recall": "mean"} | FAMILIES
_SAME = ("effective_colors", "effective_colors_ratio", "distinct_colors")
_TITLES = {"photos": "test photos of the folder trained on", "eval": "photos of the other folder"}
_REFERENCES = {TRUTH: "truth", CEILING: "quantised truth", GRAY: "gray", MEAN: "mean UV"} | {
    MODE: "most frequent bin"
}


def study_text(results: StudyResults, shown: Sequence[Shown]) -> str:
    """Return the whole study.md."""
    lines = [*_opening(results), *_changes(results)]
    for of in SETS:
        lines += ["", f"## {_TITLES[of].capitalize()} ({results.judged[of]} photos)"]
        lines += ["", "Colours", "", *_table(results, of, _COLORS)]
        lines += ["", "Right ones", "", *_table(results, of, _RIGHT)]
        lines += ["", "Hue-family recall", "", *_table(results, of, _HUES)]
        lines += ["", *_in_same_bins(results, of)]
    lines += [
        "",
        *_over_seeds(results),
        *_pareto(results),
        *_curves(results),
        "",
        *_pictures(shown),
    ]
    return "\n".join(lines) + "\n"


def _opening(results: StudyResults) -> list[str]:
    budget, photos = results.budget, results.photos
    return [
        f"Recipe `{results.recipe}`, then one change at a time. Every fit sees {budget.samples:,} "
        f"crops of {budget.edge} px ('length' more) of {photos['train']:,} training photos, or as "
        f"many as the table says (validation {photos['val']}, test {photos['test']}; split by "
        "photo, seed 0), on one thread. The palette is learnt from the training photos.",
        "",
        "In brackets: 95 % bootstrap interval over photos, of seed 0. Bins are those of each "
        f"entry's own palette; balanced AuC and macro recall, which are means over bins, are "
        f"those of `{results.common_palette}` throughout.",
    ]


def _changes(results: StudyResults) -> list[str]:
    columns = ("what changes", "settings", "photos", "T", "parameters", "GFLOPs at 256 px", "steps")
    lines = ["", _row("entry", (*columns, "s")), "|---|---|---|" + "---:|" * 6]
    for entry in results.entries:
        settings = " ".join(f"`{key}={value}`" for key, value in entry.set_here.items())
        first = entry.seeds[0]
        lines.append(
            f"| {entry.name} | {entry.change} | {settings} | {entry.photos:,} "
            f"| {', '.join(f'{seed.temperature:g}' for seed in entry.seeds)} "
            f"| {entry.parameters:,} | {entry.gflops:.2f} | {first.steps:,} | {first.seconds:.0f} |"
        )
    return lines


def _table(results: StudyResults, of: str, columns: dict[str, str]) -> list[str]:
    lines = _header(["entry", *columns.values()])
    for entry in results.of_kind(ABLATION_STEP, "baseline"):
        figures = entry.seeds[0].comparable(of)
        lines.append(_row(entry.name, [_cell(figures, name) for name in columns]))
    for variant, reference in results.references[of].items():
        cells = [_cell(reference, name, interval=False) for name in columns]
        lines.append(_row(f"*{_REFERENCES.get(variant, variant)}*", cells))
    return lines


def _in_same_bins(results: StudyResults, of: str) -> list[str]:
    """Return the entries of other palettes beside the ends, all in the common palette's bins."""
    ablation = results.of_kind(ABLATION_STEP)
    beside = {entry.name for entry in (*ablation[:2], *ablation[-2:])}
    wanted = [
        entry
        for entry in results.of_kind(ABLATION_STEP, "baseline")
        if entry.palette != results.common_palette or entry.name in beside
    ]
    lines = [
        f"Colours in the bins of `{results.common_palette}`, whatever palette an entry has",
        "",
    ]
    lines += _header(["entry", *(_COLORS[name] for name in _SAME)])
    for entry in wanted:
        figures = entry.seeds[0].same_bins[of]
        lines.append(_row(entry.name, [_cell(figures, name) for name in _SAME]))
    return lines


def _over_seeds(results: StudyResults) -> list[str]:
    several = [entry for entry in results.entries if len(entry.seeds) > 1]
    if not several:
        return ["One seed: no spread over seeds."]
    names = _COLORS | _RIGHT | {"hue_family_recall": "hue-family recall"}
    columns = [f"{entry.name} ({len(entry.seeds)}), {of}" for entry in several for of in SETS]
    lines = [
        "Over several seeds, as many as the brackets say: mean ± standard deviation",
        "",
        *_header(["measure", *columns]),
    ]
    for name, label in names.items():
        cells = []
        for entry in several:
            for of in SETS:
                spread = entry.spread[of].get(name)
                digits = _digits(name)
                cells.append(
                    f"{spread['mean']:.{digits}f} ± {spread['std']:.{digits}f}" if spread else "–"
                )
        lines.append(_row(_full(name, label), cells))
    return lines


def _pareto(results: StudyResults) -> list[str]:
    points = results.of_kind("pareto")
    if not points:
        return []
    lines = ["", "Quality against cost", ""]
    names = ("auc_balanced", "effective_colors_ratio", "hue_family_recall")
    labels = ("AuC balanced", "effective colours of the ceiling", "hue-family recall")
    columns = [f"{label}, {of}" for of in SETS for label in labels]
    lines += _header(["network", "parameters", "GFLOPs at 256 px", "T", *columns])
    for entry in points:
        first = entry.seeds[0]
        cells = [f"{entry.parameters:,}", f"{entry.gflops:.2f}", f"{first.temperature:g}"]
        cells += [_cell(first.comparable(of), name) for of in SETS for name in names]
        lines.append(_row(entry.name, cells))
    return lines


def _curves(results: StudyResults) -> list[str]:
    points = results.of_kind("curve")
    if not points:
        return []
    lines = ["", "Quality against data", ""]
    names = {"hue_family_recall": "hue-family recall"} | {
        name: _RIGHT[name] for name in ("auc_balanced", "ciede2000", "psnr")
    }
    columns = [f"{label}, {of}" for of in SETS for label in names.values()]
    lines += _header(["entry", "training photos", "crops seen", "T", *columns])
    for entry in points:
        first = entry.seeds[0]
        cells = [f"{entry.photos:,}", f"{entry.crops:,}", f"{first.temperature:g}"]
        cells += [_cell(first.comparable(of), name) for of in SETS for name in names]
        lines.append(_row(entry.name, cells))
    return lines


def _pictures(shown: Sequence[Shown]) -> list[str]:
    lines = [
        "pictures.jpg: for each of the six hue families the test photo with the largest share of "
        "pixels of that hue and true chroma > 0.05, no photo twice; seed 0.",
        "",
    ]
    for row in shown:
        about = ", ".join(
            part for part in (row.title, row.owner, row.license, row.page_url) if part
        )
        lines.append(f"- {row.family} ({row.share:.0%}): `{row.photo_key}`: {about}")
    return lines


def _header(columns: Sequence[str]) -> list[str]:
    return [_row(columns[0], columns[1:]), "|---|" + "---:|" * (len(columns) - 1)]


def _row(first: str, cells: Sequence[str]) -> str:
    return f"| {first} | " + " | ".join(cells) + " |"


def _cell(figures: Figures, name: str, *, interval: bool = True) -> str:
    value, digits = value_of(figures, name), _digits(name)
    if not math.isfinite(value):
        return "–"
    low, high = (figures[name].get(end) for end in ("low", "high"))
    text = f"{value:.{digits}f}"
    if interval and low is not None and high is not None:
        text += f" ({low:.{digits}f} to {high:.{digits}f})"
    return text


def _digits(name: str) -> int:
    return MEASURES[name].digits if name in MEASURES else 2


def _full(name: str, label: str) -> str:
    """Return a label that stands without the row above it."""
    return {
        "effective_colors_ratio": "effective colours of the ceiling",
        "colorfulness_ratio_p10": "colourfulness ratio, 10th pct",
    }.get(name, label)
