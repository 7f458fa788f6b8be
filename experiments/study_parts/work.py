"""The work of a study: palettes, shards, fits and evaluations, as steps that are kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from command_runner import fit_words
from photo_subsets import merge_folders, photos_of, split_all, training_folder
from step_keeper import EXPERIMENTS, Step, StepKeeper, Words

from study_parts.definition import Entry, Study, Training
from study_parts.photo_choice import (
    part_of,
    split_for_testing,
    split_identity,
    training_colorfulness,
    without_dull,
    write_rows,
)

Scales = tuple[float, ...] | None
SETS = ("photos", "eval")  # test photos of the folder trained on, and photos of another one


@dataclass(frozen=True)
class Budget:
    """What every fit and every evaluation gets.

    Args:
        samples: crops that a fit sees.
        edge: of a crop in pixels.
        size: edge of the views that are cut from photos and measured on.
        seeds: fits of the entries that ask for all.
        limit: samples judged of a split; None takes all.
    """

    samples: int
    edge: int
    size: int
    seeds: int
    limit: int | None


@dataclass(frozen=True)
class Predicting:
    """How a network predicts: temperature, the sizes whose logits are averaged, further options."""

    temperature: float
    scales: Scales
    decode: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What tells the steps' files apart."""
        decode = "".join(self.decode).replace("--", "-")
        return f"T{self.temperature:g}{scales_name(self.scales)}{decode}"

    @property
    def words(self) -> Words:
        """The options of `trainer evaluate`."""
        return ("--temperature", f"{self.temperature:g}", *scales_words(self.scales), *self.decode)


def scales_words(scales: Scales) -> Words:
    """Return the option that names scales, or nothing."""
    return ("--scales", ",".join(f"{scale:g}" for scale in scales)) if scales else ()


def scales_name(scales: Scales) -> str:
    """Return what a file's name says of scales."""
    return "".join(f"-{scale:g}" for scale in scales) if scales else ""


@dataclass(frozen=True)
class Result:
    """What came out of one entry with one seed; evaluations are those of ``trainer evaluate``.

    Args:
        photos: that it was trained on.
        steps: of the fit; seconds and parameters are of the fit too.
        evaluations: by set of photos, in the bins of the entry's own palette.
        same_bins: the same in the bins of the study's common palette.
    """

    seed: int
    run: Path
    how: Predicting
    photos: int
    steps: int
    seconds: float
    parameters: int
    evaluations: Mapping[str, dict[str, Any]]
    same_bins: Mapping[str, dict[str, Any]]


class Work:
    """Does a study's work in a folder and hands out what came of it.

    Args:
        study: what there is to do.
        entries: those of it that are done.
        budget: how much of it.
        photos: photo folder to train on, then the one to measure on only.
        more: further photo folders, for entries that train on them too.
        keeper: where steps are done and kept.
    """

    def __init__(
        self,
        study: Study,
        entries: list[Entry],
        budget: Budget,
        *,
        photos: tuple[Path, Path],
        more: Sequence[Path] = (),
        keeper: StepKeeper,
    ) -> None:
        self._study, self._entries, self._budget = study, entries, budget
        self._photos, self._eval_photos = photos
        self._more = more
        self._keeper, self._out = keeper, keeper.out
        self._identities: dict[Path, str] = {}
        self._made: dict[str, str] = {}  # fingerprints by the step's name
        self.splits: dict[str, int] = {}
        self._left: dict[str, int] = {}  # training photos by the choice among them
        self.results: dict[str, list[Result]] = {entry.name: [] for entry in entries}

    def do(self, *, jobs: int) -> list[str]:
        """Do everything that isn't kept yet; return what the steps that failed said."""
        self._choose_photos()
        failures = self._keeper.all(self._preparations(), jobs=jobs)
        return failures or self._keeper.all(self._fits(), jobs=jobs)

    def shards(self, palette: str, of: str = "photos") -> Path:
        """Return the folder of a shard set with val and test."""
        return self._out / f"shards-{of}-{palette}"

    def _training_shards(self, training: Training) -> Path:
        return self._out / f"shards-photos-{training.palette}{_choice_name(training)}"

    def _training_photos(self, training: Training) -> Path:
        return self._out / f"photos-and-{training.more}-more" if training.more else self._photos

    def _training_split(self, training: Training) -> Path:
        return self._out / f"split{_choice_name(training)}.csv"

    def _choose_photos(self) -> None:
        """Write the split files and the folder of training photos."""
        split = split_all(self._photos, self._out / "split.csv")
        self.splits = {name: list(split.values()).count(name) for name in ("train", "val", "test")}
        self._identities[self._out / "split.csv"] = split_identity(self._photos, split)
        training_folder(self._photos, split, self._out / "training-photos")
        path = self._out / "split-eval.csv"
        for_testing = split_for_testing(self._eval_photos, path)
        self._identities[path] = split_identity(self._eval_photos, for_testing)
        for training in self._trainings_on_some():
            path, least = self._training_split(training), training.least_colorfulness
            kept = dict(split)
            if least:
                kept_in = self._out / "colorfulness.csv"
                measured = training_colorfulness(self._photos, split, kept_in)
                kept = without_dull(split, measured, least)
            kept = part_of(kept, training.share)
            left_out, added = len(split) - len(kept), self._more[: training.more]
            if added:
                merge_folders((self._photos, *added), self._training_photos(training))
                kept |= {photo.key: "train" for folder in added for photo in photos_of(folder)}
            self._left[_choice_name(training)] = list(kept.values()).count("train")
            write_rows(path, ("key", "split"), kept)
            self._identities[path] = split_identity(self._training_photos(training), kept)
            more = f", {len(kept) - len(split) + left_out} more added" if added else ""
            self._keeper.say(f"{path.name}: {left_out} training photos left out{more}")

    def _trainings_on_some(self) -> list[Training]:
        """Return a training for each choice among the training photos, all of them left out."""
        by_choice = {
            (training.palette, _choice_name(training)): training
            for training in (entry.training for entry in self._entries)
        }
        return [training for (_, choice), training in by_choice.items() if choice]

    def _preparations(self) -> list[Callable[[], None]]:
        palettes = {entry.training.palette for entry in self._entries} | {
            self._study.common_palette
        }
        return [
            partial(self._prepare, palette)
            for palette in self._study.palettes
            if palette in palettes
        ]

    def _prepare(self, palette: str) -> None:
        """Learn a palette and write the shard sets that it labels."""
        file = self._out / f"palette-{palette}.json"
        options = self._study.palettes[palette].split()
        words: Words = (
            "dataprep",
            "palette",
            self._out / "training-photos",
            *options,
            "--out",
            file,
        )
        identity = self._identities[self._out / "split.csv"]
        self._do(Step(file.stem, (*words, "--workers", "1"), (identity,), file))
        self._shard(palette, self._photos, self._out / "split.csv", self.shards(palette))
        eval_split = self._out / "split-eval.csv"
        self._shard(palette, self._eval_photos, eval_split, self.shards(palette, "eval"))
        for training in self._trainings_on_some():
            if training.palette == palette:
                split, into = self._training_split(training), self._training_shards(training)
                self._shard(palette, self._training_photos(training), split, into)

    def _shard(self, palette: str, photos: Path, split: Path, into: Path) -> None:
        file = self._out / f"palette-{palette}.json"
        words: Words = ("dataprep", "shard", photos, "--split-file", split, "--palette", file)
        words = (*words, "--size", str(self._budget.size), "--out", into, "--workers", "1")
        after = (self._made[file.stem], self._identities[split])
        self._do(Step(into.name, words, after, into, resumes=True))

    def _fits(self) -> list[Callable[[], None]]:
        """Return one chain a fit, each with all that is measured of it; the first seeds first."""
        chains: dict[tuple[int, Training], list[Entry]] = {}
        for seed in range(self._budget.seeds):
            for entry in self._entries:
                if seed == 0 or entry.all_seeds:
                    chains.setdefault((seed, entry.training), []).append(entry)
        return [partial(self._fit, seed, entries) for (seed, _), entries in chains.items()]

    def _fit(self, seed: int, entries: list[Entry]) -> None:
        """Fit once, then measure as every one of the entries says."""
        budget, training = self._budget, entries[0].training
        name = f"{self._study.fit_name(entries[0])}-s{seed}"
        run = self._out / "runs" / name
        shards = self._training_shards(training)
        texts = self._study.settings(
            entries[0], seed=seed, samples=budget.samples, edge=budget.edge
        )
        words = fit_words(shards, run, self._study.recipe, texts)
        run.parent.mkdir(exist_ok=True)
        fit = self._do(Step(f"fit-{name}", words, (self._made[shards.name],), run, resumes=True))
        for entry in entries:
            temperature = entry.temperature
            if temperature is None:
                temperature = self._suggested(run, training.palette, entry.scales)
            how = Predicting(temperature, entry.scales, entry.decode)
            result = Result(
                seed=seed,
                run=run,
                how=how,
                photos=self._left.get(_choice_name(training), self.splits["train"]),
                steps=fit["step"],
                seconds=fit["elapsed_s"],
                parameters=fit["parameters"],
                evaluations={of: self._evaluate(run, training, of, how) for of in SETS},
                same_bins={of: self._compare(run, training, of, how) for of in SETS},
            )
            self.results[entry.name].append(result)

    def _suggested(self, run: Path, palette: str, scales: Scales) -> float:
        shards = self.shards(palette)
        words: Words = ("trainer", "evaluate", run, shards, "--split", "val", "--sweep-temperature")
        words = (*words, "--limit", "48", *scales_words(scales))
        made = (self._made[f"fit-{run.name}"], self._made[shards.name])
        swept = self._do(Step(f"sweep-{run.name}{scales_name(scales)}", words, made))
        return float(swept["suggested_temperature"])

    def _evaluate(self, run: Path, training: Training, of: str, how: Predicting) -> Any:
        shards = self.shards(training.palette, of)
        words: Words = ("trainer", "evaluate", run, shards, "--split", "test")
        return self._measure("evaluate", words, run, shards, how)

    def _compare(self, run: Path, training: Training, of: str, how: Predicting) -> Any:
        """Return the evaluation in the common palette's bins; where it is its own, the same one."""
        common = self._study.common_palette
        if training.palette == common:
            return self._evaluate(run, training, of, how)
        shards = self.shards(common, of)
        words: Words = ("python", EXPERIMENTS / "study_parts" / "same_bins.py", run, shards)
        return self._measure("compare", words, run, shards, how)

    def _measure(
        self, kind: str, words: Words, run: Path, shards: Path, how: Predicting
    ) -> dict[str, Any]:
        limit = () if self._budget.limit is None else ("--limit", str(self._budget.limit))
        name = f"{kind}-{run.name}-{how.name}-{shards.name.removeprefix('shards-')}"
        made = (self._made[f"fit-{run.name}"], self._made[shards.name])
        return self._do(Step(name, (*words, *how.words, *limit), made))

    def _do(self, step: Step) -> dict[str, Any]:
        record = self._keeper.do(step)
        self._made[step.name] = record.fingerprint
        assert record.result is not None
        return record.result


def _choice_name(training: Training) -> str:
    """Return what tells choices among the training photos apart; nothing where all are taken."""
    dull = f"-above-{training.least_colorfulness:g}" if training.least_colorfulness else ""
    share = f"-share-{training.share:g}" if training.share < 1 else ""
    return dull + share + (f"-and-{training.more}-more" if training.more else "")
