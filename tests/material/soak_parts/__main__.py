"""The long run of faults: ``tools/soak``."""

import json
import random
import sys
import time
from itertools import cycle, islice
from pathlib import Path

import click

from soak_parts.commands import NAMES, opened_workshop
from soak_parts.kills import SIGNALS, Outcome, kill_often

_PHOTOGRAPHS = "the pictures that scikit-image brings along"


@click.command(name="soak")
@click.option("--kills", default=50, show_default=True, help="Kills of each command.")
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="This command alone.")
@click.option("--seed", default=0, show_default=True, help="Of the instants.")
@click.option(
    "--photos",
    type=click.Path(path_type=Path, exists=True),
    help=f"Photographs for the Flickr-like server.  [default: {_PHOTOGRAPHS}]",
)
@click.option(
    "--scratch",
    type=click.Path(path_type=Path),
    default=Path("soak"),
    show_default=True,
    help="Folder for all of it, made anew.",
)
def main(kills: int, only: tuple[str, ...], seed: int, photos: Path | None, scratch: Path) -> None:
    """Kill every command at random instants; a rerun must give what an undisturbed one gives.

    SIGKILL, SIGTERM and Ctrl-C take turns. A reader beside opens every file that has its name, at
    every instant. One line of JSON a command, and exit 1 where anything was found.

    tools/soak --kills 50
    """
    found = False
    photographs = photos or _shipped_photographs()
    with opened_workshop(scratch.absolute(), photographs) as (workshop, starter):
        for name in only or NAMES:
            started = time.monotonic()
            outcome = kill_often(
                starter,
                workshop.command(name),
                scratch.absolute() / "killed" / name,
                signals=list(islice(cycle(SIGNALS), kills)),
                rng=random.Random(f"{seed} {name}"),
            )
            found = found or bool(outcome.faults)
            _tell(name, outcome, time.monotonic() - started)
    sys.exit(found)


def _tell(name: str, outcome: Outcome, seconds: float) -> None:
    line = {
        "command": name,
        "kills": sum(outcome.kills.values()),
        "by": dict(outcome.kills),
        "rounds": outcome.rounds,
        "files_read_beside": outcome.glances,
        "seconds": round(seconds),
        "faults": outcome.faults,
    }
    print(json.dumps(line), flush=True)


def _shipped_photographs() -> Path:
    import skimage

    return Path(skimage.__file__).parent / "data"


if __name__ == "__main__":
    main()
