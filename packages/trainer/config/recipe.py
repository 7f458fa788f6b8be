"""Recipes: every setting of a fit, read from TOML, changed with key=value."""

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from colorfiles.outside.documents import parse_toml
from colorfiles.outside.files import read_regular
from colorfiles.outside.words import shown
from colorunet.networks.registry import NetworkSettings
from trainer.config.settings import (
    ComputeSettings,
    DataSettings,
    LossSettings,
    OptimizerSettings,
    ValidationSettings,
)
from trainer.errors import TrainerError

_ALIASES = {"lambda": "lam", "network": "architecture", "image_size": "crop", "lr": "learning_rate"}
_FORMER_NAMES = {"colorunet-small": "colorunet-listed"}  # of recipes
_MOST_BYTES = 1 << 16
_SHOWN = {"lam": "lambda"}  # how a key is written in TOML, where Python can't


@dataclass(frozen=True)
class Recipe:
    """Every setting of a fit.

    Args:
        about: what the recipe is for, in a sentence.
        seed: of parameters, order and augmentation.
        epochs: times that every training sample is seen.
        max_steps: stops earlier after this many steps; 0 doesn't.
        batch_size: samples a step, over all processes and micro-batches; 0 has `trainer fit`
            find what the device works fastest with.
    """

    about: str = ""
    seed: int = 0
    epochs: int = 10
    max_steps: int = 0
    batch_size: int = 16
    network: NetworkSettings = field(default_factory=NetworkSettings)
    data: DataSettings = field(default_factory=DataSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    compute: ComputeSettings = field(default_factory=ComputeSettings)

    def __post_init__(self) -> None:
        """Check the settings outside sections."""
        for name, least in (("seed", 0), ("epochs", 1), ("max_steps", 0), ("batch_size", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: expected at least {least}, given {getattr(self, name)}")
        if self.batch_size % self.optimizer.accumulate:
            raise ValueError(
                f"batch_size: expected a multiple of accumulate ({self.optimizer.accumulate}), "
                f"given {self.batch_size}"
            )

    @classmethod
    def load(cls, name: str) -> "Recipe":
        """Read a shipped recipe by name, or any TOML file by path.

        Raises:
            TrainerError: there is none, or it has an unknown key or a value out of range.
        """
        path, name = Path(name), _FORMER_NAMES.get(name, name)
        if name in recipe_names():
            data = (files("trainer.config") / "recipes" / f"{name}.toml").read_bytes()
        elif path.suffix == ".toml" and path.exists():
            try:
                data = read_regular(path, most=_MOST_BYTES)
            except OSError as error:
                raise TrainerError(f"recipe {name}: {error.strerror}") from None
        else:
            known = ", ".join(recipe_names())
            raise TrainerError(
                f"recipe {name!r}: no such recipe{_nearest(name, recipe_names())}; "
                f"there are {known}, or give the path of a .toml file"
            )
        try:
            return cls.from_dict(parse_toml(data))
        except (ValueError, TrainerError) as error:
            raise TrainerError(f"recipe {name}: {error}") from None

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Recipe":
        """Build a recipe from sections as in TOML; missing settings keep their defaults.

        Raises:
            TrainerError: an unknown key (the nearest is named) or a value out of range.
        """
        pairs: list[tuple[str, Any]] = []
        for key, value in content.items():
            if isinstance(value, Mapping):
                pairs += [(f"{key}.{inner}", given) for inner, given in value.items()]
            else:
                pairs.append((key, value))
        return _with_values(cls(), pairs)

    def with_overrides(self, overrides: Iterable[str]) -> "Recipe":
        """Return the recipe with ``key=value`` texts applied; keys go with or without section.

        Raises:
            TrainerError: no ``=``, an unknown key, or a value that doesn't fit.
        """
        pairs = []
        for override in overrides:
            key, equals, value = override.partition("=")
            if not equals:
                raise TrainerError(f"--set {override}: expected key=value")
            pairs.append((key.strip(), value.strip()))
        return _with_values(self, pairs)

    def differences(self, other: "Recipe") -> str:
        """Return the settings that differ in another recipe as text, "" for none."""
        own, others = _flat(self), _flat(other)
        return "; ".join(
            f"{_SHOWN.get(key, key)}: {_toml(others[key])} there, {_toml(value)} given"
            for key, value in own.items()
            if others[key] != value and key != "about"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as sections, ready for JSON and ``from_dict``."""
        return dataclasses.asdict(self)

    def to_toml(self) -> str:
        """Return the settings as TOML; ``load`` gives an equal recipe back."""
        plain, sections = [], []
        for key, value in self.to_dict().items():
            if isinstance(value, dict):
                lines = [f"{_SHOWN.get(k, k)} = {_toml(v)}" for k, v in value.items()]
                sections.append("\n".join([f"\n[{key}]", *lines]))
            else:
                plain.append(f"{key} = {_toml(value)}")
        return "\n".join([*plain, *sections]) + "\n"


def shown_key(name: str) -> str:
    """Return the name of a setting in recipes, where Python reserves it."""
    return _SHOWN.get(name, name)


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with the package."""
    folder = files("trainer.config") / "recipes"
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


def _places() -> dict[str, tuple[str | None, dataclasses.Field[Any]]]:
    """Return every key's section and field by its bare name."""
    places: dict[str, tuple[str | None, dataclasses.Field[Any]]] = {}
    for outer in fields(Recipe):
        if isinstance(outer.type, type) and dataclasses.is_dataclass(outer.type):
            places |= {inner.name: (outer.name, inner) for inner in fields(outer.type)}
        else:
            places[outer.name] = (None, outer)
    return places


def _with_values(recipe: Recipe, pairs: Iterable[tuple[str, Any]]) -> Recipe:
    places = _places()
    top: dict[str, Any] = {}
    by_section: dict[str, dict[str, Any]] = {}
    for key, value in pairs:
        section, known = _find(key, places)
        values = top if section is None else by_section.setdefault(section, {})
        values[known.name] = _converted(key, value, known)
    try:
        for section, values in by_section.items():
            top[section] = dataclasses.replace(getattr(recipe, section), **values)
        return dataclasses.replace(recipe, **top)
    except ValueError as error:
        raise TrainerError(str(error)) from None


def _find(
    key: str, places: Mapping[str, tuple[str | None, dataclasses.Field[Any]]]
) -> tuple[str | None, dataclasses.Field[Any]]:
    section, dot, bare = key.rpartition(".")
    bare = _ALIASES.get(bare, bare)
    place = places.get(bare)
    if place is None or (dot and section != place[0]):
        names = [_SHOWN.get(name, name) for name in places]
        raise TrainerError(f"unknown key {key!r:.80}{_nearest(bare[:80], names)}")
    return place


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    return f", did you mean {close[0]!r}?" if close else ""


def _converted(key: str, value: Any, known: dataclasses.Field[Any]) -> Any:
    kind = known.type
    try:
        if kind is bool:
            return value if isinstance(value, bool) else _SWITCHES[str(value).lower()]
        if kind is int and isinstance(value, int | str) and not isinstance(value, bool):
            whole = int(value)
            if abs(whole) < _BEYOND:
                return whole
        if kind is float and isinstance(value, int | float | str) and not isinstance(value, bool):
            number = float(value)
            if math.isfinite(number):
                return number
        if kind is str and isinstance(value, str) and value.isprintable():
            return value
    except (ValueError, KeyError, OverflowError):
        pass
    name = kind.__name__ if isinstance(kind, type) else str(kind)
    raise TrainerError(f"{key}: expected {_KIND_WORDS.get(name, name)}, given {_short(value)}")


def _short(value: Any) -> str:
    try:
        return shown(f"{value!r:.80}")
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number beyond all bounds"


_BEYOND = 1 << 53  # a float holds every whole number below
_SWITCHES = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_KIND_WORDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
}


def _flat(recipe: Recipe) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in recipe.to_dict().items():
        values |= value if isinstance(value, dict) else {key: value}
    return values


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return repr(value)
