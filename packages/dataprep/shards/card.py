"""The data-set card of a shard set: a README for people and data-set hubs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from colorfiles.shard_index import SPLITS
from dataprep.photos.rows import Photo
from dataprep.photos.spdx import spdx_id

CARD = "README.md"
CARD_MARK = "<!-- data-set card by dataprep shard -->"  # by which a later run knows it as its own
_LONGEST = 80  # characters of a licence's own words in the table


def license_counts(photos: Sequence[Photo]) -> dict[str, int]:
    """Return the number of photos by the SPDX identifier of their licence, most first."""
    counts = Counter(spdx_id(photo.license_name, photo.license_url) for photo in photos)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def card(
    photos: Sequence[Photo], splits: Mapping[str, Mapping[str, int]], views: Mapping[str, Any]
) -> str:
    """Return the card as Markdown.

    Args:
        photos: those in the set.
        splits: photos, samples and shards of each.
        views: the settings that the views were cut with.
    """
    named = ((photo.source, photo.owner_id or photo.owner_name) for photo in photos)
    owners = len({owner for owner in named if owner[1]})
    sources = Counter(photo.source for photo in photos)
    return "\n".join(
        [
            "---",
            "task_categories: [image-to-image]",
            "tags: [colorization, webdataset, croissant]",
            "---",
            CARD_MARK,
            "# A colorunet shard set",
            "",
            f"Views of {len(photos)} photographs, {views['size']} x {views['size']} pixels: luma,",
            "and for every pixel the id of its colour bin. `index.json` holds the palette of the",
            "bins, the settings of the views and the sha256 of every file; `croissant.json`",
            "describes the files for data-set loaders.",
            "",
            "| split | photos | samples | shards |",
            "|---|---|---|---|",
            *(
                f"| {split} | {splits[split]['photos']} | {splits[split]['samples']} "
                f"| {splits[split]['shards']} |"
                for split in SPLITS
            ),
            "",
            "## Where the photos come from",
            ", ".join(f"{count} from {source}" for source, count in sorted(sources.items()))
            + f"; {owners} owner{'s are' if owners != 1 else ' is'} named.",
            "The parquet beside each shard has owner, title, licence and page of every photo.",
            "Photos whose metadata or server reserve data mining or AI training were left out when",
            "they were imported or fetched.",
            "",
            "## Licences of the photos",
            "| SPDX | in its own words | photos |",
            "|---|---|---|",
            *_license_rows(photos),
            "",
            "The licence of each photo holds for its views too. `NOASSERTION`: none was stated.",
            "",
            "## Limits",
            "Photos that are gray or toned, or near-duplicates of others, were left out on import.",
            "Near-duplicates that were kept share a split; `dataprep verify` checks it.",
            "The content of the photos, and the people they show, weren't reviewed.",
            "",
        ]
    )


def _license_rows(photos: Sequence[Photo]) -> list[str]:
    counts = Counter(
        (spdx_id(photo.license_name, photo.license_url), photo.license_name) for photo in photos
    )
    return [
        f"| {identifier} | {_cell(words) or 'none'} | {count} |"
        for (identifier, words), count in sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    ]


def _cell(text: str) -> str:
    """Escape text for a table cell, without Markdown or HTML."""
    plain = " ".join(text.split())[:_LONGEST]
    return "".join(f"\\{letter}" if letter in "|<>[]()`*_\\!#&" else letter for letter in plain)
