"""Steps of an experiment, with results kept as JSON for resuming."""

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from command_runner import CommandFailed, CommandRunner

from colorfiles.files import write_atomically

EXPERIMENTS = Path(__file__).parent
Words = tuple[str | Path, ...]


class StepFailed(Exception):
    """A failed step; the message names it, the reason, and what to do."""

    def __init__(self, message: str, returncode: int = 1) -> None:
        super().__init__(message)
        self.returncode = returncode


@dataclass(frozen=True)
class Step:
    """A command that prints one JSON object.

    Args:
        name: of its record.
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
class StepRecord:
    """Record of a step; its result is None until it succeeds."""

    fingerprint: str
    command: str
    seconds: float = 0.0
    result: Any = None


class StepKeeper:
    """Runs the steps of one experiment in a folder, each once, and stores the results.

    Commands inherit a lock on the folder: as long as one of a killed experiment is still at work,
    no second one starts there.

    Args:
        out: the experiment's folder; made where it is missing.
        records: name of the folder in it that the results are kept in.
        overwrite: do a step again where its command has changed, instead of refusing.

    Raises:
        StepFailed: another experiment is at work in the folder.
    """

    def __init__(
        self,
        out: Path,
        *,
        records: str = "steps",
        overwrite: bool = False,
    ) -> None:
        self.out = out
        self._aliases = {out: "OUT", EXPERIMENTS: "experiments"}
        self._overwrite = overwrite
        self._records = out / records
        self._records.mkdir(parents=True, exist_ok=True)
        self._lock = (out / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise StepFailed(
                f"{out}: an experiment, or a command of one, is still at work here"
            ) from None
        self._runner = CommandRunner(pass_fds=(self._lock.fileno(),))

    def __enter__(self) -> "StepKeeper":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def fingerprint(self, step: Step) -> str:
        """Return a digest of the command and its inputs, independent of the folder."""
        return digest(self._command(step), *step.after)

    def do(self, step: Step) -> StepRecord:
        """Return the step's record, running it unless it is done.

        Raises:
            StepFailed: the command fails, or was another one the last time.
        """
        record = StepRecord(self.fingerprint(step), self._command(step))
        return self._once(step, record, lambda: self._run(step))

    def call(self, name: str, after: Any, work: Callable[[], Any]) -> Any:
        """Return the stored JSON of ``work``, calling it once; it depends on ``after``."""
        record = StepRecord(digest(json.dumps(after, default=str)), name)
        return self._once(Step(name, ()), record, work).result

    def _once(self, step: Step, record: StepRecord, work: Callable[[], Any]) -> StepRecord:
        path = self._records / f"{step.name}.json"
        former = _read(path)
        if former is None and step.makes is not None and os.path.lexists(step.makes):
            raise StepFailed(
                f"{step.name}: {step.makes} is there, and no step made it; move it away, or name "
                "another --out"
            )
        if former is not None and former.fingerprint != record.fingerprint:
            if not self._overwrite:
                raise StepFailed(
                    f"{step.name}: done or begun with other settings (`{former.command}`); "
                    "--overwrite does it again, another --out keeps both"
                )
            former = None
            _remove(step.makes)
        if former is not None and former.result is not None:
            return former
        if not step.resumes:
            _remove(step.makes)
        _write(path, record)
        started = time.monotonic()
        result = json.loads(json.dumps(work(), default=str))
        seconds = time.monotonic() - started
        whole = StepRecord(record.fingerprint, record.command, seconds, result)
        _write(path, whole)
        print(f"{step.name}: {seconds:.0f} s", flush=True)
        return whole

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
        words = (*step.words, *["--resume"] * step.resumes)
        try:
            return self._runner.json(words)
        except CommandFailed as failure:
            raise StepFailed(f"{step.name}: {failure}", failure.returncode) from None


def digest(*parts: str) -> str:
    """Return a short sha256 of texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _read(path: Path) -> StepRecord | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise StepFailed(
            f"{path}: not a step's record ({error}); delete it to do it again"
        ) from None
    try:
        return StepRecord(**content)
    except TypeError:
        return None  # of an earlier form


def _write(path: Path, record: StepRecord) -> None:
    with write_atomically(path) as temporary:
        temporary.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")


def _remove(made: Path | None) -> None:
    if made is not None and made.is_dir():
        shutil.rmtree(made)
    elif made is not None:
        made.unlink(missing_ok=True)
