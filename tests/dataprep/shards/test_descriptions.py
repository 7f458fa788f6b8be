"""A shard set describes itself: Croissant that its reference reader takes, and a card."""

import io
import json
from pathlib import Path

import mlcroissant
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from colorcore import Palette
from colorfiles.engines.local import LocalEngine
from colorfiles.storage import Storage
from dataprep.photos.folder import PhotoFolder
from dataprep.shards.card import card
from dataprep.shards.views import ViewSettings
from dataprep.shards.writing import ShardSettings, write_shards


@pytest.mark.filterwarnings("ignore")  # of mlcroissant and rdflib
def test_croissant_is_valid_and_its_records_are_the_samples(sound_set: Path) -> None:
    dataset = mlcroissant.Dataset(sound_set / "croissant.json")
    assert dataset.metadata.issues.errors == set()
    assert dataset.metadata.conforms_to == ["http://mlcommons.org/croissant/1.1"]
    records = {r["views/key"].decode(): r["views/luma"] for r in dataset.records("views")}
    rows = [row for path in sound_set.glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    assert sorted(records) == sorted(row["sample_key"] for row in rows)
    image = next(iter(records.values()))
    pixels = image if isinstance(image, Image.Image) else Image.open(io.BytesIO(image))
    assert np.asarray(pixels).shape == (64, 64)


def test_croissant_lists_every_shard_and_table_with_the_digest_of_the_index(
    sound_set: Path,
) -> None:
    index = json.loads((sound_set / "index.json").read_text())
    described = json.loads((sound_set / "croissant.json").read_text())
    files = {f["@id"]: f["sha256"] for f in described["distribution"] if "sha256" in f}
    tars = {entry["file"]: entry["sha256"] for entry in index["shardlist"]}
    tables = {name: h for name, h in index["files"].items() if name.endswith(".parquet")}
    assert files == tars | tables


def test_the_card_has_licences_as_spdx_beside_their_own_words(
    photo_folder: Path, small_palette: Palette, tmp_path: Path
) -> None:
    photos = PhotoFolder(photo_folder).kept()[:6]
    licensed = [
        type(photo)(**vars(photo) | {"license_name": "CC BY 2.0 | <b>"}) for photo in photos
    ]
    text = card(licensed, {s: dict.fromkeys(("photos", "samples", "shards"), 1) for s in
                           ("train", "val", "test")}, {"size": 64})  # fmt: skip
    assert "| LicenseRef-cc-by-2-0-b | CC BY 2.0 \\| \\<b\\> | 6 |" in text
    given = {"license_name": "CC BY 2.0", "owner_id": "", "owner_name": "A. Example"}
    named = [type(photo)(**vars(photo) | given) for photo in photos]
    write_shards(
        named,
        Storage(str(photo_folder)),
        Storage(str(tmp_path)),
        palette=small_palette,
        settings=ShardSettings(ViewSettings(size=32)),
        engine=LocalEngine(1),
    )
    assert "| CC-BY-2.0 | CC BY 2.0 | 6 |" in (tmp_path / "README.md").read_text()
    assert "; 1 owner is named." in (tmp_path / "README.md").read_text()
    licenses = json.loads((tmp_path / "croissant.json").read_text())["license"]
    assert licenses == ["https://spdx.org/licenses/CC-BY-2.0.html"]
