"""What a study fits and measures, from a TOML file: ablation steps that each add one change."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trainer.config.recipe import Recipe
from trainer.errors import TrainerError

ABLATION_STEP = "rung"  # as study.toml and study.json call it
KINDS = (ABLATION_STEP, "baseline", "pareto", "curve")
AXES = ("photos", "crops")  # what a curve is drawn against
ON_VAL = "val"
_OWN = {"name", "change", "from", "set", "palette", "temperature", "scales", "length"} | {
    "least_colorfulness",
    "share",
    "more",
    "decode",
    "axis",
    "all_seeds",
}


@dataclass(frozen=True)
class Training:
    """What a fit depends on besides its seed; entries that are equal in it share their runs.

    Args:
        palette: name of the palette that labels the shards.
        least_colorfulness: training photos below it are left out; 0 takes all.
        share: of the training photos that are left, the part that is taken.
        more: how many further photo folders are trained on beside the study's own.
        overrides: ``key=value`` on top of the study's recipe.
        length: factor on the samples seen.
    """

    palette: str
    least_colorfulness: float
    share: float
    more: int
    overrides: tuple[tuple[str, str], ...]
    length: float


@dataclass(frozen=True)
class Entry:
    """An ablation step, a baseline or a point of a plot: a training, and how its network predicts.

    Args:
        set_here: the keys that this entry changes itself.
        temperature: of the annealed mean; None: the one that suits the split val.
        scales: sizes of a photo whose logits are averaged; None: the photo as it is.
        decode: further options of ``trainer evaluate``, which say how colours are decoded.
        axis: of a curve: which of ``AXES`` its points differ in.
    """

    kind: str
    name: str
    change: str
    training: Training
    set_here: tuple[tuple[str, str], ...]
    temperature: float | None
    scales: tuple[float, ...] | None
    decode: tuple[str, ...]
    all_seeds: bool
    axis: str | None


@dataclass(frozen=True)
class Study:
    """All entries in order, the palettes by name with their options, and the recipe beneath."""

    recipe: str
    same: tuple[tuple[str, str], ...]
    palettes: Mapping[str, str]
    entries: tuple[Entry, ...]

    def of_kind(self, kind: str) -> list[Entry]:
        """Return the entries of a kind, in order."""
        return [entry for entry in self.entries if entry.kind == kind]

    @property
    def common_palette(self) -> str:
        """The last ablation step's palette: what all are measured in where bins must be equal."""
        return self.of_kind(ABLATION_STEP)[-1].training.palette

    def fit_name(self, entry: Entry) -> str:
        """Return the name of the first entry with the same training: the fit is its."""
        first = next(other for other in self.entries if other.training == entry.training)
        return first.name

    def settings(self, entry: Entry, *, seed: int, samples: int, edge: int) -> list[str]:
        """Return the ``key=value`` texts of a fit that sees ``samples`` crops of ``edge`` px."""
        texts = _texts(dict(self.same) | dict(entry.training.overrides))
        batch = Recipe.load(self.recipe).with_overrides(texts).batch_size
        steps = max(1, round(samples * entry.training.length / batch))
        return [*texts, f"crop={edge}", f"max_steps={steps}", f"seed={seed}"]


def read_study(path: Path) -> Study:
    """Read and check a study, so that no mistake in it shows up after hours.

    Raises:
        ValueError: a key or a name isn't known, or the recipe refuses a setting.
    """
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    entries: list[Entry] = []
    for kind in KINDS:
        for table in content.get(kind, []):
            entries.append(_entry(kind, table, entries))
    study = Study(
        recipe=content["recipe"],
        same=_pairs(content.get("same", {})),
        palettes=content["palettes"],
        entries=tuple(entries),
    )
    for entry in entries:
        if entry.training.palette not in study.palettes:
            raise ValueError(f"{path}: {entry.name}: no palette {entry.training.palette!r}")
        try:
            study.settings(entry, seed=0, samples=1, edge=64)
        except TrainerError as error:
            raise ValueError(f"{path}: {entry.name}: {error}") from None
    return study


def _entry(kind: str, table: Mapping[str, Any], before: list[Entry]) -> Entry:
    name = table["name"]
    if unknown := table.keys() - _OWN:
        raise ValueError(f"{name}: unknown {', '.join(sorted(unknown))}; there are {sorted(_OWN)}")
    if not re.fullmatch("[a-z0-9-]+", name):
        raise ValueError(f"{name}: a name has small letters, digits and dashes: folders bear it")
    if any(entry.name == name for entry in before):
        raise ValueError(f"{name}: the name stands for another entry already")
    if (table.get("axis") in AXES) != (kind == "curve"):
        raise ValueError(f"{name}: a curve, and nothing else, has an axis: one of {AXES}")
    former = _former(kind, table, before)
    training = former.training if former else Training("", 0.0, 1.0, 0, (), 1.0)
    set_here = _pairs(table.get("set", {}))
    training = replace(
        training,
        palette=table.get("palette", training.palette),
        least_colorfulness=float(table.get("least_colorfulness", training.least_colorfulness)),
        share=float(table.get("share", training.share)),
        more=int(table.get("more", training.more)),
        overrides=tuple((dict(training.overrides) | dict(set_here)).items()),
        length=float(table.get("length", training.length)),
    )
    inherited = former.temperature if former else None
    given = table.get("temperature", inherited)
    return Entry(
        kind=kind,
        name=name,
        change=table["change"],
        training=training,
        set_here=set_here,
        temperature=None if given in (None, ON_VAL) else float(given),
        scales=tuple(table["scales"]) if "scales" in table else former.scales if former else None,
        decode=tuple(table["decode"].split())
        if "decode" in table
        else former.decode
        if former
        else (),
        all_seeds=bool(table.get("all_seeds", False)),
        axis=table.get("axis"),
    )


def _former(kind: str, table: Mapping[str, Any], before: list[Entry]) -> Entry | None:
    if "from" not in table:
        return before[-1] if before and kind == ABLATION_STEP else None
    former = [entry for entry in before if entry.name == table["from"]]
    if not former:
        raise ValueError(f"{table['name']}: from {table['from']!r}: no such entry before it")
    return former[0]


def _pairs(table: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (key, str(value).lower() if isinstance(value, bool) else str(value))
        for key, value in table.items()
    )


def _texts(pairs: Mapping[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in pairs.items()]
