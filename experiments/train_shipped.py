"""The network that comes with the package, from a photo folder to parameters and model card.

Every stage is kept in --out and skipped on a rerun; a fit that was stopped goes on. The network's
folder is OUT/NAME; --install also puts it into the package. Photos without a licence that lets
what is learnt be published are refused.
"""

import argparse
import hashlib
import json
import math
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from photo_subsets import photos_of, split_all, training_folder
from ship_parts.bars import verdicts
from ship_parts.card import PICTURES, Card, SetFigures, card_text
from ship_parts.commands import fit_command, typed_command
from ship_parts.decoding import Chosen, chosen_decoding
from ship_parts.licenses import photo_rows, require_publishable, write_rows
from ship_parts.network import install, save_half
from ship_parts.pictures import chosen, write_pictures
from ship_parts.shards import photo_splits, require_unseen, write_halves
from ship_parts.stages import Stages

from colorfiles.errors import ColorfilesError
from colorfiles.files import write_atomically
from colorunet.parameters.checkpoint import Trained, load_run
from colorunet.parameters.shipped import SHIPPED_NETWORK
from colorunet.prediction.colorizer import Colorizer, Decoding
from dataprep.photos.rows import Photo
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.evaluation.evaluate import EvaluationSettings, evaluate
from trainer.report.evaluation_job import watch_on_terminal

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent / "packages/colorunet/networks_shipped"
PHOTOS, ORDINARY = "photos", "ordinary photos"


@dataclass(frozen=True)
class Sets:
    """The two shard sets: the photos learnt from, and ordinary ones that are only measured on."""

    photos: Path
    ordinary: Path

    def opened(self) -> dict[str, ShardSet]:
        """Return both, by the name that the card gives them."""
        return {PHOTOS: ShardSet.open(self.photos), ORDINARY: ShardSet.open(self.ordinary)}


def main() -> None:
    """Run every stage that isn't done yet."""
    given = _options()
    out: Path = given.out
    photos = photos_of(given.photos)
    require_publishable(photos)
    stages = Stages(out / "stages")
    sets = _shards(given, stages, photos)
    run = given.run or _fit(given, stages, sets.photos)
    trained = _trained_on(run, sets.photos)
    splits = photo_splits(sets.photos)
    rows = photo_rows({photo.key: photo for photo in photos}, splits)
    require_unseen(sets.ordinary, rows)
    how = _decoding(given, stages, run, trained, sets)
    network = out / SHIPPED_NETWORK
    save_half(trained, how.settings, network, {"name": SHIPPED_NETWORK})
    figures = _figures(given, stages, network, sets)
    write_rows(rows, network / "photos.csv")
    shipped = load_run(network)
    recipe = Recipe.from_dict(shipped.meta["recipe"])
    shown = chosen(figures[PHOTOS].evaluation["images"])
    colorizer = Colorizer.of_run(shipped)
    by_key = {row.key: row for row in rows}
    write_pictures(network / PICTURES, colorizer, sets.opened()[PHOTOS], shown, by_key)
    card = Card(
        name=SHIPPED_NETWORK,
        meta=shipped.meta,
        file_bytes=(network / "best.safetensors").stat().st_size,
        recipe=recipe.to_toml(),
        fit=fit_command(recipe),
        command=typed_command(sys.argv[1:]),
        trained_on=given.trained_on,
        rows=rows,
        decoding=how,
        sets=figures,
        shown=shown,
    )
    with write_atomically(network / "MODEL_CARD.md") as temporary:
        temporary.write_text(card_text(card), encoding="utf-8")
    if given.install:
        install(network, PACKAGE_FOLDER / SHIPPED_NETWORK)
    _tell(network, figures, installed=given.install)


def _shards(given: argparse.Namespace, stages: Stages, photos: Sequence[Photo]) -> Sets:
    out: Path = given.out
    shards, ordinary = given.shards, given.eval_shards
    if shards is None:
        palette, identity = out / "palette.json", _identity(photos)
        chosen, training = out / "split.csv", out / "training-photos"
        training_folder(given.photos, split_all(given.photos, chosen), training)
        words = ["dataprep", "palette", training, "--bins", "32", "--out", palette]
        learnt = stages.command("palette", words, given=identity)
        shards = out / "shards"
        words = ["dataprep", "shard", given.photos, "--palette", palette, "--out", shards]
        asked = [identity, learnt["fingerprint"]]
        stages.command("shards", [*words, "--split-file", chosen], given=asked, how="resume")
    if ordinary is None:
        others = photos_of(given.eval_photos)
        split, ordinary, palette = out / "split-eval.csv", out / "shards-eval", out / "palette.json"
        write_halves(others, split)
        used = ShardSet.open(shards).palette
        with write_atomically(palette) as temporary:
            temporary.write_text(json.dumps(used.to_dict(), indent=1) + "\n")
        words = ["dataprep", "shard", given.eval_photos, "--palette", palette, "--out", ordinary]
        asked = [_identity(others), used.fingerprint]
        words += ["--split-file", split]
        stages.command("shards-eval", words, given=asked, how="resume")
    return Sets(shards, ordinary)


def _fit(given: argparse.Namespace, stages: Stages, shards: Path) -> Path:
    run: Path = given.out / "run"
    fingerprint = ShardSet.open(shards).fingerprint
    words = ["trainer", "fit", str(shards), "--out", str(run), "--recipe", SHIPPED_NETWORK]
    overrides = [f"seed={given.seed}"]
    if given.hours:
        asked = [word for pair in given.overrides for word in ("--set", pair)]
        plan = stages.command("plan", [*words, "--dry-run", *asked], given=fingerprint, how="plain")
        steps = max(1, int(given.hours * 3600 / plan["step_s"]))
        epochs = math.ceil(steps / plan["steps_per_epoch"])
        overrides += [f"max_steps={steps}", f"epochs={epochs}"]
    words += [word for pair in (*overrides, *given.overrides) for word in ("--set", pair)]
    stages.command("fit", words, given=fingerprint, how="resume")
    return run


def _trained_on(run: Path, shards: Path) -> Trained:
    trained = load_run(run)
    theirs = trained.meta["loader"]["fingerprint"]
    ours = ShardSet.open(shards).fingerprint
    if theirs != ours:
        raise SystemExit(
            f"{run}: trained on the shard set {theirs}, given {ours} ({shards}); "
            "name the shards that it was trained on, since their photos are listed with it"
        )
    return trained


def _decoding(
    given: argparse.Namespace, stages: Stages, run: Path, trained: Trained, sets: Sets
) -> Chosen:
    opened = sets.opened()
    words = ["trainer", "calibrate", str(run), str(sets.photos), str(sets.ordinary), "--dry-run"]
    words += ["--limit", str(given.limit)] if given.limit else []
    asked = [
        _identity_of(trained),
        [trained.meta.get(name) for name in ("decoding", "averaging")],
        [shards.fingerprint for shards in opened.values()],
    ]
    found = stages.command("decoding", words, given=asked, how="plain")
    return chosen_decoding(trained, found, tuple(opened))


def _figures(
    given: argparse.Namespace, stages: Stages, network: Path, sets: Sets
) -> dict[str, SetFigures]:
    figures = {}
    compared = {name: (test, ordinary) for name, test, ordinary in given.compare}
    for number, (name, shards) in enumerate(((PHOTOS, sets.photos), (ORDINARY, sets.ordinary))):
        at = f"evaluation-{('photos', 'ordinary')[number]}"
        shipped = _evaluation(stages, at, network, shards, limit=given.limit)
        at_one = _evaluation(stages, f"{at}-t1", network, shards, limit=given.limit, muted=True)
        others = {
            other: json.loads(Path(paths[number]).read_text()) for other, paths in compared.items()
        }
        about = _about_set(name, shipped["samples"])
        figures[name] = SetFigures(about, shipped, verdicts(shipped, at_one, others))
    return figures


def _about_set(name: str, samples: int) -> str:
    if name == PHOTOS:
        return f"{samples} photos of the split test of the photos above, never trained on."
    return (
        f"{samples} ordinary photos, half of a set that was never trained on; "
        "the other half took part in choosing the decoding."
    )


def _evaluation(
    stages: Stages,
    name: str,
    network: Path,
    shards: Path,
    *,
    limit: int | None,
    muted: bool = False,
) -> dict[str, Any]:
    """Measure on the split test as `trainer evaluate` does; ``muted``: the plain mean, T = 1."""
    words = ["trainer", "evaluate", str(network), str(shards), "--split", "test"]
    words += ["--limit", str(limit)] if limit else []
    trained, opened = load_run(network), ShardSet.open(shards)
    colorizer = Colorizer.of_run(trained)
    if muted:
        colorizer.decoding = Decoding(temperature=1.0)

    def evaluated() -> dict[str, Any]:
        print(("at temperature 1: " if muted else "$ ") + shlex.join(words), flush=True)
        settings = EvaluationSettings(split="test", limit=limit)
        return asdict(evaluate(colorizer, opened, settings, watch=watch_on_terminal)[0])

    asked = [words, _identity_of(trained), opened.fingerprint]
    asked += [asdict(colorizer.decoding), asdict(colorizer.averaging)]
    measured: dict[str, Any] = stages.work(name, asked, evaluated)
    return measured


def _identity(photos: Sequence[Photo]) -> str:
    return hashlib.sha256(
        "\n".join(f"{photo.key} {photo.sha256}" for photo in photos).encode()
    ).hexdigest()


def _identity_of(trained: Trained) -> str:
    parameters = trained.network.state_dict().items()
    whole = b"".join(tensor.cpu().numpy().tobytes() for _, tensor in sorted(parameters))
    return hashlib.sha256(whole).hexdigest()


def _tell(network: Path, figures: Mapping[str, SetFigures], *, installed: bool) -> None:
    for name, figure in figures.items():
        met = sum(verdict.met for verdict in figure.verdicts)
        print(f"{name}: {met} of {len(figure.verdicts)} bars met")
        for verdict in figure.verdicts:
            if not verdict.met:
                print(f"  missed: {verdict.bar}; {verdict.measured}")
    place = PACKAGE_FOLDER / network.name if installed else network
    print(f"written: {place}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="experiments/train-shipped", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="photo folder to learn from")
    others = parser.add_mutually_exclusive_group(required=True)
    others.add_argument("--eval-photos", type=Path, help="photo folder of ordinary photos")
    others.add_argument("--eval-shards", type=Path, help="the same as shards: splits val and test")
    parser.add_argument("--out", type=Path, required=True, help="folder of the stages' results")
    parser.add_argument("--hours", type=float, help="steps that take so long  [the recipe's]")
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--seed", type=int, default=0, help="of parameters and order  [0]")
    parser.add_argument("--shards", type=Path, help="shards of PHOTOS that are there already")
    parser.add_argument("--run", type=Path, help="a run that was trained on --shards already")
    parser.add_argument("--trained-on", default=_machine(), help="the machine  [%(default)s]")
    parser.add_argument(
        "--compare",
        action="append",
        nargs=3,
        default=[],
        metavar=("NAME", "PHOTOS.json", "ORDINARY.json"),
        help="another network's `trainer evaluate --json` on the two sets, to be better than",
    )
    parser.add_argument("--limit", type=int, help="samples measured of each split  [all]")
    parser.add_argument("--install", action="store_true", help="also put it into the package")
    given = parser.parse_args()
    if given.run and not given.shards:
        parser.error("--run: name the shards that it was trained on, with --shards")
    return given


def _machine() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{os.cpu_count()} CPU cores"


if __name__ == "__main__":
    try:
        main()
    except ColorfilesError as error:
        sys.exit(f"experiments/train-shipped: {error}")
