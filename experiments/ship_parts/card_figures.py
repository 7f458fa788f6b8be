"""Figures of a model card: criteria, people, all measures, failures."""

from collections.abc import Mapping
from typing import Any

from ship_parts.card_content import Card
from ship_parts.criteria import BASELINES, family_rows, figure_text
from ship_parts.people import LEAST_SKIN, MOST_GRAY
from trainer.evaluation.measures import MEASURES


def bars_part(card: Card) -> str:
    """Return the criteria that are met, by set."""
    names = list(card.sets)
    lines = ["## Bars", "Figures with 95 % intervals (bootstrap over images).", ""]
    lines += [f"- **{name}**: {figures.about}" for name, figures in card.sets.items()]
    lines += ["", "| bar | " + " | ".join(f"{name} | met" for name in names) + " |"]
    lines.append("|---|" + "---|---|" * len(names))
    for row in zip(*(figures.verdicts for figures in card.sets.values()), strict=True):
        cells = " | ".join(f"{v.measured} | {'yes' if v.met else '**no**'}" for v in row)
        bars = "; ".join(dict.fromkeys(v.bar for v in row))  # they differ between sets
        lines.append(f"| {bars} | {cells} |")
    met = [sum(v.met for v in figures.verdicts) for figures in card.sets.values()]
    counts = ", ".join(
        f"{n} of {len(figures.verdicts)} on {name}"
        for n, (name, figures) in zip(met, card.sets.items(), strict=True)
    )
    return "\n".join([*lines, "", f"Met: {counts}.", ""])


def people_part(card: Card) -> str:
    """Return the colours of skin, if they were measured."""
    if not card.people:
        return ""
    lines = [
        "## People",
        "Photos of people that were never trained on, chosen by eye (`tests/material/people.csv`).",
        "Of the pixels of skin's colours, the share given a hue of skin, and the share given gray:",
        "",
        f"| place | photos | skin ≥ {LEAST_SKIN:.0%} | gray ≤ {MOST_GRAY:.0%} | met |",
        "|---|---:|---:|---:|---|",
    ]
    for place, one in card.people.items():
        met = "yes" if one.is_met else "**no**"
        lines.append(f"| {place} | {one.photos} | {one.skin:.0%} | {one.gray:.0%} | {met} |")
    return "\n".join([*lines, ""])


def measures_part(card: Card) -> str:
    """Return every measure on every set, beside the baselines."""
    lines = ["## All measures"]
    for name, figures in card.sets.items():
        variants = figures.evaluation["variants"]
        lines += [
            f"### {name}",
            "| measure | prediction | quantised truth | "
            + " | ".join(BASELINES.values())
            + " |\n|---|---:|---:|"
            + "---:|" * len(BASELINES),
        ]
        for measure, measure_text in MEASURES.items():
            if measure not in variants["prediction"]:  # evaluated before the measure was there
                continue
            cells = [figure_text(variants["prediction"][measure], measure_text.digits)]
            for other in ("quantized_truth", *BASELINES):
                value = variants[other][measure]["value"]
                cells.append("–" if value is None else f"{value:.{measure_text.digits}f}")
            lines.append(f"| {measure_text.label} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def failures_part(card: Card) -> str:
    """Return the missed criteria of each set."""
    lines = ["## Failures"]
    for name, figures in card.sets.items():
        missed = [f"{v.bar} (measured {v.measured})" for v in figures.verdicts if not v.met]
        lines.append(f"On {name}:")
        lines += [f"- bar missed: {words}" for words in missed] or ["- no bar is missed"]
        ratios = _of_images(figures.evaluation, "colorfulness_ratio")
        if ratios:
            dull = sum(ratio < 0.5 for ratio in ratios) / len(ratios)
            loud = sum(ratio > 1.5 for ratio in ratios) / len(ratios)
            lines.append(
                f"- {dull:.0%} of the images have less than half of the truth's colourfulness, "
                f"{loud:.0%} more than 1.5 times it"
            )
        rows = sorted(family_rows(figures.evaluation), key=lambda row: row[2])
        families = "; ".join(
            f"{family} {recall} at {share:.0%} of truth" for family, share, recall in rows
        )
        lines += [f"- hue-family recall from the weakest on: {families}", ""]
    lines.append("The worst pictures above show what failing looks like.")
    return "\n".join([*lines, ""])


def _of_images(evaluation: Mapping[str, Any], measure: str) -> list[float]:
    values = (image["measures"][measure] for image in evaluation["images"])
    return [float(value) for value in values if value is not None]
