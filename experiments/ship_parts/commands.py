"""Command lines in a model card."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainer.config.recipe import Recipe


def fit_command(recipe: Recipe, base: str) -> str:
    """Return the command of a fit, with its differences from ``base``."""
    shipped, settings = Recipe.load(base).to_dict(), recipe.to_dict()
    words = ["trainer", "fit", "SHARDS", "--out", "RUN", "--recipe", base]
    for key, value in settings.items():
        if isinstance(value, dict):
            changed = {k: v for k, v in value.items() if v != shipped[key][k]}
        else:
            changed = {key: value} if value != shipped[key] and key != "about" else {}
        for name, setting in changed.items():
            words += ["--set", f"{'lambda' if name == 'lam' else name}={_written(setting)}"]
    return shlex.join(words)


def typed_command(words: Sequence[str]) -> str:
    """Return a command with paths relative to the present folder, or names of distant ones."""
    return shlex.join(["experiments/train-shipped", *(_near(word) for word in words)])


def _near(word: str) -> str:
    if not os.path.isabs(word):
        return word
    path = Path(os.path.relpath(word))
    return path.name if path.parts[:2] == ("..", "..") else str(path)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
