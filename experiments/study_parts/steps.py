"""Steps of a study: commands whose result is kept as JSON, so that a killed study goes on."""

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from colorfiles.files import write_atomically

EXPERIMENTS = Path(__file__).parent.parent
Words = tuple[str | Path, ...]


class StepFailed(Exception):
    """A step that can't be done; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Step:
    """A command that prints one JSON object.

    Args:
        name: of its files in the folder ``steps``.
        words: the command line, without ``--json``; what is a place on the disk as a ``Path``.
        after: fingerprints of what it builds on.
        makes: the file or folder that it writes, if any.
        resumes: whether the command goes on with what is there when given ``--resume``.
    """

    name: str
    words: Words
    after: tuple[str, ...] = ()
    makes: Path | None = None
    resumes: bool = False


@dataclass(frozen=True)
class Kept:
    """A step's record: its result is None as long as it hasn't ended well."""

    fingerprint: str
    command: str
    seconds: float = 0.0
    result: dict[str, Any] | None = None


class Bench:
    """Where the steps of one study are done and kept.

    Commands run on one thread each and inherit a lock on the folder: as long as one of a killed
    study is still at work, no second study starts there.

    Args:
        out: the study's folder; made where it is missing.
        aliases: what stands for a path in fingerprints, so that folders may move.
        overwrite: do a step again where its command has changed, instead of refusing.

    Raises:
        StepFailed: another study is at work in the folder.
    """

    def __init__(self, out: Path, *, aliases: Mapping[Path, str], overwrite: bool) -> None:
        self.out = out
        self._aliases = {out: "OUT", EXPERIMENTS: "experiments"} | dict(aliases)
        self._overwrite = overwrite
        self._steps = out / "steps"
        self._steps.mkdir(parents=True, exist_ok=True)
        self._lock = (out / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise StepFailed(
                f"{out}: a study, or a command of one, is still at work here"
            ) from None
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopping = False
        self._printing = threading.Lock()

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def fingerprint(self, step: Step) -> str:
        """Return a digest of the command and of all that it builds on, wherever the study lies."""
        return digest(self._command(step), *step.after)

    def do(self, step: Step) -> Kept:
        """Return the step's record, doing it first unless that was done before.

        Raises:
            StepFailed: the command fails, or was another one the last time.
        """
        wanted = Kept(self.fingerprint(step), self._command(step))
        path = self._steps / f"{step.name}.json"
        record = _read(path)
        if record is None and step.makes is not None and os.path.lexists(step.makes):
            raise StepFailed(
                f"{step.name}: {step.makes} is there, and no step made it; move it away, or name "
                "another --out"
            )
        if record is not None and record.fingerprint != wanted.fingerprint:
            if not self._overwrite:
                raise StepFailed(
                    f"{step.name}: done or begun with other settings (`{record.command}`); "
                    "--overwrite does it again, another --out keeps both"
                )
            record = None
            _remove(step.makes)
        if record is not None and record.result is not None:
            return record
        if not step.resumes:
            _remove(step.makes)
        _write(path, wanted)
        started = time.monotonic()
        result = self._run(step)
        done = Kept(wanted.fingerprint, wanted.command, time.monotonic() - started, result)
        _write(path, done)
        self.say(f"{step.name}: {done.seconds:.0f} s")
        return done

    def all(self, chains: Sequence[Callable[[], None]], *, jobs: int) -> list[str]:
        """Work the chains off, ``jobs`` at once; return what those that failed said.

        A chain that fails doesn't stop the others; an interrupt stops all.
        """
        failures = []
        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(chain) for chain in chains]
            try:
                for future in as_completed(futures):
                    try:
                        future.result()
                    except StepFailed as failure:
                        failures.append(str(failure))
                        self.say(f"failed: {failure}")
            except BaseException:
                self.stop()
                pool.shutdown(cancel_futures=True)
                raise
        return failures

    def stop(self) -> None:
        """Start nothing more and ask what is running to end; a fit leaves a checkpoint."""
        self._stopping = True
        for process in list(self._running):
            process.terminate()

    def say(self, line: str) -> None:
        """Print a line whole, whatever other threads print."""
        with self._printing:
            print(line, flush=True)

    def _command(self, step: Step) -> str:
        return shlex.join(self._alias(word) for word in step.words)

    def _alias(self, word: str | Path) -> str:
        if isinstance(word, str):
            return word
        for folder, name in self._aliases.items():
            if word.is_relative_to(folder):
                return str(Path(name) / word.relative_to(folder))
        return str(word)

    def _run(self, step: Step) -> dict[str, Any]:
        if self._stopping:
            raise StepFailed(f"{step.name}: not begun, the study was stopped")
        words = [str(word) for word in step.words] + ["--resume"] * step.resumes
        self.say("$ " + shlex.join(words))
        program = words[1:] if words[0] == "python" else ["-m", *words]
        log = self._steps / f"{step.name}.log"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, *program, "--json"],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
                pass_fds=(self._lock.fileno(),),
            )
            self._running.add(process)
            try:
                printed = process.communicate()[0]
            finally:
                self._running.discard(process)
        if process.returncode:
            lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            raise StepFailed(
                f"{step.name}: exit {process.returncode}: {lines[-1]} (all of it: {log})"
            )
        result: dict[str, Any] = json.loads(printed)
        return result


def digest(*parts: str) -> str:
    """Return a short sha256 of texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _read(path: Path) -> Kept | None:
    try:
        return Kept(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise StepFailed(
            f"{path}: not a step's record ({error}); delete it to do it again"
        ) from None


def _write(path: Path, record: Kept) -> None:
    with write_atomically(path) as temporary:
        temporary.write_text(json.dumps(asdict(record)) + "\n", encoding="utf-8")


def _remove(made: Path | None) -> None:
    if made is not None and made.is_dir():
        shutil.rmtree(made)
    elif made is not None:
        made.unlink(missing_ok=True)
