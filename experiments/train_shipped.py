"""The network that comes with the package, from a photo folder to parameters and model card.

Every step is kept in --out and skipped on a rerun; a fit that was stopped goes on. The network's
folder is OUT/NAME; --install also puts it into the package. Photos without a licence that lets
what is learnt be published are refused.
"""

import hashlib
import json
import math
import os
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import torch
from command_runner import setting_words
from photo_subsets import photos_of, split_all, training_folder
from ship_parts.card import PICTURES, card_text
from ship_parts.card_content import Card, SetFigures
from ship_parts.commands import fit_command, typed_command
from ship_parts.criteria import Bars, verdicts
from ship_parts.decoding import DecodingChoice, choose_decoding
from ship_parts.licenses import (
    PhotoRow,
    ResearchSet,
    photo_rows,
    read_research_sets,
    require_publishable,
    set_counts,
    write_rows,
)
from ship_parts.network import install, save_half
from ship_parts.people import skin_figures
from ship_parts.pictures import choose_pictures, write_pictures
from ship_parts.shards import photo_splits, require_unseen, write_halves
from step_keeper import Step, StepFailed, StepKeeper, Words

from colorfiles.errors import ColorfilesError
from colorfiles.files import write_atomically
from colorunet.coloring.colorizer import Colorizer
from colorunet.export.onnx_export import export_beside
from colorunet.parameters.checkpoint import Trained, load_run
from colorunet.parameters.published import published_file
from colorunet.parameters.shipped import DEFAULT_NETWORK, ONNX_FILE
from dataprep.palettes.palette_file import read_palette, write_palette
from dataprep.photos.rows import Photo
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.evaluation.evaluate import evaluate
from trainer.evaluation.result import EvaluationSettings
from trainer.report.evaluation_job import watch_on_terminal

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent / "packages/colorunet/networks_shipped"
PHOTOS, ORDINARY, LANDSCAPES = "photos", "ordinary photos", "landscapes"
OLD, OLD_PHOTOS = "old prints", 60  # of the ordinary photos, the first ones
BARS = {
    PHOTOS: Bars(3.5, 2.0, 0.08, 0.6, (0.75, 1.1), 0.4, 0.3),
    ORDINARY: Bars(1.0, 1.0, 0.05, 0.5, (0.65, 1.1), 0.3, 0.25),
    LANDSCAPES: Bars(0.5, 0.5, 0.05, 0.5, (0.65, 1.1), 0.3, 0.25),
}


@dataclass(frozen=True)
class Sets:
    """Shard sets for training and for measuring.

    Args:
        trained: what the fit reads.
        photos: whose splits val and test are of photos that are listed one by one.
        ordinary: of photos that were never learnt from.
        landscapes: likewise.
    """

    trained: Path
    photos: Path
    ordinary: Path
    landscapes: Path | None = None

    @property
    def by_name(self) -> dict[str, Path]:
        """Sets for measuring, by their names in the card."""
        named = {PHOTOS: self.photos, ORDINARY: self.ordinary, LANDSCAPES: self.landscapes}
        return {name: path for name, path in named.items() if path is not None}

    def opened(self) -> dict[str, ShardSet]:
        """Return them, opened, by name."""
        return {name: ShardSet.open(path) for name, path in self.by_name.items()}


@dataclass(frozen=True)
class Options:
    """Options of the command line."""

    photos: Path
    eval_photos: Path | None
    eval_shards: Path | None
    out: Path
    hours: float | None
    overrides: tuple[str, ...]
    seed: int
    shards: Path | None
    listed_shards: Path | None
    research_sets: Path | None
    people: Path | None
    run: Path | None
    trained_on: str
    earlier: tuple[str, ...]
    earlier_shards: tuple[Path, ...]
    name: str
    landscapes: Path | None
    scales: str | None
    limit: int | None
    install: bool


def _machine() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{os.cpu_count()} CPU cores"


def _folder(name: str, help_text: str, *, required: bool = False) -> Any:
    return click.option(name, type=click.Path(path_type=Path), required=required, help=help_text)


@click.command(help=__doc__)
@_folder("--photos", "Photo folder to learn from.", required=True)
@_folder("--eval-photos", "Photo folder of ordinary photos.")
@_folder("--eval-shards", "The same as shards: splits val and test.")
@_folder("--out", "Folder of the steps' results.", required=True)
@click.option("--hours", type=float, help="Steps that take so long.  [default: the recipe's]")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE")
@click.option("--seed", default=0, show_default=True, help="Of parameters and order.")
@_folder("--shards", "Shards of PHOTOS that are there already.")
@_folder("--listed-shards", "To measure on, where --shards holds photos of data sets too.")
@_folder("--research-sets", "CSV of the data sets among PHOTOS: name, shows, source, terms.")
@_folder("--people", "Folder of the photos that tests/material/people.csv names.")
@_folder("--run", "A run that was trained on --shards already.")
@click.option("--trained-on", default=_machine, help="The machine.  [default: this one]")
@click.option("--earlier", multiple=True, help="A fit that the run started from, for the card.")
@click.option(
    "--earlier-shards",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Shards that a fit before the run read: their photos are listed too.",
)
@click.option("--name", default=DEFAULT_NETWORK, show_default=True, help="Of the network.")
@_folder("--landscapes", "Shards of a third kind: splits val and test.")
@click.option("--scales", help="As `trainer calibrate` has them.  [default: it chooses]")
@click.option("--limit", type=int, help="Samples measured of each split.  [default: all]")
@click.option("--install", is_flag=True, help="Also put it into the package.")
def main(**words: Any) -> None:
    """Run every step that isn't done."""
    options = Options(**words)
    if (options.eval_photos is None) == (options.eval_shards is None):
        raise click.UsageError("one of --eval-photos and --eval-shards is required, not both")
    if options.run and not options.shards:
        raise click.UsageError("--run: name the shards that it was trained on, with --shards")
    try:
        photos = photos_of(options.photos)
        require_publishable(photos, read_research_sets(options.research_sets))
        with StepKeeper(options.out, records="stages", overwrite=True) as keeper:
            _ship(options, keeper, photos)
    except ColorfilesError as error:
        sys.exit(f"experiments/train-shipped: {error}")
    except StepFailed as error:
        print(f"experiments/train-shipped: {error}", file=sys.stderr)
        sys.exit(error.returncode)


def _ship(options: Options, keeper: StepKeeper, photos: Sequence[Photo]) -> None:
    """Train, choose the decoding, measure, and write the network's folder."""
    sets = _sets(options, keeper, photos)
    run = options.run or _fit(options, keeper, sets.trained)
    trained = _trained_on(run, sets.trained)
    splits = photo_splits(sets.trained, options.earlier_shards)
    research = read_research_sets(options.research_sets)
    by_key = {photo.key: photo for photo in photos}
    rows = photo_rows(by_key, splits, research)
    counts = set_counts(by_key, splits, research)
    for name, shards in sets.by_name.items():
        if name != PHOTOS:
            require_unseen(shards, rows)
    decoding = _decoding(options, keeper, run, trained, sets)
    network = options.out / options.name
    save_half(trained, decoding.settings, network, {"name": options.name})
    parameters = network / "best.safetensors"
    export_beside(load_run(network).network, network / ONNX_FILE, parameters)
    figures = _figures(options, keeper, network, sets)
    write_rows(rows, network / "photos.csv")
    learnt = [(research[name], count) for name, count in counts.items()]
    _write_card(
        options, network, rows, decoding=decoding, figures=figures, sets=sets, research=learnt
    )
    if options.install:
        install(network, PACKAGE_FOLDER / options.name)
    _print_verdicts(network, figures, installed=options.install)


def _write_card(
    options: Options,
    network: Path,
    rows: Sequence[PhotoRow],
    *,
    decoding: DecodingChoice,
    figures: dict[str, SetFigures],
    sets: Sets,
    research: Sequence[tuple[ResearchSet, Counter[str]]],
) -> None:
    """Write the model card, with pictures of photos that weren't trained on."""
    shipped = load_run(network)
    recipe = Recipe.from_dict(shipped.meta["recipe"])
    dials = recipe.network
    pictures = choose_pictures(figures[PHOTOS].evaluation["images"])
    by_key = {row.key: row for row in rows}
    colorizer = Colorizer.of_run(shipped)
    write_pictures(network / PICTURES, colorizer, sets.opened()[PHOTOS], pictures, by_key)
    card = Card(
        name=options.name,
        encoder=published_file(dials.encoder, dials.encoder_file) if dials.pretrained else None,
        meta=shipped.meta,
        file_bytes=(network / "best.safetensors").stat().st_size,
        recipe=recipe.to_toml(),
        fit=fit_command(recipe, options.name),
        command=typed_command(sys.argv[1:]),
        trained_on=options.trained_on,
        earlier=options.earlier,
        rows=rows,
        research=research,
        decoding=decoding,
        sets=figures,
        people=skin_figures(colorizer, options.people) if options.people else {},
        pictures=pictures,
    )
    with write_atomically(network / "MODEL_CARD.md") as temporary:
        temporary.write_text(card_text(card), encoding="utf-8")


def _sets(options: Options, keeper: StepKeeper, photos: Sequence[Photo]) -> Sets:
    palette = options.out / "palette.json"
    shards = options.shards or _training_shards(options, keeper, photos, palette)
    if options.shards:
        write_palette(ShardSet.open(shards).palette, str(palette), overwrite=True)
    ordinary = options.eval_shards or _ordinary_shards(options, keeper, palette)
    return Sets(shards, options.listed_shards or shards, ordinary, options.landscapes)


def _training_shards(
    options: Options, keeper: StepKeeper, photos: Sequence[Photo], palette: Path
) -> Path:
    out, identity = options.out, _identity(photos)
    split, training, shards = out / "split.csv", out / "training-photos", out / "shards"
    training_folder(options.photos, split_all(options.photos, split), training)
    words: Words = ("dataprep", "palette", training, "--bins", "32", "--out", palette)
    fingerprint = keeper.do(Step("palette", words, (identity,), palette)).result["fingerprint"]
    words = ("dataprep", "shard", options.photos, "--palette", palette, "--out", shards)
    words = (*words, "--split-file", split)
    keeper.do(Step("shards", words, (identity, fingerprint), shards, resumes=True))
    return shards


def _ordinary_shards(options: Options, keeper: StepKeeper, palette: Path) -> Path:
    assert options.eval_photos is not None
    photos = photos_of(options.eval_photos)
    split, shards = options.out / "split-eval.csv", options.out / "shards-eval"
    write_halves(photos, split)
    words: Words = ("dataprep", "shard", options.eval_photos, "--palette", palette)
    words = (*words, "--out", shards, "--split-file", split)
    after = (_identity(photos), read_palette(str(palette)).fingerprint)
    keeper.do(Step("shards-eval", words, after, shards, resumes=True))
    return shards


def _fit(options: Options, keeper: StepKeeper, shards: Path) -> Path:
    run = options.out / "run"
    after = (ShardSet.open(shards).fingerprint,)
    words: Words = ("trainer", "fit", shards, "--out", run, "--recipe", options.name)
    overrides = [f"seed={options.seed}"]
    if options.hours:
        dry = (*words, "--dry-run", *setting_words(options.overrides))
        expected = keeper.do(Step("dry-run", dry, after)).result
        steps = max(1, int(options.hours * 3600 / expected["step_s"]))
        epochs = math.ceil(steps / expected["steps_per_epoch"])
        overrides += [f"max_steps={steps}", f"epochs={epochs}"]
    words = (*words, *setting_words([*overrides, *options.overrides]))
    keeper.do(Step("fit", words, after, run, resumes=True))
    return run


def _trained_on(run: Path, shards: Path) -> Trained:
    trained = load_run(run)
    theirs = trained.meta["loader"]["fingerprint"]
    ours = ShardSet.open(shards).fingerprint
    if theirs != ours:
        raise ColorfilesError(
            f"{run}: trained on the shard set {theirs}, given {ours} ({shards}); "
            "name the shards that it was trained on, since their photos are listed with it"
        )
    return trained


def _decoding(
    options: Options, keeper: StepKeeper, run: Path, trained: Trained, sets: Sets
) -> DecodingChoice:
    opened = sets.opened()
    words: Words = ("trainer", "calibrate", run, *sets.by_name.values(), "--dry-run")
    if options.scales:
        words = (*words, "--scales", options.scales)
    if options.limit:
        words = (*words, "--limit", str(options.limit))
    after = (
        trained.fingerprint,
        json.dumps([trained.meta.get(name) for name in ("decoding", "averaging")]),
        *(shards.fingerprint for shards in opened.values()),
    )
    calibration = keeper.do(Step("decoding", words, after)).result
    return choose_decoding(trained, calibration, tuple(opened))


def _figures(
    options: Options, keeper: StepKeeper, network: Path, sets: Sets
) -> dict[str, SetFigures]:
    figures = {}
    for name, shards in sets.by_name.items():
        evaluation = _evaluation(keeper, name, network, shards, limit=options.limit)
        about = _about_set(name, evaluation["samples"])
        figures[name] = SetFigures(about, evaluation, verdicts(evaluation, BARS[name]))
    few = min(OLD_PHOTOS, options.limit or OLD_PHOTOS)
    evaluation = _evaluation(keeper, OLD, network, sets.ordinary, limit=few, aged=True)
    about = f"the first {evaluation['samples']} of the ordinary photos, shown to the network as "
    about += "old prints: blurred, faded, grainy, scratched, every other one on film blind to red."
    figures[OLD] = SetFigures(about, evaluation, verdicts(evaluation, BARS[ORDINARY]))
    return figures


def _about_set(name: str, samples: int) -> str:
    if name == PHOTOS:
        return f"{samples} photos of the split test of the photos above, never trained on."
    return (
        f"{samples} {name}, of a set that was never trained on; "
        "others of it took part in choosing the decoding."
    )


def _evaluation(
    keeper: StepKeeper,
    name: str,
    network: Path,
    shards: Path,
    *,
    limit: int | None,
    aged: bool = False,
) -> dict[str, Any]:
    """Measure on the split test as `trainer evaluate` does."""
    words = ["trainer", "evaluate", str(network), str(shards), "--split", "test"]
    words += ["--limit", str(limit)] if limit else []
    words += ["--aged"] if aged else []
    trained, opened = load_run(network), ShardSet.open(shards)
    colorizer = Colorizer.of_run(trained)

    def evaluated() -> dict[str, Any]:
        print("$ " + shlex.join(words), flush=True)
        settings = EvaluationSettings(split="test", limit=limit, aged=aged)
        return asdict(evaluate(colorizer, opened, settings, watch=watch_on_terminal)[0])

    after: list[Any] = [words, trained.fingerprint, opened.fingerprint]
    after += [asdict(colorizer.decoding), asdict(colorizer.averaging)]
    at = f"evaluation-{name.replace(' ', '-')}"
    evaluation: dict[str, Any] = keeper.call(at, after, evaluated)
    return evaluation


def _identity(photos: Sequence[Photo]) -> str:
    return hashlib.sha256(
        "\n".join(f"{photo.key} {photo.sha256}" for photo in photos).encode()
    ).hexdigest()


def _print_verdicts(network: Path, figures: Mapping[str, SetFigures], *, installed: bool) -> None:
    for name, figure in figures.items():
        met = sum(verdict.met for verdict in figure.verdicts)
        print(f"{name}: {met} of {len(figure.verdicts)} bars met")
        for verdict in figure.verdicts:
            if not verdict.met:
                print(f"  missed: {verdict.bar}; {verdict.measured}")
    place = PACKAGE_FOLDER / network.name if installed else network
    print(f"written: {place}")


if __name__ == "__main__":
    main()
