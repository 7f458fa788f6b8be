"""A command killed at random instants, a reader beside it, and what the rerun gives."""

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from soak_parts.commands import Command
from soak_parts.warm_start import WarmStart
from soak_parts.whole_files import Reader, content_of

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_LEAST_S = 0.02
_OF_WORK_DONE = ("written: ", "step ")  # a line that was on its way when the signal came
_MOST_IN_VAIN = 30  # rounds without a kill, each sooner than the one before
_ENDED_BY = {  # what a command may say of its end
    signal.SIGKILL: {-signal.SIGKILL},
    signal.SIGTERM: {-signal.SIGTERM, 128 + signal.SIGTERM},
    signal.SIGINT: {-signal.SIGINT, 128 + signal.SIGINT},
}


@dataclass
class Outcome:
    """What came of one command.

    Args:
        kills: by the signal's name; those that came too late don't count.
        rounds: from an empty folder to the end.
        glances: files that the reader beside read.
        faults: what went wrong, in words.
    """

    kills: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    glances: int = 0
    faults: list[str] = field(default_factory=list)


def kill_often(
    starter: WarmStart,
    command: Command,
    folder: Path,
    *,
    signals: Sequence[signal.Signals],
    rng: random.Random,
) -> Outcome:
    """Kill a command by each of ``signals`` in turn, run it to its end, and compare.

    Args:
        starter: of commands.
        command: what is run.
        folder: scratch.
        signals: one a kill.
        rng: draws the instants.
    """
    outcome = Outcome()
    calm = folder / "calm"
    started = time.monotonic()
    running = starter.start(command.prepare(calm))
    code = running.wait()
    duration = time.monotonic() - started
    if code:
        outcome.faults.append(f"undisturbed it ends with {code}: {running.err.read_text()[-300:]}")
        return outcome
    expected = content_of(calm)
    waiting = list(signals)
    in_vain = 0
    while waiting:
        if in_vain == _MOST_IN_VAIN:
            outcome.faults.append(f"{waiting[0].name} never reaches it")
            return outcome
        before = len(waiting)
        words = command.prepare(folder / "killed")
        reader = Reader(folder / "killed")
        reader.start()
        duration = _round(starter, words, waiting, duration, rng=rng, outcome=outcome)
        in_vain = in_vain + 1 if len(waiting) == before else 0
        _compare(starter, words, folder / "killed", expected, outcome)
        reader.stop()
        outcome.glances += reader.glances
        outcome.faults += reader.faults
        outcome.rounds += 1
    shutil.rmtree(folder)
    return outcome


def _round(
    starter: WarmStart,
    words: Sequence[str],
    waiting: list[signal.Signals],
    duration: float,
    *,
    rng: random.Random,
    outcome: Outcome,
) -> float:
    """Kill the command repeatedly until it ends before a kill, or no signal is left.

    Returns within how many seconds to kill the next time: half of it, where it was too late.
    """
    while waiting:
        running = starter.start(words)
        time.sleep(rng.uniform(_LEAST_S, max(2 * _LEAST_S, duration)))
        said_before = running.err.stat().st_size
        running.send(waiting[0])
        code = running.wait()
        if code not in _ENDED_BY[waiting[0]]:
            if code:
                outcome.faults.append(f"ended with {code}: {running.err.read_text()[-300:]}")
                waiting.pop(0)
            return duration / 2
        _judge_words(running.err, said_before, waiting[0], outcome)
        outcome.kills[waiting.pop(0).name] += 1
    return duration


def _judge_words(err: Path, said_before: int, number: signal.Signals, outcome: Outcome) -> None:
    """Judge what was said from the signal on: no traceback, and of Ctrl-C one line."""
    said = err.read_bytes()[said_before:].decode(errors="replace")
    lines = [line for line in said.splitlines() if not line.startswith(_OF_WORK_DONE)]
    if "Traceback" in said or (number == signal.SIGINT and len(lines) > 1):
        outcome.faults.append(f"{number.name}: says {said[-300:]!r}")


def _compare(
    starter: WarmStart,
    words: Sequence[str],
    out: Path,
    expected: dict[str, str],
    outcome: Outcome,
) -> None:
    """Run the command to its end, twice: the first gives the same, the second changes nothing."""
    for time_ in ("the rerun", "the run after it"):
        running = starter.start(words)
        if code := running.wait():
            outcome.faults.append(f"{time_} ends with {code}: {running.err.read_text()[-300:]}")
            return
        found = content_of(out)
        differing = sorted(
            name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
        )
        if differing:
            outcome.faults.append(f"{time_} differs in {', '.join(differing[:5])}")
