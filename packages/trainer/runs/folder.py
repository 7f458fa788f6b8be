"""The folder of a run: recipe, metrics, checkpoints, and the state for resuming."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from colorfiles.files import append, discard, open_own, sweep, write_atomically
from colorfiles.locks import FOLDER_LOCK, only_writer
from colorfiles.outputs import refuse_foreign
from colorfiles.outside.documents import SMALL, parse_json_object
from colorfiles.outside.files import read_regular
from colorunet.parameters.checkpoint import load_tensors, save_parameters, save_tensors
from trainer.config.recipe import Recipe
from trainer.errors import TrainerError
from trainer.runs.metrics_log import METRICS, log_lines

RECIPE = "recipe.toml"
_STATE = "optim-last.safetensors"
_HEADER = "progress"  # in that file's header: the state as JSON
# All that a fit, its page, its pictures, TensorBoard, `trainer calibrate` and `colorunet export`
# leave in a run.
_OWN = re.compile(
    rf"{re.escape(RECIPE)}|{re.escape(METRICS)}|{re.escape(_STATE)}|report\.html|network\.onnx"
    r"|(last|best|epoch-\d{4,})\.(safetensors|json)"
    r"|pictures/(gray|truth|epoch-\d{3,})\.png|tensorboard/events\.out\.tfevents\.[^/]+"
    r"|(\w+/)?\.colorunet\.[0-9a-f]{16}\.tmp"
)
_OWN_FOLDERS = ("pictures", "tensorboard")

SavedState = tuple[dict[str, Tensor], dict[str, Any]]  # tensors, and the rest as JSON


class RunFolder:
    """The folder of a run in progress.

    Raises:
        TrainerError: on creation, where the folder holds a run already.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def create(cls, root: Path, recipe: Recipe, *, overwrite: bool) -> "RunFolder":
        """Make the folder and write the recipe into it."""
        run = cls(root)
        if run.exists():
            if not overwrite and run.is_begun():
                raise TrainerError(f"{root}: there is a run already; --overwrite replaces it")
            run.clear()
        elif root.is_dir():
            sweep(root)  # of a fit that was killed before it had written its recipe
            refuse_foreign(*run.files()[0])  # without a recipe no fit wrote them
        root.mkdir(parents=True, exist_ok=True)
        run.write_recipe(recipe)
        open_own(root / METRICS).close()
        return run

    @contextmanager
    def only_writer(self) -> Iterator[None]:
        """Create the folder if needed, and lock it for writing.

        Raises:
            ColorfilesError: another one is, which the message names.
        """
        made = not self.root.exists()
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            with only_writer(self.root):
                yield
        finally:
            if made and not any(self.root.iterdir()):
                self.root.rmdir()  # what failed before it wrote anything leaves nothing

    def clear(self) -> None:
        """Delete the files of a run, its recipe last, and no others.

        Raises:
            ForeignFile: something else is in the folder; nothing was deleted then.
        """
        own, foreign = self.files()
        if not (self.root / METRICS).exists() and not self._wrote_recipe():
            foreign.append(self.root / RECIPE)  # a user's own recipe, not a run's
        refuse_foreign(*foreign)
        for path in sorted(own, key=lambda path: path.name == RECIPE):
            discard(path)
        for name in _OWN_FOLDERS:
            if (self.root / name).is_dir():
                (self.root / name).rmdir()

    def exists(self) -> bool:
        """Whether the folder has a recipe."""
        return (self.root / RECIPE).exists()

    def is_begun(self) -> bool:
        """Whether the run has a checkpoint.

        A start that failed, or was killed, before the first one is nothing to go on from.
        """
        return self.exists() and any(self.root.glob("*.safetensors"))

    def files(self) -> tuple[list[Path], list[Path]]:
        """Return the files of a run in the folder, and all others."""
        own, foreign = list[Path](), list[Path]()
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if path.is_dir() and not path.is_symlink():
                foreign += [] if name in _OWN_FOLDERS else [path]
            elif name != FOLDER_LOCK:
                (own if _OWN.fullmatch(name) else foreign).append(path)
        return own, foreign

    def _wrote_recipe(self) -> bool:
        try:
            return self.recipe().to_toml() == (self.root / RECIPE).read_text()
        except TrainerError:
            return False

    def write_recipe(self, recipe: Recipe) -> None:
        """Write every setting as TOML."""
        with write_atomically(self.root / RECIPE) as temporary:
            temporary.write_text(recipe.to_toml())

    def recipe(self) -> Recipe:
        """Read the recipe back."""
        return Recipe.load(str(self.root / RECIPE))

    def log(self, line: Mapping[str, Any]) -> None:
        """Append one line to the metrics."""
        with open_own(self.root / METRICS, append=True) as file:
            append(file, json.dumps(_rounded(line)).encode() + b"\n", self.root / METRICS)

    def save_state(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Write everything needed for resuming into one file, atomically."""
        header = {_HEADER: json.dumps(state)}
        save_tensors(self.root / _STATE, tensors, header)

    def save_network(
        self, name: str, parameters: Mapping[str, Tensor], about: Mapping[str, Any]
    ) -> None:
        """Write a checkpoint for prediction: parameters, and JSON beside them."""
        save_parameters(self.root, name, parameters, about)

    def require_recipe(self, recipe: Recipe) -> None:
        """Raise TrainerError if the run has another recipe."""
        if differing := recipe.differences(self.recipe()):
            raise TrainerError(
                f"{self.root}: there is a run already, with another recipe ({differing}); "
                "--resume continues it with its own, --overwrite replaces it"
            )

    def step_of(self, name: str) -> int | None:
        """Return the step of a checkpoint, None if it is missing."""
        path = self.root / f"{name}.json"
        try:
            step = parse_json_object(read_regular(path, most=SMALL, within=self.root))["step"]
            return int(step) if self.has_network(name) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def has_network(self, name: str) -> bool:
        """Whether there is a checkpoint of that name."""
        return (self.root / f"{name}.safetensors").exists()

    def keep_only(self, count: int) -> None:
        """Delete all but the ``count`` newest checkpoints of earlier epochs."""
        kept = sorted(self.root.glob("epoch-*.safetensors"))
        for path in kept[: max(0, len(kept) - count)]:
            path.unlink()
            path.with_suffix(".json").unlink(missing_ok=True)

    def load_state(self) -> SavedState | None:
        """Return the saved state; None if nothing is saved yet.

        Raises:
            TrainerError: the file is another's.
        """
        path = self.root / _STATE
        if not path.exists():
            return None
        tensors, header = load_tensors(path)
        try:
            return tensors, parse_json_object(header[_HEADER].encode(), finite=False)
        except (KeyError, ValueError, TypeError) as error:
            raise TrainerError(f"{path}: not the state of a fit ({error!r})") from None

    def reopen(self, recipe: Recipe, *, step: int) -> None:
        """Prepare to resume after ``step``; only in the process that writes.

        Lines of the metrics that were written after that step are dropped: they come again.
        """
        sweep(self.root)
        self._keep_metrics(up_to_step=step)
        self.write_recipe(recipe)

    def _keep_metrics(self, *, up_to_step: int) -> None:
        path = self.root / METRICS
        kept = []
        for line in log_lines(path):
            try:
                if json.loads(line)["step"] <= up_to_step:
                    kept.append(line)
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # the line that a kill cut short
        with write_atomically(path) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in kept))


def _rounded(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: float(f"{value:.6g}") if isinstance(value, float) else value
        for key, value in line.items()
    }
