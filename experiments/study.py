"""The ablation from the poster's recipe to ours, by the commands that a person would type.

experiments/study.toml says what is fitted and measured. Every finished step is kept in --out: the
same command again goes on where a killed one stopped, and once all is done only writes the tables,
figures and pictures anew.
"""

import os
import signal
import sys
from pathlib import Path

import click
from step_keeper import StepFailed, StepKeeper
from study_parts.definition import ABLATION_STEP, Entry, Study, read_study
from study_parts.work import Budget, Work

STUDY = Path(__file__).with_suffix(".toml")


def _at_least_one(_: click.Context, option: click.Parameter, value: int) -> int:
    if value < 1:
        raise click.UsageError(f"--{option.name}: expected at least 1, given {value}")
    return value


@click.command(help=__doc__)
@click.option(
    "--photos", type=click.Path(path_type=Path), required=True, help="Photo folder to train on."
)
@click.option(
    "--eval-photos",
    type=click.Path(path_type=Path),
    required=True,
    help="Photo folder to measure on only.",
)
@click.option(
    "--more",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Photo folder that entries with 'more' train on too; may be given again.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder; a rerun goes on in it."
)
@click.option(
    "--samples",
    default=32000,
    show_default=True,
    callback=_at_least_one,
    help="Crops that each fit sees.",
)
@click.option(
    "--edge", default=128, show_default=True, callback=_at_least_one, help="Of a crop, px."
)
@click.option(
    "--size", default=256, show_default=True, callback=_at_least_one, help="Of the views, px."
)
@click.option(
    "--seeds", default=3, show_default=True, callback=_at_least_one, help="Of the two ends."
)
@click.option(
    "--jobs", default=2, show_default=True, callback=_at_least_one, help="Commands at once."
)
@click.option("--only", help="NAME,…: of the entries of the plan.  [default: all]")
@click.option("--limit", type=int, help="Samples judged of each test split.  [default: all]")
@click.option(
    "--plan", type=click.Path(path_type=Path), default=STUDY, help="[default: study.toml beside it]"
)
@click.option("--overwrite", is_flag=True, help="Do steps again whose settings have changed.")
def main(
    photos: Path,
    eval_photos: Path,
    more: tuple[Path, ...],
    out: Path,
    samples: int,
    edge: int,
    size: int,
    seeds: int,
    jobs: int,
    only: str | None,
    limit: int | None,
    plan: Path,
    overwrite: bool,
) -> None:
    """Do all that isn't done, then write what came of it."""
    os.environ["OMP_NUM_THREADS"] = "1"  # as the commands have it, which take a core each
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        study = read_study(plan)
        entries = _entries(study, only)
        if (asked := max(entry.training.more for entry in entries)) > len(more):
            raise ValueError(
                f"--more: {asked} further photo folders are trained on, {len(more)} given"
            )
        budget = Budget(samples, edge, size, seeds, limit)
        with StepKeeper(
            out,
            aliases={photos: "PHOTOS", eval_photos: "EVAL-PHOTOS"}
            | {folder: f"MORE-{number}" for number, folder in enumerate(more, 1)},
            overwrite=overwrite,
            logs=True,
            environment={"OMP_NUM_THREADS": "1"},
        ) as keeper:
            work = Work(
                study, entries, budget, photos=(photos, eval_photos), more=more, keeper=keeper
            )
            failures = work.do(jobs=jobs)
            if any(work.results.values()):
                _write(study, entries, work, budget, photos=photos, out=out)
    except (StepFailed, ValueError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")
    if failures:
        sys.exit("\n".join(["error: not all could be done:", *failures]))


def _write(
    study: Study, entries: list[Entry], work: Work, budget: Budget, *, photos: Path, out: Path
) -> None:
    from study_parts.figures import draw_curves, draw_pareto, draw_study
    from study_parts.pictures import write_pictures
    from study_parts.results import collect_results, write_json
    from study_parts.text import study_text

    from dataprep.photos.folder import PhotoFolder
    from trainer.data.shard_set import ShardSet

    results = collect_results(study, entries, work, budget)
    write_json(results, out / "study.json")
    ablation = [entry.name for entry in results.of_kind(ABLATION_STEP)] or [results.entries[0].name]
    firsts = {name: min(work.results[name], key=lambda result: result.seed) for name in ablation}
    shown = write_pictures(
        ShardSet.open(work.shards(study.common_palette)),
        {photo.key: photo for photo in PhotoFolder(photos).kept()},
        {name: (first.run, first.how) for name, first in firsts.items()},
        out / "pictures.jpg",
    )
    text = study_text(results, shown)
    (out / "study.md").write_text(text, encoding="utf-8")
    draw_study(results, out / "study.png")
    names = ["study.md", "study.json", "pictures.jpg", "study.png"]
    if results.of_kind("pareto"):
        draw_pareto(results, out / "pareto.png")
        names.append("pareto.png")
    if results.of_kind("curve", "pareto"):
        draw_curves(results, out / "curves.png")
        names.append("curves.png")
    print(f"\n{text}\n" + ", ".join(str(out / name) for name in names))


def _entries(study: Study, only: str | None) -> list[Entry]:
    names = [entry.name for entry in study.entries]
    chosen = [name.strip() for name in only.split(",")] if only else names
    if unknown := [name for name in chosen if name not in names]:
        raise ValueError(
            f"--only {', '.join(unknown)}: no such entry; there are {', '.join(names)}"
        )
    return [entry for entry in study.entries if entry.name in chosen]


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
