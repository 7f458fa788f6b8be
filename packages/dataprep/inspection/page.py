"""HTML page of a shard set: counts, colours, licences, sample pictures."""

from collections.abc import Sequence

import numpy as np

from colorcore import Palette
from colorfiles.outside.words import web_link
from colorfiles.pages.charts import Bar, BarRow, bar_chart
from colorfiles.pages.frame import page_html
from colorfiles.pages.hues import color_code, color_names, plane
from colorfiles.pages.parts import (
    Cell,
    Judgement,
    Tile,
    figure,
    flow,
    html_table,
    link,
    note,
    picture,
    tiles,
)
from colorfiles.pages.photo_names import photo_name
from dataprep.inspection.contact_sheet import luma_and_colors
from dataprep.inspection.samples import NO_LICENSE, Inspection, spread_samples
from dataprep.shards.shard_set import ShardSet

SHOWN = {"train": 12, "val": 6, "test": 6}
_EDGE_PX = 256
_FEW_TO_JUDGE_BY = (
    50  # photos in val or test; with fewer, intervals are too wide to compare networks
)
_RARE = 0.001  # share of a bin's pixels below which a network hardly meets it
_POOR_CEILING = 0.9  # of truth's colourfulness: the palette itself washes out
_SPLIT_WORDS = {"train": "to learn from", "val": "to choose by", "test": "to report"}


def inspection_html(shards: ShardSet, inspection: Inspection, *, digest: str = "") -> str:
    """Return the page, with ``digest`` in it; the shown samples are read again.

    Raises:
        DataprepError: a sample can't be read.
    """
    name = inspection.name or shards.storage.at("").rstrip("/").rpartition("/")[2] or "a folder"
    photos = sum(facts.photos for facts in inspection.splits.values())
    samples = sum(facts.samples for facts in inspection.splits.values())
    sections = [
        ("At a glance", _glance(inspection, photos)),
        ("Samples", _samples(shards)),
        ("Splits", _splits(inspection)),
        ("Colours", _colors(inspection, shards.palette)),
        ("Licences", _licenses(inspection, photos)),
        ("How views are cut", _views(inspection)),
    ]
    facts = (
        f"{samples:,} samples of {photos:,} photos · {inspection.bytes / 1e6:,.1f} MB · "
        f"palette of {inspection.palette.n} bins ({inspection.palette.method}) · "
        "written by dataprep inspect"
    )
    return page_html(title=f"Shard set {name}", facts=facts, sections=sections, digest=digest)


def _glance(inspection: Inspection, photos: int) -> str:
    counts = np.array(inspection.bin_counts)
    shares = counts / max(int(counts.sum()), 1)
    rare = int((shares < _RARE).sum())
    boxes = [Tile(f"{photos:,}", "photos")]
    for split in ("val", "test"):
        there = inspection.splits[split].photos
        enough = there >= _FEW_TO_JUDGE_BY
        words = (
            "enough to judge by" if enough else f"fewer than {_FEW_TO_JUDGE_BY}: a hint, no more"
        )
        verdict = Judgement(words, "good" if enough else "bad")
        boxes.append(Tile(f"{there:,}", f"photos in {split}", verdict))
    boxes.append(
        Tile(
            f"{inspection.effective_bins:.1f}",
            f"equally frequent bins say as much as these {inspection.palette.n}",
            Judgement("every bin is met", "good")
            if not rare
            else Judgement(f"{rare} bins have under {100 * _RARE:g} % of the pixels", "bad"),
        )
    )
    return tiles(boxes + _ceiling_tiles(inspection) + [_license_tile(inspection, photos)])


def _ceiling_tiles(inspection: Inspection) -> list[Tile]:
    ceiling = inspection.ceiling
    if ceiling is None:
        return [Tile("–", "palette's ceiling", Judgement("no val or test crop to measure it on"))]
    boxes = [
        Tile(
            f"{ceiling.psnr_db:.1f} dB",
            "PSNR of the palette's ceiling",
            note=f"{ceiling.images} crops painted with the palette's colours",
        )
    ]
    if ceiling.colorfulness_ratio is not None:
        rich = ceiling.colorfulness_ratio >= _POOR_CEILING
        verdict = (
            Judgement("the palette can show these photos", "good")
            if rich
            else Judgement("the palette itself washes out: give it more bins", "bad")
        )
        ratio = f"{ceiling.colorfulness_ratio:.2f}"
        boxes.append(Tile(ratio, "colourfulness of the ceiling, ratio to truth", verdict))
    return boxes


def _license_tile(inspection: Inspection, photos: int) -> Tile:
    unknown = inspection.licenses.get(NO_LICENSE, 0)
    verdict = (
        Judgement("known for every photo", "good")
        if not unknown
        else Judgement(f"not stated for {unknown:,}: find out before you publish", "bad")
    )
    return Tile(f"{photos - unknown:,}", "photos with a licence", verdict)


def _splits(inspection: Inspection) -> str:
    rows: list[list[Cell]] = [
        [
            split,
            Judgement(_SPLIT_WORDS.get(split, "")),
            f"{facts.photos:,}",
            f"{facts.samples:,}",
            f"{facts.samples / facts.photos:.1f}" if facts.photos else "–",
            f"{facts.shards:,}",
            f"{facts.bytes / 1e6:,.1f}",
        ]
        for split, facts in inspection.splits.items()
    ]
    header = ["split", "what for", "photos", "samples", "views a photo", "shards", "MB"]
    return html_table(header, rows, strong=2, caption="splits")


def _colors(inspection: Inspection, palette: Palette) -> str:
    total = max(sum(inspection.bin_counts), 1)
    shares = [count / total for count in inspection.bin_counts]
    most = max(*shares, 1e-9)
    names, codes = color_names(palette), [color_code(uv) for uv in palette.centers]
    order = sorted(range(palette.n), key=lambda number: -shares[number])
    bars = [
        BarRow(
            names[number],
            (Bar(shares[number] / most, f"{100 * shares[number]:.2f} %", "", codes[number]),),
        )
        for number in order
    ]
    half = -(-len(bars) // 2)
    drawn = [
        figure(plane(palette, shares), "The bins in U (to the right) and V (up), area by share"),
        figure(bar_chart(bars[:half]), "Share of the pixels"),
        figure(bar_chart(bars[half:]), "The rarer half"),
    ]
    words = (
        "A network learns a bin by its pixels; the rebalancing weights of a fit make up for rare "
        f"ones. The palette's fingerprint begins with {inspection.palette.fingerprint[:12]}."
    )
    return flow(drawn) + note(words)


def _licenses(inspection: Inspection, photos: int) -> str:
    rows: list[list[Cell]] = [
        [
            link(web_link(inspection.license_urls.get(name, "")), name),
            f"{count:,}",
            f"{100 * count / max(photos, 1):.1f}",
        ]
        for name, count in inspection.licenses.items()
    ]
    return html_table(["licence", "photos", "%"], rows, strong=1, caption="licences")


def _views(inspection: Inspection) -> str:
    rows = [
        [_VIEW_WORDS.get(key, key), _value_text(value)] for key, value in inspection.views.items()
    ]
    return html_table(["setting", "value"], rows, caption="settings of the views")


_VIEW_WORDS = {
    "size": "edge in pixels",
    "views": "views of a training photo",
    "augment": "splits with more than the center view",
    "noise_sigma": "noise on the luma of every fourth random view",
    "luma": "luma stored as",
    "keep_rgb": "colour crops in train too",
    "small": "photos smaller than the edge",
    "seed": "seed",
}


def _value_text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _samples(shards: ShardSet) -> str:
    parts: Sequence[str] = [
        picture(
            luma_and_colors(item, shards.palette, edge_px=_EDGE_PX),
            f"{item.split}: {photo_name(item.key)}",
            alt=f"luma and colour from bins of {item.key}",
        )
        for split, count in SHOWN.items()
        for item in spread_samples(shards, split, count)
    ]
    words = "The input of a network, luma, beside its target: the colour of each bin."
    return note(words) + flow(parts, "pairs")
