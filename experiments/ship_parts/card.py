"""The model card, with figures measured or counted by the stages."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ship_parts.card_content import Card
from ship_parts.card_figures import bars_part, failures_part, measures_part, people_part
from ship_parts.decoding import KEPT, RULE
from ship_parts.pictures import RULE as PICTURE_RULE
from ship_parts.pictures import credit, photo_key
from trainer.evaluation.measure_labels import full_label
from trainer.evaluation.text import averaging_text, decoding_text

PICTURES = "pictures.jpg"
_SOURCES = 12
_CURVE_ROWS = 10


def card_text(card: Card) -> str:
    """Return the model card as Markdown."""
    parts = [_head, _origin, _photos, _training, _decoding, bars_part, people_part, measures_part]
    parts += [_pictures, failures_part, _use]
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
            *([f"It started from: {'; then '.join(card.earlier)}."] if card.earlier else []),
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
        f"{decoding_text(choice.decoding).replace('T = ', 'Temperature ', 1)}"
        f"{averaging_text(choice.averaging)} (the temperature is that of the annealed mean). "
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
            "- Old photographs differ from the gray that was made from colour here; the column of",
            "  old prints imitates them.",
            "",
        ]
    )
