"""Opt-outs are found in manifests that c2pa's own library signs."""

import json
from pathlib import Path

import pytest
from PIL import Image

from dataprep.photos.reservations import reservation

c2pa = pytest.importorskip("c2pa")

from certificates import write_chain  # noqa: E402 - cryptography comes with c2pa

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_what_c2pa_signs_is_read(suffix: str, demo_photos: Path, tmp_path: Path) -> None:
    photo = Image.open(demo_photos / "skimage" / "coffee.png").convert("RGB").reduce(2)
    chain, key = (path.read_bytes() for path in write_chain(tmp_path))
    entries = {"cawg.ai_inference": "allowed", "cawg.ai_generative_training": "notAllowed"}
    data = {"entries": {name: {"use": use} for name, use in entries.items()}}
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE}]}
    labelled = {"c2pa.actions.v2": actions, "cawg.training-mining": data}
    assertions = [{"label": label, "data": content} for label, content in labelled.items()]
    photo.save(tmp_path / f"a{suffix}")
    signed = tmp_path / f"signed{suffix}"
    with (
        c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None)) as signer,
        c2pa.Builder(json.dumps({"assertions": assertions})) as builder,
    ):
        builder.sign_file(str(tmp_path / f"a{suffix}"), str(signed), signer)
    assert reservation(signed.read_bytes()) == ("opted out: C2PA ai_generative_training notAllowed")
