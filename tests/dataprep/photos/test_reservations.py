"""Photos whose metadata reserve data mining or AI training are rejected with that reason."""

import io
import json
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from dataprep.cli import app
from dataprep.errors import UnusablePhoto
from dataprep.photos.imaging import examine
from dataprep.photos.reservations import reservation

_PACKET = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" {}/></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="w"?>'
)
_VALUE = "http://ns.useplus.org/ldf/vocab/"


def _packet(value: str) -> bytes:
    return _PACKET.format(f'plus:DataMining="{_VALUE}{value}"').encode()


def _with_xmp(photo: Image.Image, packet: bytes, format_name: str) -> bytes:
    buffer = io.BytesIO()
    if format_name == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        photo.save(buffer, "PNG", pnginfo=info)
        return buffer.getvalue()
    photo.save(buffer, "JPEG", quality=90)
    data = buffer.getvalue()
    segment = b"http://ns.adobe.com/xap/1.0/\0" + packet
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


def _cbor(content: object) -> bytes:
    """CBOR of short texts and maps."""
    if isinstance(content, str):
        head = bytes([0x60 + len(content)]) if len(content) < 24 else bytes([0x78, len(content)])
        return head + content.encode()
    assert isinstance(content, dict)
    return bytes([0xA0 + len(content)]) + b"".join(map(_cbor, sum(content.items(), ())))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def _with_assertion(photo: Image.Image, uses: dict[str, str], label: str) -> bytes:
    """A JPEG with a JUMBF box of one assertion, as C2PA lays it out, in an APP11 segment."""
    entries = {"entries": {name: {"use": use} for name, use in uses.items()}}
    description = _box(b"jumd", b"cbor\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03" + label.encode())
    box = _box(b"jumb", description + _box(b"cbor", _cbor(entries)))
    segment = b"JP\0\x01\0\0\0\x01" + box
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=90)
    data = buffer.getvalue()
    return data[:2] + b"\xff\xeb" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


@pytest.fixture(scope="module")
def photo(demo_photos: Path) -> Image.Image:
    return Image.open(next(demo_photos.rglob("coffee.png"))).convert("RGB").reduce(2)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    "value",
    [
        "DMI-PROHIBITED",
        "DMI-PROHIBITED-AIMLTRAINING",
        "DMI-PROHIBITED-GENAIMLTRAINING",
        "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
        "DMI-PROHIBITED-SEECONSTRAINT",
    ],
)
def test_a_prohibition_in_xmp_is_the_reason(
    value: str, format_name: str, photo: Image.Image
) -> None:
    data = _with_xmp(photo, _packet(value), format_name)
    with pytest.raises(UnusablePhoto, match=f"^opted out: IPTC data mining {value}$"):
        examine(data)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_what_exiftool_writes_is_read(
    suffix: str, photo: Image.Image, tmp_path: Path, exiftool: Callable[..., Any]
) -> None:
    path = tmp_path / f"a{suffix}"
    photo.save(path)
    exiftool(path)  # skips where it is missing
    (tmp_path / "a.xmp").write_bytes(_packet("DMI-PROHIBITED-AIMLTRAINING"))
    command = ["exiftool", "-q", f"-xmp<={tmp_path / 'a.xmp'}", str(path)]
    subprocess.run(command, check=True, timeout=120)
    assert reservation(path.read_bytes()) == (
        "opted out: IPTC data mining DMI-PROHIBITED-AIMLTRAINING"
    )


def test_compressed_xmp_of_a_png_is_read(photo: Image.Image) -> None:
    from PIL.PngImagePlugin import PngInfo

    info, buffer = PngInfo(), io.BytesIO()
    info.add_itxt("XML:com.adobe.xmp", _packet("DMI-PROHIBITED").decode(), zip=True)
    photo.save(buffer, "PNG", pnginfo=info)
    assert b"DMI-" not in buffer.getvalue()
    assert reservation(buffer.getvalue()) == "opted out: IPTC data mining DMI-PROHIBITED"


def test_compressed_text_that_is_damaged_is_no_reservation(photo: Image.Image) -> None:
    data = _with_xmp(photo, _packet("DMI-ALLOWED"), "PNG")
    assert reservation(data + b"iTXtXML:com.adobe.xmp\0\1\0\0\0not zlib") == ""


@pytest.mark.parametrize("value", ["DMI-ALLOWED", "DMI-UNSPECIFIED"])
def test_a_permission_in_xmp_is_none(value: str, photo: Image.Image) -> None:
    assert examine(_with_xmp(photo, _packet(value), "JPEG")).format == "JPEG"


@pytest.mark.parametrize("label", ["c2pa.training-mining", "cawg.training-mining"])
@pytest.mark.parametrize("what", ["ai_training", "ai_generative_training", "data_mining"])
@pytest.mark.parametrize("use", ["notAllowed", "constrained"])
def test_an_assertion_of_c2pa_is_the_reason(
    label: str, what: str, use: str, photo: Image.Image
) -> None:
    name = label.partition(".")[0]
    uses = {f"{name}.ai_inference": "allowed", f"{name}.{what}": use}
    with pytest.raises(UnusablePhoto, match=f"^opted out: C2PA {what} {use}$"):
        examine(_with_assertion(photo, uses, label))


def test_an_assertion_that_allows_training_is_none(photo: Image.Image) -> None:
    uses = {"c2pa.ai_training": "allowed", "c2pa.ai_inference": "notAllowed"}
    assert reservation(_with_assertion(photo, uses, "c2pa.training-mining")) == ""


def test_import_counts_opted_out_photos(photo: Image.Image, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    photo.save(tmp_path / "in" / "free.png")
    data = _with_xmp(photo, _packet("DMI-PROHIBITED"), "JPEG")
    (tmp_path / "in" / "reserved.jpg").write_bytes(data)
    out = str(tmp_path / "out")
    result = CliRunner().invoke(app, ["import", str(tmp_path / "in"), "--out", out, "--json"])
    summary = json.loads(result.stdout)
    assert (summary["kept"], summary["rejected_by_reason"]) == (1, {"opted out": 1})
