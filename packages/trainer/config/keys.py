"""Recipes and their keys, as `trainer recipes` lists them."""

import dataclasses
import inspect
import re
import textwrap
from dataclasses import dataclass, fields
from typing import Any

from trainer.config.recipe import Recipe, recipe_names, shown_key

_WIDTH = 100
_ARG = re.compile(r"^(\w+): (.*)$")


@dataclass(frozen=True)
class Key:
    """A key of a recipe: its place, default and meaning."""

    section: str
    key: str
    default: str | int | float | bool
    meaning: str


@dataclass(frozen=True)
class Recipes:
    """The shipped recipes with their purposes, and all keys."""

    recipes: dict[str, str]
    keys: list[Key]


def all_recipes() -> Recipes:
    """Return every recipe and every key."""
    return Recipes({name: Recipe.load(name).about for name in recipe_names()}, recipe_keys())


def recipe_keys() -> list[Key]:
    """Return every key that ``--set`` takes, in the order of a recipe."""
    default, keys = Recipe(), list[Key]()
    for outer in fields(Recipe):
        value = getattr(default, outer.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            keys += _keys_of(value, section=outer.name)
        elif outer.name != "about":
            keys.append(Key("", outer.name, value, meanings(Recipe).get(outer.name, "")))
    return keys


def meanings(settings: type) -> dict[str, str]:
    """Return the meaning of each setting from the docstring of its dataclass."""
    texts: dict[str, str] = {}
    name, indent = "", 0
    for line in _args_of(settings):
        depth = len(line) - len(line.lstrip())
        entry = _ARG.match(line.strip())
        if entry and (not name or depth <= indent):
            name, indent = entry[1], depth
            texts[name] = entry[2]
        elif name:
            texts[name] += " " + line.strip()
    return {name: text.replace("``", "") for name, text in texts.items()}


def recipes_text(recipes: Recipes) -> str:
    """Return both lists for a terminal."""
    wide = max(map(len, recipes.recipes))
    lines = ["recipes (trainer recipes NAME prints one whole, to begin your own with)"]
    lines += [f"  {name:{wide}}  {about}" for name, about in recipes.recipes.items()]
    section = None
    wide = max(len(f"{key.key} = {_toml(key.default)}") for key in recipes.keys)
    for key in recipes.keys:
        if key.section != section:
            section = key.section
            lines += ["", f"[{section}]" if section else "keys (--set KEY=VALUE), with defaults"]
        begin = f"  {f'{key.key} = {_toml(key.default)}':{wide}}  "
        lines += textwrap.wrap(
            key.meaning,
            _WIDTH,
            initial_indent=begin,
            subsequent_indent=" " * len(begin),
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def _keys_of(settings: Any, *, section: str) -> list[Key]:
    known = meanings(type(settings))
    return [
        Key(
            section, shown_key(field.name), getattr(settings, field.name), known.get(field.name, "")
        )
        for field in fields(settings)
    ]


def _args_of(settings: type) -> list[str]:
    text = inspect.getdoc(settings) or ""
    _, _, args = text.partition("\nArgs:\n")
    lines = []
    for line in args.splitlines():
        if line.strip() and not line.startswith(" "):
            break  # the next section
        if line.strip():
            lines.append(line)
    return lines


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else f"{value}"
