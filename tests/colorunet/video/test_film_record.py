"""Records of films: what they hold, that they fit their schema, and what they never replace."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from clip_files import ClipSettings, write_clip
from jsonschema import Draft202012Validator
from PIL import Image

from colorunet.cli import app
from colorunet.evidence.hashes import file_sha256

Grays = Callable[..., list[np.ndarray]]
SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[3] / "docs" / "record.schema.json").read_bytes())
)


@pytest.fixture
def clip(gray_film: Grays, tmp_path: Path) -> Path:
    """A film of three frames with sound."""
    return write_clip(tmp_path / "clip.mkv", gray_film(3), ClipSettings(sound=0.2))


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--working-edge", "64"])


def _record(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(path.read_bytes())
    assert list(SCHEMA.iter_errors(record)) == []
    return record


def test_a_films_record_holds_hashes_frames_settings_and_what_was_lost(
    clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = _run(clip, "-o", out, "--record", "--seed", "7", "--json")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in out.iterdir()) == [
        "clip.colorunet.json",
        "clip.mkv",
        "clip.xmp",
    ]
    record = _record(out / "clip.colorunet.json")
    for what, path in (("original", clip), ("output", out / "clip.mkv")):
        expected = {"name": path.name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
        assert record[what] == expected
    assert record["size"] == {"width": 96, "height": 64}
    assert (record["frames"], record["hints"], record["reference_frames"]) == (3, [], [])
    assert len(record["network"]["sha256"]) == len(record["palette"]["fingerprint"]) == 64
    assert record["settings"]["seed"] == 7
    assert record["settings"]["working_edge_px"] == 64
    assert record["settings"]["smoothing"] == {"along": "motion", "frames": 12, "every": 2}
    (told,) = json.loads(done.stdout)["images"]
    assert record["lost"] == told["notes"]


def _lost(clip: Path, output: Path) -> list[str]:
    done = _run(clip, "-o", output, "--record")
    assert done.exit_code == 0, done.output
    lost: list[str] = _record(output.with_suffix(".colorunet.json"))["lost"]
    return lost


def test_a_films_record_names_a_lost_stream(gray_film: Grays, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", gray_film(3), ClipSettings(subtitles=("Hello",)))
    lost = _lost(clip, tmp_path / "out.ts")
    assert any("no place here; left out" in line for line in lost), lost


def test_a_films_record_names_lost_depth(gray_film: Grays, tmp_path: Path) -> None:
    settings = ClipSettings(codec="ffv1", pix_fmt="yuv420p10le", options={})
    clip = write_clip(tmp_path / "clip.mkv", gray_film(3, bits=10), settings)
    lost = _lost(clip, tmp_path / "out.flv")
    assert "10 bits a sample, of which 8 are kept" in lost


def test_reference_frames_and_timed_hints_are_lists_of_their_own(
    clip: Path, demo_photos: Path, tmp_path: Path
) -> None:
    still = tmp_path / "still.png"
    Image.open(demo_photos / "sklearn" / "china.jpg").resize((96, 64)).save(still)
    hints = tmp_path / "hints.json"
    hints.write_text(
        '[{"x": 20, "y": 30, "color": "teal"},'
        ' {"x": 5, "y": 6, "color": "#c04030", "time": "0:00.04"}]'
    )
    out = tmp_path / "out"
    words = ("--record", "--reference", f"{still}@0", "--hints", hints)
    done = _run(clip, "-o", out, *words)
    assert done.exit_code == 0, done.output
    record = _record(out / "clip.colorunet.json")
    assert record["reference_frames"] == [
        {"name": "still.png", "sha256": file_sha256(still), "time_s": 0.0}
    ]
    assert record["hints"] == [
        {"x": 20, "y": 30, "color": "#008080", "time_s": None},
        {"x": 5, "y": 6, "color": "#c04030", "time_s": 0.04},
    ]


def test_the_same_call_gives_the_same_record_but_for_the_time_and_a_rerun_keeps_it(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = []
    for out, epoch in (("1", "1790000000"), ("2", "1790000009")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        assert _run(clip, "-o", tmp_path / out, "--record").exit_code == 0
        records.append(_record(tmp_path / out / "clip.colorunet.json"))
    first, second = records
    assert (first.pop("made_at"), second.pop("made_at")) == (
        "2026-09-21T14:13:20Z",
        "2026-09-21T14:13:29Z",
    )
    assert first == second
    path = tmp_path / "1" / "clip.colorunet.json"
    before = path.read_bytes()
    assert _run(clip, "-o", tmp_path / "1", "--record").exit_code == 0
    assert path.read_bytes() == before
    assert _run(clip, "-o", tmp_path / "1", "--record", "--overwrite").exit_code == 0
    assert _record(path)["made_at"] == "2026-09-21T14:13:29Z"


def test_files_with_the_names_of_the_record_are_kept_and_the_film_is_not_begun(
    clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "clip.colorunet.json").write_text("mine")
    assert _run(clip, "-o", out, "--record").exit_code == 0
    assert _record(out / "clip.mkv.colorunet.json")["output"]["name"] == "clip.mkv"
    before = (out / "clip.mkv").read_bytes()
    (out / "clip.mkv.colorunet.json").write_text("mine, too")
    refused = _run(clip, "-o", out, "--record", "--overwrite", "--strength", "0.5")
    assert refused.exit_code == 3
    assert "clip.mkv.colorunet.json" in refused.stderr
    assert (out / "clip.mkv").read_bytes() == before
    assert (out / "clip.colorunet.json").read_text() == "mine"
    assert (out / "clip.mkv.colorunet.json").read_text() == "mine, too"


def test_verify_says_whether_the_record_fits_the_film(clip: Path, tmp_path: Path) -> None:
    film = tmp_path / "out" / "clip.mkv"
    assert _run(clip, "-o", film.parent, "--record").exit_code == 0
    holds = CliRunner().invoke(app, ["verify", str(film)])
    assert holds.exit_code == 0, holds.output
    assert "the record fits" in holds.stdout
    assert "a film is checked by mark and record alone" in holds.stdout
    compared = CliRunner().invoke(app, ["verify", str(film), "--original", str(clip)])
    assert compared.exit_code == 1
    assert "luma not compared" in compared.stdout
    film.write_bytes(film.read_bytes() + b"\0")
    differs = CliRunner().invoke(app, ["verify", str(film)])
    assert differs.exit_code == 1
    assert "the record is of another output" in differs.stdout
