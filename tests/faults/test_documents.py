"""Palettes, indexes, checkpoints, recipes and tables of a stranger: one clean error each."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from colorcore import Palette
from colorfiles.errors import ColorfilesError
from colorfiles.palette_file import read_palette
from colorunet.errors import ColorunetError
from colorunet.parameters.checkpoint import load_run
from dataprep.photos.folder import PhotoFolder
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
    with pytest.raises(ColorunetError, match=r"best\.json: "):
        load_run(tmp_path)


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
