"""The same six test photos as every ablation step colours them: one JPEG, small enough for docs."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from colorcore import rgb_to_yuv
from colorcore.measures import HUE_FAMILIES, hue_family_counts
from colorfiles.files import write_atomically
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions
from colorunet.parameters.checkpoint import load_run
from dataprep.photos.rows import Photo
from study_parts.work import Predicting
from trainer.data.shard_set import Sample, ShardSet
from trainer.report.contact_sheet import contact_sheet
from trainer.report.panels import Panels, panels

_TILE_PX = 128
_MOST_BYTES = 400_000
_QUALITIES = (90, 85, 80, 75, 70, 60, 50, 40, 30)


@dataclass(frozen=True)
class Shown:
    """A photo in the pictures: the hue family it stands for, and whose it is."""

    family: str
    share: float
    sample_key: str
    photo_key: str
    title: str
    owner: str
    license: str
    page_url: str


def write_pictures(
    shards: ShardSet,
    photos: Mapping[str, Photo],
    columns: Mapping[str, tuple[Path, Predicting]],
    path: Path,
) -> list[Shown]:
    """Write rows of test photos: truth, gray, then a column a run; return whose photos they are.

    Args:
        shards: whose split test the photos are chosen from.
        photos: by key, for their owners and licences.
        columns: by title a run and how it predicts.
        path: of the JPEG, at most 400 kB.
    """
    torch.set_num_threads(1)
    choice = choose(shards)
    samples = {sample.key: sample for _, _, sample in choice}
    pictures: dict[str, list[Image.Image]] = {key: [] for key in samples}
    for run, how in columns.values():
        trained = load_run(run)
        colorizer = Colorizer.of_run(
            trained, PredictionOptions(temperature=how.temperature, scales=how.scales)
        )
        for key, sample in samples.items():
            gray, truth, _, prediction = panels(colorizer, sample, edge_px=_TILE_PX).pictures
            pictures[key] = [truth, gray, *pictures[key][2:], prediction]
    sheet = contact_sheet(
        [Panels(key, tuple(row)) for key, row in pictures.items()],
        titles=("truth", "gray", *columns),
        captions=[f"{family}, {share:.0%}: {sample.key}" for family, share, sample in choice],
    )
    with write_atomically(path) as temporary:
        temporary.write_bytes(_jpeg(sheet))
    return [
        _caption(family, share, sample.key, photos[sample.key.rpartition("-v")[0]])
        for family, share, sample in choice
    ]


def choose(shards: ShardSet) -> list[tuple[str, float, Sample]]:
    """Return for each hue family the test sample with most of it, no sample twice.

    Most: the largest share of pixels of that hue with a true chroma above 0.05.
    """
    shares: dict[str, np.ndarray] = {}
    for sample in shards.samples("test"):
        if sample.rgb is not None:
            uv = rgb_to_yuv(sample.rgb.astype(np.float32) / 255)[..., 1:]
            shares[sample.key] = hue_family_counts(uv, uv)[1] / sample.luma.size
    remaining: dict[str, tuple[str, float]] = {}
    for number, family in enumerate(HUE_FAMILIES):
        left = [key for key in shares if key not in remaining]
        if left:
            best = max(left, key=lambda key: (shares[key][number], key))
            remaining[best] = (family, float(shares[best][number]))
    samples = {sample.key: sample for sample in shards.samples("test") if sample.key in remaining}
    return [(family, share, samples[key]) for key, (family, share) in remaining.items()]


def _jpeg(sheet: Image.Image) -> bytes:
    """Return the sheet at the best quality that is small enough."""
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        sheet.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= _MOST_BYTES:
            break
    return buffer.getvalue()


def _caption(family: str, share: float, sample_key: str, photo: Photo) -> Shown:
    return Shown(
        family=family,
        share=share,
        sample_key=sample_key,
        photo_key=photo.key,
        title=photo.title,
        owner=photo.owner_name,
        license=photo.license_name,
        page_url=photo.page_url,
    )
