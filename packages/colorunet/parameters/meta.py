"""The JSON beside a run's parameters, read without torch."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from colorcore import Palette
from colorfiles.outside.documents import SMALL, parse_json_object
from colorfiles.outside.files import read_regular
from colorunet.errors import ColorunetError

SCHEMA_VERSION = 1
HUB_FILES = ("config.json", "model.safetensors")  # as model hubs call what a run calls best


def checkpoint_files(run: Path, which: str) -> tuple[Path, Path]:
    """Return the paths of a checkpoint's JSON and parameters, existing or not."""
    description, parameters = run / f"{which}.json", run / f"{which}.safetensors"
    of_hub = run / HUB_FILES[0], run / HUB_FILES[1]
    if which == "best" and not parameters.is_file() and of_hub[1].is_file():
        return of_hub
    return description, parameters


def read_meta(run: Path, which: str) -> dict[str, Any]:
    """Return the JSON beside a checkpoint.

    Raises:
        ColorunetError: there is none, or it has another schema.
    """
    path, _ = checkpoint_files(run, which)
    try:
        meta = parse_json_object(read_regular(path, most=SMALL, within=run), finite=False)
    except OSError as error:
        raise ColorunetError(
            f"{path}: {error.strerror}; {run} is not a run of `trainer fit`, "
            f"or it has no {which} checkpoint yet"
        ) from None
    except ValueError as error:
        raise ColorunetError(f"{path}: {error}") from None
    if meta.get("schema_version") != SCHEMA_VERSION:
        raise ColorunetError(f"{path}: expected a checkpoint of schema {SCHEMA_VERSION}")
    return meta


def palette_of(meta: Mapping[str, Any], run: Path) -> Palette:
    """Return the palette in a run's JSON.

    Raises:
        ColorunetError: it stands there wrongly, or not at all.
    """
    try:
        return Palette.from_dict(meta["palette"])
    except (KeyError, TypeError, ValueError) as error:
        raise ColorunetError(f"{run}: no palette that can be used ({error!r})") from None


@contextmanager
def settings_of_run(meta: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """Give the object under a key of a run's JSON, or an empty one.

    Raises:
        ColorunetError: it is no object, or the block raised a ValueError.
    """
    try:
        settings = meta.get(key, {})
        if not isinstance(settings, Mapping):
            raise ValueError(f"expected an object, given {settings!r:.80}")
        yield settings
    except ValueError as error:
        raise ColorunetError(
            f"the run's {key}: {error}; take {key!r} out of its JSON to have the defaults"
        ) from None


def number(value: Any, what: str) -> float:
    """Return a finite JSON number; ValueError for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{what}: expected a number, given {value!r:.80}")
    return value


def numbers(values: Any, what: str) -> tuple[float, ...]:
    """Return a list of finite JSON numbers; ValueError for anything else."""
    if not isinstance(values, list | tuple):
        raise ValueError(f"{what}: expected a list of numbers, given {values!r:.80}")
    return tuple(number(value, what) for value in values)
