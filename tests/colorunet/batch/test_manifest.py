"""The manifest of a call: one line a photo, whatever stopped the call, and nobody else's file."""

import json
from pathlib import Path

import pytest

from colorfiles.errors import ColorfilesError
from colorunet.batch.manifest import Manifest, ManifestRow
from colorunet.errors import ColorunetError


def _rows(path: Path) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [(row["input"], row["status"]) for row in rows]


def test_each_photo_has_one_line_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "out" / "manifest.jsonl"
    with Manifest.writing(path) as manifest:
        manifest.add(ManifestRow("a", "x/a", "colorized", width=3))
        manifest.add(ManifestRow("b", "x/b", "skipped", reason="broken"))
    with Manifest.writing(path) as manifest:
        manifest.add(ManifestRow("a", "x/a", "kept"))
        manifest.add(ManifestRow("b", "x/b", "colorized"))
        manifest.add(ManifestRow("c", "x/c", "kept"))
    assert _rows(path) == [("a", "colorized"), ("b", "colorized"), ("c", "kept")]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("torn", [b'{"inp', b'{"input": "b", "outp', b"{"])
def test_a_line_that_a_kill_cut_short_is_made_anew(torn: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    with Manifest.writing(path) as manifest:
        manifest.add(ManifestRow("a", "x/a", "colorized"))
    path.write_bytes(path.read_bytes() + torn)
    with Manifest.writing(path) as manifest:
        manifest.add(ManifestRow("b", "x/b", "colorized"))
    assert _rows(path) == [("a", "colorized"), ("b", "colorized")]


@pytest.mark.parametrize("content", ["a thesis\n", "{}\n", "thesis without an end", "[1]\n"])
def test_another_file_is_left_as_it_is(content: str, tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(content)
    with (
        pytest.raises(ColorunetError, match="line 1 isn't one of a manifest"),
        Manifest.writing(path),
    ):
        pass
    assert path.read_text() == content


def test_an_output_is_known_by_its_line_until_another_file_takes_its_place(tmp_path: Path) -> None:
    path, output = tmp_path / "m.jsonl", tmp_path / "a.jpg"
    output.write_bytes(b"ours")
    with Manifest.writing(path) as manifest:
        manifest.add(ManifestRow("a", str(output), "colorized", bytes=4))
    with Manifest.writing(path) as manifest:
        assert manifest.has(str(output))
        assert not manifest.has(str(tmp_path / "b.jpg"))
        output.write_bytes(b"a stranger's")
        assert not manifest.has(str(output))


def test_two_calls_do_not_write_one_manifest(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    with (
        Manifest.writing(path),
        pytest.raises(ColorfilesError, match="is writing there"),
        Manifest.writing(path),
    ):
        pass
