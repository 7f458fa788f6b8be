"""The plan of a fit: shard set, recipe and initial parameters, resolved from a user's request."""

from dataclasses import dataclass, replace
from pathlib import Path

from colorunet.parameters.checkpoint import Trained, load_run
from colorunet.parameters.shipped import run_or_shipped
from trainer.config.recipe import Recipe
from trainer.data.shard_set import ShardSet
from trainer.runs.folder import RunFolder
from trainer.training.batch_size import with_batch_size
from trainer.training.loop import FitOptions


@dataclass(frozen=True)
class FitRequest:
    """Request of a user.

    Args:
        shards: folder or address of the shard set.
        out: the run folder.
        recipe: name or path.
        keeps_recipe: take that of the run in ``out`` instead, if there is one.
        overrides: changes of the recipe, as ``key=value``.
        init: a run, or the name of a shipped network, to start from.
        device: ``cpu``, ``cuda`` or ``auto``.
        cache_gb: room for shards fetched from an address.
        options: how the fit is run.
    """

    shards: str
    out: Path
    recipe: str
    keeps_recipe: bool
    overrides: tuple[str, ...]
    init: str | None
    device: str
    cache_gb: float
    options: FitOptions


@dataclass(frozen=True)
class FitPlan:
    """Arguments of ``fit``, and notes for the user."""

    shard_set: ShardSet
    recipe: Recipe
    options: FitOptions
    notes: tuple[str, ...] = ()


def plan_fit(request: FitRequest) -> FitPlan:
    """Load recipe, shard set and initial parameters; with ``batch_size=0`` find a batch size.

    Raises:
        TrainerError: a wrong recipe or key, or an unreadable shard set.
        ColorunetError: ``init`` names neither a run nor a shipped network.
    """
    run = RunFolder(request.out)
    trained = load_run(run_or_shipped(request.init)) if request.init else None
    recipe = _recipe(request, run, trained)
    shard_set = ShardSet.open(request.shards, cache_gb=request.cache_gb)
    notes = []
    if trained is not None and trained.palette.fingerprint != shard_set.palette.fingerprint:
        notes.append(
            f"{request.init}: palettes differ; each output starts from that of the nearest bin"
        )
    if recipe.batch_size == 0:
        recipe = with_batch_size(shard_set, recipe, request.device)
    return FitPlan(shard_set, recipe, replace(request.options, init=trained), tuple(notes))


def _recipe(request: FitRequest, run: RunFolder, trained: Trained | None) -> Recipe:
    base = run.recipe() if request.keeps_recipe and run.exists() else Recipe.load(request.recipe)
    if trained is not None:
        base = replace(base, network=trained.settings)
    recipe = base.with_overrides(request.overrides)
    if recipe.batch_size == 0 and run.exists() and not request.options.overwrite:
        return recipe.with_overrides([f"batch_size={run.recipe().batch_size}"])  # found earlier
    return recipe
