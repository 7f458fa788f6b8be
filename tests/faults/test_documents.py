"""Palettes, indexes, checkpoints, recipes and tables of a stranger: one clean error each."""

import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from colorunet.coloring.colorizer import Colorizer
from colorunet.errors import ColorunetError
from colorunet.export.onnx_export import export_beside
from colorunet.networks import build_network
from colorunet.parameters import checkpoint
from colorunet.parameters.checkpoint import load_run, load_tensors, save_parameters, save_tensors
from colorunet.parameters.shipped import ONNX_FILE
from dataprep.palettes.palette_file import read_palette
from dataprep.photos import parquet
from dataprep.photos.folder import PhotoFolder
from dataprep.photos.rows import SCHEMA, Photo, to_row
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError

_SOON_S = 10
DEEP = b"[" * 100_000
HOSTILE: dict[str, bytes] = {
    "deep": DEEP,
    "deep in an object": b'{"centers": ' + DEEP,
    "many digits": b'{"centers": ' + b"9" * 5_000 + b"}",
    "a number beyond floats": b'{"centers": [[' + b"9" * 400 + b", 0], [0, 0]]}",
    "NaN": b'{"centers": [[NaN, 0], [0, 0]], "prior": [0.5, 0.5]}',
    "a list": b"[]",
    "null": b"null",
    "texts for numbers": b'{"centers": [["a", "b"], [0, 0]], "prior": [0.5, 0.5]}',
    "objects for numbers": b'{"centers": [{}, {}], "prior": {}, "parameters": 7}',
    "UTF-16": '{"centers": []}'.encode("utf-16"),
    "not text": bytes(range(256)),
    "empty": b"",
    "cut": b'{"centers": [[0.1',
    "lone surrogate": b'{"schema_version": "\\ud800"}',
    "an escape": b'{"schema_version": "\\u001b[2J"}',
    "too long": b" " * (17 << 20) + b"{}",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_palette(what: str, tmp_path: Path) -> None:
    (tmp_path / "palette.json").write_bytes(HOSTILE[what])
    with pytest.raises(ColorfilesError, match=r"palette\.json: "):
        read_palette(str(tmp_path / "palette.json"))


@pytest.mark.parametrize("what", HOSTILE)
def test_an_index(what: str, tmp_path: Path) -> None:
    (tmp_path / "index.json").write_bytes(HOSTILE[what])
    with pytest.raises(ColorfilesError, match=r"index\.json: "):
        ShardSet.open(tmp_path)


@pytest.mark.parametrize("what", HOSTILE)
def test_a_checkpoint(what: str, tmp_path: Path) -> None:
    (tmp_path / "best.json").write_bytes(HOSTILE[what])
    with pytest.raises(ColorunetError, match=r"best\.json: "):
        load_run(tmp_path)


def _change(content: Any, path: tuple[str | int, ...], value: Any) -> None:
    for step in path[:-1]:
        content = content[step]
    content[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("shardlist",), {}),
        (("shardlist",), [7]),
        (("shardlist", 0, "nsamples"), "3"),
        (("shardlist", 0, "nsamples"), -1),
        (("shardlist", 0, "nsamples"), 2.5),
        (("shardlist", 0, "nsamples"), 1 << 70),
        (("shardlist", 0, "sha256"), None),
        (("shardlist", 0, "bin_counts"), 7),
        (("shardlist", 0, "bin_counts"), ["x"]),
        (("views",), None),
        (("views", "size"), "256"),
        (("views", "size"), 10**9),
        (("views", "size"), 0),
        (("palette",), [1]),
        (("palette", "parameters"), [1]),
        (("palette", "photos"), []),
        (("schema_version",), [1]),
    ],
)
def test_a_value_of_another_type_in_an_index(
    path: tuple[str | int, ...], value: Any, tmp_path: Path, make_shards: Callable[..., Path]
) -> None:
    shards = make_shards(tmp_path / "s", train=(1,), val=())
    content = json.loads((shards / "index.json").read_text())
    _change(content, path, value)
    (shards / "index.json").write_text(json.dumps(content))
    with pytest.raises(ColorfilesError, match=r"index\.json: "):
        ShardSet.open(shards)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("recipe",), []),
        (("recipe", "network"), {"width": "wide"}),
        (("recipe", "network"), {"width": [1]}),
        (("recipe", "network"), {"architecture": {}}),
        (("recipe", "network"), {"no such": 1}),
        (("recipe", "network"), {"width": 8.0}),
        (("recipe", "network"), {"width": True}),
        (("recipe", "network"), {"encoder": None}),
        (("recipe", "network"), {"context": "yes"}),
        (("recipe", "network"), None),
        (("recipe",), None),
        (("palette",), None),
        (("palette", "photos"), float("inf")),
        (("size",), "large"),
        (("size",), -1),
        (("step",), "x"),
        (("palette",), 7),
    ],
)
def test_a_value_of_another_type_in_a_checkpoint(
    path: tuple[str | int, ...], value: Any, tmp_path: Path, small_palette: Palette
) -> None:
    meta = {"schema_version": 1, "step": 1, "size": 32, "recipe": {"network": {}}}
    meta["palette"] = small_palette.to_dict()
    _change(meta, path, value)
    (tmp_path / "best.json").write_text(json.dumps(meta))
    with pytest.raises(ColorunetError, match=r"best\.json: ") as caught:
        load_run(tmp_path)
    assert not re.search("attribute|argument|subscript|instances", str(caught.value))


def _run(folder: Path, palette: Palette, **more: Any) -> Path:
    """A run of a small network, with more in its JSON."""
    recipe = Recipe().with_overrides(["width=8", "depth=2"])
    network = build_network(recipe.network, bins=palette.n, size=32)
    meta = {"step": 1, "size": 32, "recipe": recipe.to_dict(), "palette": palette.to_dict()}
    save_parameters(folder, "best", network.state_dict(), meta | more)
    return folder


DIALS: list[tuple[str, Any]] = [
    ("decoding", None),
    ("decoding", "warm"),
    ("decoding", {"no such": 1}),
    ("decoding", {"temperature": 0}),
    ("decoding", {"temperature": "low"}),
    ("decoding", {"temperature": float("nan")}),
    ("decoding", {"saturation": float("inf")}),
    ("decoding", {"caution": True}),
    ("decoding", {"bin_offsets": "offsets"}),
    ("decoding", {"bin_offsets": [1e308] * 12}),
    ("decoding", {"bin_offsets": [[0]] * 12}),
    ("averaging", []),
    ("averaging", {"scales": 1}),
    ("averaging", {"scales": []}),
    ("averaging", {"scales": ["1"]}),
    ("averaging", {"scales": [64]}),
    ("averaging", {"scales": [0.5 + n / 10_000 for n in range(2_000)]}),
    ("averaging", {"mirrored": "no"}),
]


@pytest.mark.parametrize(("key", "value"), DIALS, ids=lambda value: f"{value}"[:40])
def test_how_a_run_was_calibrated(
    key: str, value: Any, tmp_path: Path, small_palette: Palette
) -> None:
    _run(tmp_path, small_palette, **{key: value})
    with pytest.raises(ColorunetError, match=f"the run's {key}: "):
        Colorizer.load(tmp_path)


def test_offsets_for_another_number_of_bins(tmp_path: Path, small_palette: Palette) -> None:
    _run(tmp_path, small_palette, decoding={"bin_offsets": [0.5] * 11})
    with pytest.raises(ColorunetError, match="bin offsets: expected 12, given 11"):
        Colorizer.load(tmp_path)


def test_a_run_that_was_calibrated_is_read(tmp_path: Path, small_palette: Palette) -> None:
    decoding = {"temperature": 1, "bin_offsets": [0.5] * 12, "top_mode_radius": None}
    averaging = {"scales": [0.5, 1], "mirrored": True}
    _run(tmp_path, small_palette, decoding=decoding, averaging=averaging)
    assert Colorizer.load(tmp_path).averaging.mirrored


@pytest.mark.parametrize(
    ("path", "value"),
    [(("network",), {"width": 512, "depth": 8, "blocks": 8}), (("network", "blocks"), 8)],
)
def test_a_network_of_another_size_is_never_built(
    path: tuple[str | int, ...],
    value: Any,
    tmp_path: Path,
    small_palette: Palette,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_memory(*arguments: Any, **settings: Any) -> Any:
        assert torch.get_default_device().type == "meta"
        return build_network(*arguments, **settings)

    meta = json.loads((_run(tmp_path, small_palette) / "best.json").read_text())
    _change(meta["recipe"], path, value)
    (tmp_path / "best.json").write_text(json.dumps(meta))
    monkeypatch.setattr(checkpoint, "build_network", without_memory)
    with pytest.raises(ColorunetError, match="the parameters don't fit") as caught:
        load_run(tmp_path)
    assert len(str(caught.value)) < 1_000


def test_a_size_that_no_normalisation_can_have(tmp_path: Path, small_palette: Palette) -> None:
    meta = json.loads((_run(tmp_path, small_palette) / "best.json").read_text())
    meta["recipe"]["network"]["norm"], meta["size"] = "volume", 1 << 61
    (tmp_path / "best.json").write_text(json.dumps(meta))
    with pytest.raises(ColorunetError, match=r"best\.json: "):
        load_run(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e38])
@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_parameters_of_which_no_color_can_be_made(
    backend: Any, value: float, tmp_path: Path, small_palette: Palette
) -> None:
    trained = load_run(_run(tmp_path, small_palette))
    stored = tmp_path / "best.safetensors"
    export_beside(trained.network, tmp_path / ONNX_FILE, stored)
    tensors, header = load_tensors(stored)
    save_tensors(stored, {name: torch.full_like(t, value) for name, t in tensors.items()}, header)
    with pytest.raises(ColorunetError, match="NaN or infinity"):
        Colorizer.load(tmp_path, backend=backend).chroma(np.full((32, 32), 99, np.uint8))


RECIPES: dict[str, bytes] = {
    "a list": b"epochs = [1, 2]",
    "a table": b"[data.workers]\nx = 1",
    "an inline table": b"epochs = {a = 1}",
    "a list of tables": b"[[data]]\nworkers = 1",
    "a date": b"epochs = 2020-01-01",
    "many digits": b"epochs = " + b"9" * 5_000,
    "digits that fit a line": b"epochs = " + b"9" * 1_500,
    "a float beyond all": b"learning_rate = 1e999",
    "nan": b"learning_rate = nan",
    "a text with an escape": b'about = "\\u001b[2J"',
    "a list of letters": b'about = ["a"]',
    "Latin-1": "about = 'Größe'".encode("latin-1"),
    "UTF-16": "epochs = 1".encode("utf-16"),
    "dotted keys": b"a" + b".a" * 50_000 + b" = 1",
    "many dotted keys": b"\n".join(b"%d" % n + b".a" * 900 + b" = 1" for n in range(30)),
    "deep": b"a = " + b"[" * 1_500,
    "too long": b"#" * 1_000_000,
    "not TOML": b"epochs: 1",
}


@pytest.mark.parametrize("what", RECIPES)
def test_a_recipe(what: str, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(RECIPES[what])
    started = time.monotonic()
    with pytest.raises(TrainerError, match=r"r\.toml: ") as caught:
        Recipe.load(str(tmp_path / "r.toml"))
    assert len(str(caught.value)) < 1_000
    assert time.monotonic() - started < _SOON_S


@pytest.mark.parametrize("value", ["9" * 5_000, "nan", "inf", "1e999", "[1]", ""])
def test_an_override(value: str) -> None:
    with pytest.raises(TrainerError):
        Recipe().with_overrides([f"learning_rate={value}"])
    with pytest.raises(TrainerError):
        Recipe().with_overrides([f"epochs={value}"])


def _as_parquet(data: bytes | dict[str, list[Any]], path: Path) -> None:
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        pq.write_table(pa.table(data), path)


@pytest.mark.parametrize(
    "data", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", {"key": ["a"]}, {"key": [1]}, {}]
)
def test_a_manifest(data: bytes | dict[str, list[Any]], tmp_path: Path) -> None:
    _as_parquet(data, tmp_path / "manifest.parquet")
    with pytest.raises(ColorfilesError, match=r"manifest\.parquet: not a manifest"):
        PhotoFolder(tmp_path)


@pytest.mark.parametrize("rows", [200, 2_000])
def test_a_text_that_stands_once_and_in_every_row_counts_as_often(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_MOST_IN_A_BATCH", 1 << 20)
    monkeypatch.setattr(parquet, "_USUAL_ROW", 1_024)
    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * 2_000])
    lists = pa.ListArray.from_arrays(list(range(rows + 1)), text)
    buffer = io.BytesIO()
    pq.write_table(pa.table({"title": text, "tags": lists}), buffer)
    if rows > 200:  # each batch is small enough, all of them aren't
        with pytest.raises(ValueError, match=r"rows of [0-9,]+ bytes: too large"):
            parquet.read_table(buffer)
        return
    read = parquet.read_table(buffer)
    assert read.schema == pa.schema({"title": pa.string(), "tags": pa.list_(pa.string())})
    assert read.to_pylist() == [{"title": "x" * 2_000, "tags": ["x" * 2_000]}] * rows


def test_a_group_of_rows_that_unpacks_to_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_MOST_IN_A_BATCH", 1 << 20)
    buffer = io.BytesIO()
    pq.write_table(pa.table({"title": ["x" * (2 << 20)]}), buffer, compression="zstd")
    with pytest.raises(ValueError, match=r"a row group of .* bytes: too large"):
        parquet._opened(buffer)


@pytest.mark.parametrize("width", [-1, 1 << 62])
def test_a_size_of_a_manifest_that_no_photo_has_is_one_error(width: int, tmp_path: Path) -> None:
    photo = Photo(key="folder-a", source="folder", source_id="a", status="rejected", reason="gray")
    row = to_row(photo) | {"width": width}
    pq.write_table(pa.Table.from_pylist([row], SCHEMA), tmp_path / "manifest.parquet")
    with pytest.raises(ColorfilesError, match=r"not a manifest .*width: .* out of range"):
        PhotoFolder(tmp_path)


def test_a_text_of_a_manifest_beyond_all_is_one_error(tmp_path: Path) -> None:
    photo = Photo(key="folder-a", source="folder", source_id="a", status="rejected", reason="gray")
    row = to_row(photo) | {"title": "x" * (1 << 17)}
    pq.write_table(pa.Table.from_pylist([row], SCHEMA), tmp_path / "manifest.parquet")
    with pytest.raises(ColorfilesError, match=r"not a manifest .*texts of over 65,536 characters"):
        PhotoFolder(tmp_path)


def test_a_line_of_a_journal_with_half_a_character_is_not_taken(tmp_path: Path) -> None:
    photo = Photo(
        key="folder-a", source="folder", source_id="a", status="rejected", reason="\ud800"
    )
    (tmp_path / ".manifest.journal.jsonl").write_text(json.dumps(to_row(photo)) + "\n")
    assert PhotoFolder(tmp_path).photos() == []
