"""Records: what they hold, that they fit their schema, and that they are the same each time."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from PIL import Image

from colorunet.cli import app
from colorunet.evidence.hashes import file_sha256
from colorunet.evidence.mark import Mark
from colorunet.evidence.record import Coloring, read_record, record_names, write_record
from colorunet.evidence.record_check import check_record

SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[3] / "docs" / "record.schema.json").read_bytes())
)


@pytest.fixture(scope="module")
def photo(demo_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "flower.png"
    Image.open(demo_photos / "sklearn" / "flower.jpg").convert("L").resize((96, 64)).save(path)
    return path


@pytest.fixture(scope="module")
def out(photo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a coloured photo with its record, one hint given."""
    folder = tmp_path_factory.mktemp("out")
    hints = folder.parent / "hints.json"
    hints.write_text('[{"x": 20, "y": 30, "color": "#c04030"}]')
    _colorize(photo, folder, "--hints", str(hints), "--seed", "7")
    return folder


def _colorize(photo: Path, out: Path, *options: str) -> dict[str, Any]:
    words = [str(photo), "-o", str(out), "--record", "--working-edge", "64", *options]
    done = CliRunner().invoke(app, ["colorize", *words])
    assert done.exit_code == 0, done.output
    record: dict[str, Any] = json.loads((out / "flower.colorunet.json").read_bytes())
    return record


def test_a_record_holds_hashes_settings_and_hints(photo: Path, out: Path) -> None:
    record = json.loads((out / "flower.colorunet.json").read_bytes())
    assert record["original"]["sha256"] == file_sha256(photo)
    assert record["output"]["sha256"] == file_sha256(out / "flower.png")
    assert record["hints"] == [{"x": 20, "y": 30, "color": "#c04030"}]
    assert record["settings"]["seed"] == 7
    assert record["size"] == {"width": 96, "height": 64}
    assert len(record["network"]["sha256"]) == len(record["palette"]["fingerprint"]) == 64
    with Image.open(out / record["sureness"]["name"]) as picture:
        assert (picture.mode, picture.size) == ("L", (96, 64))
        assert np.ptp(np.asarray(picture)) > 30
    assert check_record(out / "flower.png", photo)[0] == "fits"


def test_the_record_fits_its_schema(out: Path) -> None:
    record = json.loads((out / "flower.colorunet.json").read_bytes())
    assert list(SCHEMA.iter_errors(record)) == []
    del record["network"]
    record["hints"][0]["color"] = "red"
    record["extra"] = 1
    wrong = sorted(error.message for error in SCHEMA.iter_errors(record))
    assert [message.split(" ")[0] for message in wrong] == ["'network'", "'red'", "Additional"]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)


def test_a_reference_is_named_by_its_hash(photo: Path, demo_photos: Path, tmp_path: Path) -> None:
    reference = demo_photos / "sklearn" / "china.jpg"
    record = _colorize(photo, tmp_path, "--reference", str(reference))
    assert record["settings"]["reference_sha256"] == file_sha256(reference)
    assert list(SCHEMA.iter_errors(record)) == []
    assert _colorize(photo, tmp_path, "--overwrite")["settings"]["reference_sha256"] == ""


def test_a_hint_of_a_named_colour_is_recorded_in_hexadecimal(photo: Path, tmp_path: Path) -> None:
    hints = tmp_path / "hints.json"
    hints.write_text('[{"x": 20, "y": 30, "color": "teal"}]')
    record = _colorize(photo, tmp_path, "--hints", str(hints))
    assert record["hints"] == [{"x": 20, "y": 30, "color": "#008080"}]
    assert list(SCHEMA.iter_errors(record)) == []


def test_the_same_call_gives_the_same_record_but_for_the_time(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    first = _colorize(photo, tmp_path / "1")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000009")
    second = _colorize(photo, tmp_path / "2")
    assert (first.pop("made_at"), second.pop("made_at")) == (
        "2026-09-21T14:13:20Z",
        "2026-09-21T14:13:29Z",
    )
    assert first == second


def test_a_changed_file_or_another_original_is_told(photo: Path, out: Path, tmp_path: Path) -> None:
    for path in out.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    copy = tmp_path / "flower.png"
    assert check_record(copy, copy)[0] == "differs"
    copy.write_bytes(copy.read_bytes() + b"\0")
    assert check_record(copy) == ("differs", "the record is of another output")


def test_the_record_of_another_file_of_that_stem_is_kept(photo: Path, tmp_path: Path) -> None:
    _colorize(photo, tmp_path)
    second = photo.with_suffix(".bmp")
    Image.open(photo).convert("RGB").save(second)
    _colorize(second, tmp_path)
    short, long = record_names(tmp_path / "flower.bmp")
    assert json.loads(short.read_bytes())["output"]["name"] == "flower.png"
    assert json.loads(long.read_bytes())["output"]["name"] == "flower.bmp"
    assert (tmp_path / "flower.bmp.sureness.png").is_file()


def test_records_of_one_stem_that_are_written_at_once_all_stay(tmp_path: Path) -> None:
    outputs = [tmp_path / f"flower.{number}" for number in range(8)]
    coloring, start = Coloring(Mark("0.1.0", "colorunet"), "", {}), Barrier(len(outputs))
    for output in outputs:
        output.write_bytes(output.name.encode())

    def write(output: Path) -> None:
        start.wait()
        write_record(output, output, coloring, size=(1, 1))

    with ThreadPoolExecutor(len(outputs)) as writers:
        list(writers.map(write, outputs))
    assert [output.name for output in outputs if read_record(output) is None] == []
