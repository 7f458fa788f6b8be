"""Pictures of the model card: good, ordinary and bad ones of photos not trained on."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from colorfiles.files import write_atomically
from colorunet.coloring.colorizer import Colorizer
from ship_parts.licenses import PhotoRow
from trainer.data.shard_set import ShardSet
from trainer.report.contact_sheet import contact_sheet
from trainer.report.panels import Panels, panels_of

EDGE_PX = 144
MOST_BYTES = 500_000
# Places among all test photos, ordered by error, the lowest first.
GOOD = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
ORDINARY = (0.45, 0.48, 0.51, 0.54, 0.57, 0.6, 0.63, 0.66)
RULE = (
    "by their place among all test photos in order of mean CIEDE2000: good 5 to 40 % in "
    "steps of 5, ordinary 45 to 66 % in steps of 3, worst the last eight"
)
_TITLES = ("gray input", "truth", "colourised")
_QUALITIES = (88, 80, 72, 64, 56, 48, 40)
_CAPTION = 74


@dataclass(frozen=True)
class Picture:
    """A chosen picture, the reason, and its error."""

    group: str
    key: str
    ciede2000: float


def choose_pictures(images: Sequence[Mapping[str, Any]]) -> list[Picture]:
    """Pick samples by ``RULE`` from the images of an evaluation, no photo twice."""
    errors = {image["key"]: float(image["measures"]["ciede2000"]) for image in images}
    ordered = sorted(errors, key=lambda key: (errors[key], key))
    worst = ordered[-8:]
    places = {"good": GOOD, "ordinary": ORDINARY}
    picks = [(group, ordered[int(at * len(ordered))]) for group in places for at in places[group]]
    picks += [("worst", key) for key in worst]
    unique = {key: group for group, key in reversed(picks)}
    return [Picture(unique[key], key, errors[key]) for key in dict.fromkeys(k for _, k in picks)]


def photo_key(sample_key: str) -> str:
    """Return the photo of a sample; ``{photo key}-v{view}`` names one."""
    return sample_key.rpartition("-v")[0]


def credit(row: PhotoRow) -> str:
    """Return a photo's author, licence and title."""
    title = (row.title or row.key).rpartition("/")[2]
    return f"{row.owner or 'owner not named'}, {row.license}, {title}"


def write_pictures(
    path: Path,
    colorizer: Colorizer,
    shards: ShardSet,
    pictures: Sequence[Picture],
    rows: Mapping[str, PhotoRow],
) -> None:
    """Write a JPEG of at most 500 kB: a column of photos for each group, side by side."""
    keys = [one.key for one in pictures]
    panels_by_key = {
        panels.key: Panels(panels.key, (*panels.pictures[:2], panels.pictures[3]))
        for panels in panels_of(colorizer, shards, "test", keys, edge_px=EDGE_PX)
    }
    sheets = []
    for group in dict.fromkeys(one.group for one in pictures):
        members = [one for one in pictures if one.group == group]
        captions = [
            _cut(f"{group}, error {one.ciede2000:.1f}: {credit(rows[photo_key(one.key)])}")
            for one in members
        ]
        panels = [panels_by_key[one.key] for one in members]
        sheets.append(contact_sheet(panels, titles=_TITLES, captions=captions))
    height = max(sheet.height for sheet in sheets)
    whole = Image.new("RGB", (sum(sheet.width for sheet in sheets), height), (255, 255, 255))
    left = 0
    for sheet in sheets:
        whole.paste(sheet, (left, 0))
        left += sheet.width
    with write_atomically(path) as temporary:
        temporary.write_bytes(_jpeg(whole))


def _jpeg(image: Image.Image) -> bytes:
    data = b""
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        data = buffer.getvalue()
        if len(data) <= MOST_BYTES:
            break
    return data


def _cut(words: str) -> str:
    return words if len(words) <= _CAPTION else words[: _CAPTION - 1] + "…"
