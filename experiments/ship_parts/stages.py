"""Stages whose results are kept as JSON, so that a rerun does only what changed or was stopped."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from photo_subsets import run

from colorfiles.files import write_atomically


class Stages:
    """The stages of one output folder; a stage is done again when what it depends on changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def command(
        self,
        name: str,
        words: Sequence[str | Path],
        *,
        given: Any = None,
        how: Literal["plain", "replace", "resume"] = "replace",
    ) -> dict[str, Any]:
        """Run a command line with --json once and keep what it printed.

        Args:
            name: of the stage.
            words: the command; the outputs it names are its own to replace.
            given: what it depends on beside its words, such as a fingerprint.
            how: what is done with an earlier result: ``replace`` says --overwrite, ``resume`` says
                --resume where the same command was stopped, ``plain`` writes nothing to replace.
        """
        key = {"command": [str(word) for word in words], "given": given}
        found = self._read(name)
        if found is None or how == "plain":
            option = []
        else:
            same = json.loads(json.dumps(key)) == found["key"]
            option = ["--resume" if how == "resume" and same else "--overwrite"]
        return self._kept(name, key, lambda: run(*words, *option))

    def work(self, name: str, given: Any, work: Callable[[], Any]) -> Any:
        """Call ``work`` once and keep the JSON that it returns; ``given`` is what it depends on."""
        return self._kept(name, {"given": given}, work)

    def _kept(self, name: str, key: Any, work: Callable[[], Any]) -> Any:
        key = json.loads(json.dumps(key, default=str))
        found = self._read(name)
        if found is not None and found["key"] == key and found["result"] is not None:
            print(f"{name}: kept", flush=True)
            return found["result"]
        self._write(name, {"key": key, "result": None})
        result = json.loads(json.dumps(work(), default=str))
        self._write(name, {"key": key, "result": result})
        return result

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self._folder / f"{name}.json"
        if not path.exists():
            return None
        try:
            content: dict[str, Any] = json.loads(path.read_text())
        except ValueError as error:
            raise SystemExit(f"{path}: not a stage's record ({error}); delete it") from None
        return content

    def _write(self, name: str, content: Any) -> None:
        with write_atomically(self._folder / f"{name}.json") as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n")
