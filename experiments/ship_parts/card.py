"""The model card, every figure in it measured or counted by the stages before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from colorunet.parameters.published import PublishedFile
from ship_parts.criteria import BASELINES, Verdict, family_rows, figure_text
from ship_parts.decoding import KEPT, RULE, DecodingChoice
from ship_parts.licenses import PhotoRow, ResearchSet
from ship_parts.people import LEAST_SKIN, MOST_GRAY, SkinFigures
from ship_parts.pictures import RULE as PICTURE_RULE
from ship_parts.pictures import Picture, credit, photo_key
from trainer.evaluation.measures import MEASURES, full_label
from trainer.evaluation.text import averaging_text, decoding_text

PICTURES = "pictures.jpg"
_SOURCES = 12
_CURVE_ROWS = 10


@dataclass(frozen=True)
class SetFigures:
    """One set's figures: what the set is, its evaluation and the criteria held against it."""

    about: str
    evaluation: Mapping[str, Any]
    verdicts: Sequence[Verdict]


@dataclass(frozen=True)
class Card:
    """What the card tells.

    Args:
        name: of the network.
        encoder: whose parameters its training started from; None where they were random.
        meta: ``best.json``.
        file_bytes: of the parameters.
        recipe: its settings as TOML, and ``fit``, the command line that they stand for.
        command: the line that made this folder.
        trained_on: the machine, in words.
        rows: ``photos.csv``.
        research: data sets that were learnt from beside those photos, with photos by split.
        decoding: what was chosen, with its figures on the photos that it was chosen on.
        sets: by name, the figures of the photos never seen.
        people: of skin on photos of people, by place; none where they weren't measured.
        pictures: of photos never trained on.
    """

    name: str
    encoder: PublishedFile | None
    meta: Mapping[str, Any]
    file_bytes: int
    recipe: str
    fit: str
    command: str
    trained_on: str
    rows: Sequence[PhotoRow]
    research: Sequence[tuple[ResearchSet, Counter[str]]]
    decoding: DecodingChoice
    sets: Mapping[str, SetFigures]
    people: Mapping[str, SkinFigures]
    pictures: Sequence[Picture]


def card_text(card: Card) -> str:
    """Return the model card as Markdown."""
    parts = [_head, _origin, _photos, _training, _decoding, _criteria, _people, _measures]
    parts += [_pictures, _failures, _use]
    return "\n".join(part(card) for part in parts)


def _head(card: Card) -> str:
    network, bins = card.meta["recipe"]["network"], len(card.meta["palette"]["prior"])
    return "\n".join(
        [
            f"# {card.name}",
            "",
            f"Colours for grayscale photographs: a network ({_architecture(network)}) that gives",
            f"every pixel a distribution over {bins} colour bins. "
            f"{card.meta['parameters']:,} parameters in float16,",
            f"{card.file_bytes / 1e6:.1f} MB; they load to float32.",
            "`colorunet photo.jpg` uses it. Licence of the parameters: the",
            "package's, Apache-2.0; each photo keeps its own, in [photos.csv](photos.csv).",
            "",
        ]
    )


def _architecture(network: Mapping[str, Any]) -> str:
    if network["architecture"] == "encoder-unet":
        return f"encoder-unet on {network['encoder']}"
    return f"{network['architecture']}, width {network['width']}, depth {network['depth']}"


def _origin(card: Card) -> str:
    if card.encoder is None:
        return "Nothing was pretrained: the parameters started random.\n"
    e = card.encoder
    return "\n".join(
        [
            "## Where the encoder comes from",
            f"Its parameters started from {e.source} (`{e.distribution}`, {e.license},",
            f"sha256 `{e.sha256}`), learnt from {e.learnt_from}: photos that aren't listed below,",
            "whose licences its publishers answer for. The decoder started random, and all of it",
            "was trained on the photos below.",
            "",
        ]
    )


def _photos(card: Card) -> str:
    splits = Counter(row.split for row in card.rows)
    lines = [
        "## Photos and licences",
        f"Trained on {splits['train']:,} photos{_and_sets(card)}; {splits['val']:,} more (val)",
        f"helped to choose the decoding, and {splits['test']:,} (test) were kept for measuring.",
        f"The palette was learnt from {_palette_photos(card)}. [photos.csv](photos.csv) lists",
        "those that aren't of a data set: licence, owner where known, source page, title, sha256.",
        "Licences are what the sources declare.",
        "",
        "| licence | trained on | val | test |",
        "|---|---:|---:|---:|",
    ]
    for license_class, _ in Counter(row.license_class for row in card.rows).most_common():
        of_class = Counter(row.split for row in card.rows if row.license_class == license_class)
        counts = " | ".join(f"{of_class[split]:,}" for split in ("train", "val", "test"))
        lines.append(f"| {license_class} | {counts} |")
    trained = [row for row in card.rows if row.split == "train"]
    owners = Counter((row.owner or "not named", row.source_page) for row in trained)
    lines += ["", "Where the training photos come from:", ""]
    lines += [
        f"- {owner}{f', {page}' if page else ''}: {count:,}"
        for (owner, page), count in owners.most_common(_SOURCES)
    ]
    rest = sum(count for _, count in owners.most_common()[_SOURCES:])
    lines += [f"- {len(owners) - _SOURCES} others: {rest:,}"] if rest else []
    subjects = Counter(row.subject or "none" for row in trained).most_common(_SOURCES)
    names = ", ".join(f"{subject} {count:,}" for subject, count in subjects)
    lines += ["", f"Subjects, as the folder's classes name them: {names}.", ""]
    return "\n".join([*lines, *_research(card)])


def _and_sets(card: Card) -> str:
    trained = sum(count["train"] for _, count in card.research)
    return f" and on {trained:,} of the data sets below" if trained else ""


def _research(card: Card) -> list[str]:
    """Return what stands of the data sets: none of their photos is listed, shown or published."""
    if not card.research:
        return []
    lines = [
        "Data sets, most of them published for research: colourisers are commonly trained on such",
        "sets, and whether their terms reach what is learnt from them isn't settled. Who must be",
        "free of that question takes the network that is learnt from listed photos alone. No photo",
        "of theirs is published here.",
        "",
        "| data set | shows | trained on | source | terms |",
        "|---|---|---:|---|---|",
    ]
    for one, count in card.research:
        lines.append(
            f"| {one.name} | {one.shows} | {count['train']:,} | {one.source} | {one.terms} |"
        )
    return [*lines, ""]


def _palette_photos(card: Card) -> str:
    count = int(card.meta["palette"]["photos"])
    trained = sum(row.split == "train" for row in card.rows)
    trained += sum(count["train"] for _, count in card.research)
    names = {trained: "the training photos alone", len(card.rows): "all of them"}
    return names.get(count, f"{count:,} photos")


def _training(card: Card) -> str:
    hours, metrics = card.meta["elapsed_s"] / 3600, card.meta["metrics"]
    measured = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
    return "\n".join(
        [
            "## Recipe and command",
            "```",
            card.command,
            "```",
            "The fit in it:",
            "```",
            card.fit,
            "```",
            f"{card.meta['step']:,} steps in {hours:.2f} hours, on {card.trained_on}. At its end,",
            f"on val and at the network's own resolution: {measured or 'nothing measured'}.",
            "",
            "```toml",
            card.recipe.strip(),
            "```",
            "",
        ]
    )


def _decoding(card: Card) -> str:
    choice = card.decoding
    lines = [
        "## Decoding",
        f"Logits become colours at {decoding_text(choice.decoding)}"
        f"{averaging_text(choice.averaging)} (T is the temperature of the annealed mean). "
        + (KEPT if choice.is_own else RULE)
        + " On the photos that it was chosen on, which the figures further down don't contain:",
        "",
        "| measure | asked | "
        + " | ".join(f"{name}, val ({count})" for name, count in choice.photos.items())
        + " |",
        "|---|---|" + "---:|" * len(choice.photos),
    ]
    by_measure: dict[str, dict[str, Mapping[str, Any]]] = {}
    for name, bars in choice.bars.items():
        for bar in bars:
            by_measure.setdefault(bar["criterion"]["measure"], {})[name] = bar
    for measure, by_set in by_measure.items():
        ranges = "; ".join(dict.fromkeys(_range_text(bar) for bar in by_set.values()))
        cells = " | ".join(_number(by_set.get(name)) for name in choice.bars)
        lines.append(f"| {full_label(measure)} | {ranges} | {cells} |")
    if choice.curve:
        lines += [
            "",
            "Right against vivid: of the decodings tried, those that none beats in both (means",
            "over the sets that it was chosen on).",
            "",
            "| colourfulness | CIEDE2000 | temperature | caution | saturation |",
            "|---:|---:|---:|---:|---:|",
        ]
        step = max(1, len(choice.curve) // _CURVE_ROWS)
        for point in choice.curve[::step]:
            dials = point["decoding"]
            lines.append(
                f"| {point['colorfulness_ratio']:.2f} | {point['ciede2000']:.2f} "
                f"| {dials['temperature']:g} | {dials['caution']:g} | {dials['saturation']:g} |"
            )
    return "\n".join([*lines, ""])


def _number(bar: Mapping[str, Any] | None) -> str:
    return "–" if bar is None or bar["value"] is None else f"{bar['value']:.2f}"


def _range_text(bar: Mapping[str, Any]) -> str:
    low, high = bar["criterion"]["low"], bar["criterion"]["high"]
    if high is None:
        return f"≥ {low:.2f}"
    return f"≤ {high:.2f}" if low is None else f"{low:.2f} to {high:.2f}"


def _criteria(card: Card) -> str:
    names = list(card.sets)
    lines = ["## Bars", "Figures with 95 % intervals (bootstrap over images).", ""]
    lines += [f"- **{name}**: {figures.about}" for name, figures in card.sets.items()]
    lines += ["", "| bar | " + " | ".join(f"{name} | met" for name in names) + " |"]
    lines.append("|---|" + "---|---|" * len(names))
    for row in zip(*(figures.verdicts for figures in card.sets.values()), strict=True):
        cells = " | ".join(f"{v.measured} | {'yes' if v.met else '**no**'}" for v in row)
        lines.append(f"| {row[0].bar} | {cells} |")
    met = [sum(v.met for v in figures.verdicts) for figures in card.sets.values()]
    counts = ", ".join(
        f"{n} of {len(figures.verdicts)} on {name}"
        for n, (name, figures) in zip(met, card.sets.items(), strict=True)
    )
    return "\n".join([*lines, "", f"Met: {counts}.", ""])


def _people(card: Card) -> str:
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


def _measures(card: Card) -> str:
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


def _pictures(card: Card) -> str:
    by_key = {row.key: row for row in card.rows}
    lines = [
        "## Pictures",
        f"![gray input, truth and colourised, good, ordinary and worst]({PICTURES})",
        "",
        f"Photos of the test split, never trained on; chosen {PICTURE_RULE}. Left to right: gray "
        "input, truth, colourised. Each stays under its photo's licence:",
        "",
    ]
    for one in card.pictures:
        row = by_key[photo_key(one.key)]
        page = f" ({row.source_page})" if row.source_page else ""
        lines.append(f"- {one.group}, CIEDE2000 {one.ciede2000:.1f}: {credit(row)}{page}")
    return "\n".join([*lines, ""])


def _failures(card: Card) -> str:
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


def _use(card: Card) -> str:
    splits = Counter(row.split for row in card.rows)
    return "\n".join(
        [
            "## Intended use",
            "Plausible colours for grayscale photographs: family pictures, archives, teaching, and",
            "a start for training on other photos. A photo's luma is kept; only colour is added.",
            "",
            "## Limits",
            "- Colours are guesses. What a thing looked like can't be read from gray: don't take",
            "  them as evidence, and say that a picture was colourised where it is shown.",
            f"- {splits['train'] + sum(count['train'] for _, count in card.research):,} photos "
            "teach what they show, in the proportions above; whatever is rare among them may come",
            "  out worse.",
            "- The network sees a photo at a shorter edge of 256 px; colour detail finer than that",
            "  is not in its output.",
            "- Old photographs (orthochromatic film, fading, scratches) differ from the gray that",
            "  was made from colour here, and weren't measured.",
            "",
        ]
    )


def _of_images(evaluation: Mapping[str, Any], measure: str) -> list[float]:
    values = (image["measures"][measure] for image in evaluation["images"])
    return [float(value) for value in values if value is not None]
