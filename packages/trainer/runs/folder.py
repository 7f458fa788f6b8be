"""The folder of a run: recipe, metrics, checkpoints, and the state to go on from."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from colorfiles.files import sweep, write_atomically
from colorunet.parameters.checkpoint import load_tensors, save_parameters, save_tensors
from trainer.config.recipe import Recipe
from trainer.errors import TrainerError

RECIPE = "recipe.toml"
METRICS = "metrics.jsonl"
_STATE = "optim-last.safetensors"
_HEADER = "progress"  # in that file's header: the state as JSON

SavedState = tuple[dict[str, Tensor], dict[str, Any]]  # tensors, and the rest as JSON


class RunFolder:
    """A run that is being written.

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
            if not overwrite:
                raise TrainerError(
                    f"{root}: there is a run already; --resume goes on with it, "
                    "--overwrite replaces it"
                )
            shutil.rmtree(root)
        root.mkdir(parents=True, exist_ok=True)
        run.write_recipe(recipe)
        (root / METRICS).write_text("")
        return run

    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.root / RECIPE).exists()

    def write_recipe(self, recipe: Recipe) -> None:
        """Write every setting as TOML."""
        with write_atomically(self.root / RECIPE) as temporary:
            temporary.write_text(recipe.to_toml())

    def recipe(self) -> Recipe:
        """Read the recipe back."""
        return Recipe.load(str(self.root / RECIPE))

    def log(self, line: Mapping[str, Any]) -> None:
        """Append one line to the metrics."""
        with (self.root / METRICS).open("a") as file:
            file.write(json.dumps(_rounded(line)) + "\n")

    def save_state(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Write in one file, so in one instant, everything that resuming needs."""
        header = {_HEADER: json.dumps(state)}
        save_tensors(self.root / _STATE, tensors, header)

    def save_network(
        self, name: str, parameters: Mapping[str, Tensor], about: Mapping[str, Any]
    ) -> None:
        """Write a checkpoint that predicts: parameters, and JSON about them beside."""
        save_parameters(self.root, name, parameters, about)

    def has_network(self, name: str) -> bool:
        """Whether there is a checkpoint of that name."""
        return (self.root / f"{name}.safetensors").exists()

    def keep_only(self, count: int) -> None:
        """Delete all but the ``count`` newest checkpoints of earlier epochs."""
        kept = sorted(self.root.glob("epoch-*.safetensors"))
        for path in kept[: len(kept) - count]:
            path.unlink()
            path.with_suffix(".json").unlink(missing_ok=True)

    def load_state(self) -> SavedState | None:
        """Return what ``save_state`` wrote, or None where nothing was saved yet.

        Raises:
            TrainerError: the file is another's.
        """
        path = self.root / _STATE
        if not path.exists():
            return None
        tensors, header = load_tensors(path)
        try:
            return tensors, dict(json.loads(header[_HEADER]))
        except (KeyError, ValueError, TypeError) as error:
            raise TrainerError(f"{path}: not the state of a fit ({error!r})") from None

    def reopen(self, recipe: Recipe, *, step: int) -> None:
        """Make ready to go on after ``step``; by one process only, the one that writes.

        Lines of the metrics that were written after that step are dropped: they come again.
        """
        sweep(self.root)
        self._keep_metrics(up_to_step=step)
        self.write_recipe(recipe)

    def _keep_metrics(self, *, up_to_step: int) -> None:
        path = self.root / METRICS
        kept = []
        for line in path.read_text().splitlines() if path.exists() else []:
            try:
                if json.loads(line)["step"] <= up_to_step:
                    kept.append(line)
            except (ValueError, KeyError, TypeError):
                continue  # the line that a kill cut short
        with write_atomically(path) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in kept))


def _rounded(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: float(f"{value:.6g}") if isinstance(value, float) else value
        for key, value in line.items()
    }
