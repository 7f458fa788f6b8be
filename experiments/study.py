"""The ablation from the poster's recipe to ours, by the commands that a person would type.

experiments/study.toml says what is fitted and measured. Every finished step is kept in --out: the
same command again goes on where a killed one stopped, and once all is done only writes the tables,
figures and pictures anew.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from study_parts.plan import Entry, Plan, read_plan
from study_parts.steps import Bench, StepFailed
from study_parts.work import Budget, Work

PLAN = Path(__file__).with_suffix(".toml")


def main() -> None:
    """Do all that isn't done, then write what came of it."""
    os.environ["OMP_NUM_THREADS"] = "1"  # as the commands have it, which take a core each
    given = _options()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        plan = read_plan(given.plan)
        chosen = _chosen(plan, given.only)
        given.out.mkdir(parents=True, exist_ok=True)
        aliases = {given.photos: "PHOTOS", given.eval_photos: "EVAL-PHOTOS"}
        budget = Budget(given.samples, given.edge, given.size, given.seeds, given.limit)
        photos = (given.photos, given.eval_photos)
        with Bench(given.out, aliases=aliases, overwrite=given.overwrite) as bench:
            work = Work(plan, chosen, budget, photos=photos, bench=bench)
            failures = work.do(jobs=given.jobs)
            if any(work.results.values()):
                _write(plan, chosen, work, budget, photos=given.photos, out=given.out)
    except (StepFailed, ValueError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")
    if failures:
        sys.exit("\n".join(["error: not all could be done:", *failures]))


def _write(
    plan: Plan, chosen: list[Entry], work: Work, budget: Budget, *, photos: Path, out: Path
) -> None:
    from study_parts.figures import draw_curves, draw_pareto, draw_study
    from study_parts.pictures import write_pictures
    from study_parts.report import report, write_json
    from study_parts.text import study_text

    from dataprep.photos.folder import PhotoFolder
    from trainer.data.shard_set import ShardSet

    found = report(plan, chosen, work, budget)
    write_json(found, out / "study.json")
    rungs = [entry.name for entry in found.of_kind("rung")] or [found.entries[0].name]
    firsts = {name: min(work.results[name], key=lambda result: result.seed) for name in rungs}
    shown = write_pictures(
        ShardSet.open(work.shards(plan.common_palette)),
        {photo.key: photo for photo in PhotoFolder(photos).kept()},
        {name: (first.run, first.how) for name, first in firsts.items()},
        out / "pictures.jpg",
    )
    text = study_text(found, shown)
    (out / "study.md").write_text(text, encoding="utf-8")
    draw_study(found, out / "study.png")
    draw_pareto(found, out / "pareto.png")
    draw_curves(found, out / "curves.png")
    names = ("study.md", "study.json", "study.png", "pareto.png", "curves.png", "pictures.jpg")
    print(f"\n{text}\n" + ", ".join(str(out / name) for name in names))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="photo folder to train on")
    parser.add_argument(
        "--eval-photos", type=Path, required=True, help="photo folder to measure on only"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder; a rerun goes on in it")
    parser.add_argument(
        "--samples", type=int, default=32000, help="crops that each fit sees  [%(default)s]"
    )
    parser.add_argument("--edge", type=int, default=128, help="of a crop, px  [%(default)s]")
    parser.add_argument("--size", type=int, default=256, help="of the views, px  [%(default)s]")
    parser.add_argument("--seeds", type=int, default=3, help="of the two ends  [%(default)s]")
    parser.add_argument("--jobs", type=int, default=2, help="commands at once  [%(default)s]")
    parser.add_argument("--only", help="NAME,…: of the entries of the plan  [all]")
    parser.add_argument("--limit", type=int, help="samples judged of each test split  [all]")
    parser.add_argument("--plan", type=Path, default=PLAN, help="[experiments/study.toml]")
    parser.add_argument(
        "--overwrite", action="store_true", help="do steps again whose settings have changed"
    )
    given = parser.parse_args()
    for name in ("samples", "edge", "size", "seeds", "jobs"):
        if getattr(given, name) < 1:
            parser.error(f"--{name}: expected at least 1, given {getattr(given, name)}")
    return given


def _chosen(plan: Plan, only: str | None) -> list[Entry]:
    names = [entry.name for entry in plan.entries]
    wanted = [name.strip() for name in only.split(",")] if only else names
    if unknown := [name for name in wanted if name not in names]:
        raise ValueError(
            f"--only {', '.join(unknown)}: no such entry; there are {', '.join(names)}"
        )
    return [entry for entry in plan.entries if entry.name in wanted]


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
