"""Signed photos are read back by c2pa's own reader, and a changed pixel is found."""

import json
from pathlib import Path

import c2pa
import numpy as np
import pytest
from certificates import write_chain
from PIL import Image

from colorfiles.photos import can_decode
from colorunet.errors import ColorunetError
from colorunet.evidence.signing import RECORD_LABEL, SigningFiles, require_signing, sign_photo
from colorunet.evidence.verification import verify
from colorunet.evidence.vocabulary import DIGITAL_SOURCE_TYPE

from .conftest import MARK, write_colored


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SigningFiles:
    """A certificate chain of a signer and its authority, and the signer's key."""
    return SigningFiles(*write_chain(tmp_path_factory.mktemp("keys")))


SIGNED = ["a.jpg", "a.png", "a.tif", "a.webp", "a.gif"]
SIGNED += [name for name, kind in (("a.avif", "AVIF"), ("a.heic", "HEIF")) if can_decode(kind)]


@pytest.fixture(params=SIGNED)
def signed(
    request: pytest.FixtureRequest, tmp_path: Path, gray: np.ndarray, files: SigningFiles
) -> Path:
    original = tmp_path / "original.png"
    Image.fromarray(gray).save(original)
    path = write_colored(tmp_path / request.param, gray)
    sign_photo(original, path, files, MARK, {"settings": {"seed": 3}})
    return path


def test_the_manifest_names_original_actions_and_record(signed: Path) -> None:
    with c2pa.Reader(signed) as reader:
        store = json.loads(reader.json())
        assert reader.get_validation_state() == "Valid"
    manifest = store["manifests"][store["active_manifest"]]
    (ingredient,) = manifest["ingredients"]
    assert ingredient["relationship"] == "parentOf"
    assert ingredient["title"] == "original.png"
    assertions = {entry["label"]: entry["data"] for entry in manifest["assertions"]}
    opened, edited = assertions["c2pa.actions.v2"]["actions"]
    assert opened["action"] == "c2pa.opened"
    assert opened["parameters"]["ingredients"]
    assert edited["action"] == "c2pa.color_adjustments"
    assert edited["digitalSourceType"] == DIGITAL_SOURCE_TYPE
    assert edited["softwareAgent"]["name"] == "ColorUnet"
    assert assertions[RECORD_LABEL]["settings"] == {"seed": 3}


def test_a_signature_holds_until_a_pixel_changes(signed: Path) -> None:
    verdict = verify(signed, signed.with_name("original.png"))
    assert verdict.signature == "valid", verdict.findings
    assert verdict.holds, verdict.findings
    data = bytearray(signed.read_bytes())
    starts = {".png": b"IDAT", ".webp": b"VP8 ", ".tif": b"II*\0", ".jpg": b"\xff\xda"}
    starts |= {".avif": b"mdat", ".heic": b"mdat", ".gif": b"\x2c\0\0\0\0"}
    data[data.rindex(starts[signed.suffix]) + 400] ^= 1
    signed.write_bytes(data)
    changed = verify(signed)
    assert changed.signature == "invalid", changed.findings
    assert not changed.holds


def test_keys_that_do_not_sign_are_refused_in_words(tmp_path: Path, files: SigningFiles) -> None:
    (tmp_path / "no.pem").write_text("no key")
    with pytest.raises(ColorunetError, match="the key can't be read"):
        require_signing(SigningFiles(files.certificate, tmp_path / "no.pem"))
    with pytest.raises(ColorunetError, match="No such file"):
        require_signing(SigningFiles(tmp_path / "missing.pem", files.key))


def test_a_format_without_manifests_is_refused(
    tmp_path: Path, gray: np.ndarray, files: SigningFiles
) -> None:
    path = write_colored(tmp_path / "a.bmp", gray)
    with pytest.raises(ColorunetError, match="aren't embedded"):
        sign_photo(path, path, files, MARK, {})
