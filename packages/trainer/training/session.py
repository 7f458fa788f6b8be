"""Everything that a fit holds while it runs, built from shards and recipe, saved and restored."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from colorfiles.progress import Report, silent
from colorunet.networks import PixelClassifier, build_network
from trainer.config.recipe import Recipe
from trainer.data.batch import Batch, to_network_input
from trainer.data.loader import Augmentation, batches
from trainer.data.sample_store import SampleStore
from trainer.data.sampler import BatchPlan, EvenPlan, Position
from trainer.data.shard_set import ShardSet
from trainer.errors import TrainerError
from trainer.runs.folder import Progress, RunFolder
from trainer.training.compute import Autocast, choose_workers, compiled, make_autocast, prepare
from trainer.training.distributed import World
from trainer.training.losses import Targets, training_loss
from trainer.training.optimizer import (
    ParameterAverage,
    load_state_tensors,
    make_optimizer,
    rate_at,
    set_rate,
    state_tensors,
)
from trainer.training.validation import Validation, coarse_bins, validate

_VAL_BATCH = 16


@dataclass
class Session:
    """A fit in progress."""

    recipe: Recipe
    shard_set: ShardSet
    world: World
    network: PixelClassifier
    forward: nn.Module
    optimizer: torch.optim.Adam
    average: ParameterAverage
    targets: Targets
    autocast: Autocast
    store: SampleStore
    val_store: SampleStore | None
    plan: BatchPlan
    progress: Progress
    skip_bad: int = 0
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def build(
        cls,
        shard_set: ShardSet,
        recipe: Recipe,
        world: World,
        *,
        skip_bad: int = 0,
        report: Report = silent,
        start: Callable[[PixelClassifier], None] | None = None,
    ) -> "Session":
        """Build the network, its optimizer and the reader, as at step 0.

        ``start`` may put other parameters than random ones into the network.

        Raises:
            TrainerError: shards are damaged, or the recipe doesn't suit them.
        """
        if recipe.compute.threads:
            torch.set_num_threads(recipe.compute.threads)
        verify = recipe.data.verify and not skip_bad and world.is_first
        store = SampleStore(shard_set, "train", verify=verify, report=report)
        store.require_room(recipe.data.shuffle_shards)
        has_val = shard_set.count("val") > 0
        torch.manual_seed(recipe.seed)
        size = training_size(recipe, shard_set)
        network = build_network(recipe.network, bins=shard_set.palette.n, size=size)
        if start is not None:
            start(network)
        network = prepare(network, world.device)
        try:
            targets = Targets.of(shard_set.palette, recipe.loss, world.device)
            plan = make_plan(store.sizes, recipe, world.size)
        except ValueError as error:
            raise TrainerError(str(error)) from None
        return cls(
            recipe=recipe,
            shard_set=shard_set,
            world=world,
            network=network,
            forward=world.wrap(compiled(network, recipe.compute.compile, world.device)),
            optimizer=make_optimizer(
                network, recipe.optimizer, encoder=network.encoder_parameters()
            ),
            average=ParameterAverage(network, recipe.optimizer.ema),
            targets=targets,
            autocast=make_autocast(recipe.compute.precision, world.device),
            store=store,
            val_store=SampleStore(shard_set, "val", verify=verify) if has_val else None,
            plan=plan,
            progress=Progress(fingerprint=shard_set.fingerprint, seed=recipe.seed),
            skip_bad=skip_bad,
        )

    @property
    def total_steps(self) -> int:
        """Steps of the whole fit."""
        return total_steps(self.recipe, self.plan)

    def batches(self) -> Iterator[Batch]:
        """Yield what this process has still to do."""
        recipe = self.recipe
        return batches(
            self.store,
            self.plan,
            bins=self.shard_set.palette.n,
            size=self.shard_set.size,
            start=self.progress.position,
            epochs=recipe.epochs,
            rank=self.world.rank,
            workers=choose_workers(recipe.data.workers, self.world.device, self.world.size),
            augmentation=Augmentation(
                crop=recipe.data.crop,
                zoom=recipe.data.zoom,
                flip=recipe.data.flip,
                luma_gamma=recipe.data.luma_gamma,
                aging=recipe.data.aging,
            ),
            skip_bad=self.skip_bad > 0,
            pin_memory=self.world.device.type == "cuda",
        )

    def loss(self, batch: Batch) -> Tensor:
        """Return the loss of a micro-batch: its share of the step's mean over pixels.

        Divided by the pixels of the whole step, ignored ones included, so that the shares of all
        micro-batches and processes add up to the same number however the step is cut.
        """
        noise = self.recipe.data.luma_noise
        luma, bins = to_network_input(
            batch.to(self.world.device),
            noise_sigma=noise,
            generator=self._generator(batch) if noise else None,
        )
        luma = luma.contiguous(memory_format=torch.channels_last)
        coarse = self.recipe.loss.coarse
        if coarse:
            bins = coarse_bins(bins, self.network.logits_stride)
        with self.autocast():
            logits = self.forward(luma, coarse=coarse)
        scale = self.world.size / (batch.plan.step_samples * bins[0].numel())
        return training_loss(logits, bins, self.targets, scale=scale)

    def update(self) -> float:
        """Let the optimizer step; return the rate that it stepped with."""
        settings = self.recipe.optimizer
        if settings.clip_norm > 0:
            nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip_norm)
        rate = rate_at(self.progress.step, self.total_steps, settings)
        frozen = self.progress.step < settings.freeze_steps
        set_rate(self.optimizer, rate, 0.0 if frozen else settings.encoder_rate)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update(self.progress.step)
        return rate

    def validation(self) -> Validation | None:
        """Judge the averaged parameters on the validation split, if there is one.

        Raises:
            TrainerError: the parameters are no longer finite.
        """
        self._require_finite()
        if self.val_store is None:
            return None
        with self.average.in_place():
            return validate(
                self.network,
                self._validation_batches(self.val_store),
                palette=self.shard_set.palette,
                targets=self.targets,
                temperature=self.recipe.validation.temperature,
                coarse_loss=self.recipe.loss.coarse,
                device=self.world.device,
                autocast=self.autocast,
            )

    def save_state(self, run: RunFolder) -> None:
        """Write what resuming needs, and the network as ``last``.

        Raises:
            TrainerError: the parameters are no longer finite.
        """
        self._require_finite()
        tensors = state_tensors(self.network, self.optimizer)
        if self.recipe.optimizer.ema > 0:
            tensors |= {f"average/{name}": t for name, t in self.average.tensors().items()}
        run.save_state(tensors, self.progress)
        self.save_network(run, "last")

    def save_network(self, run: RunFolder, name: str) -> None:
        """Write the averaged parameters under ``name``."""
        about: dict[str, Any] = {
            "size": training_size(self.recipe, self.shard_set),
            "recipe": self.recipe.to_dict(),
            "palette": self.shard_set.palette.to_dict(),
        }
        run.save_network(name, self.average.tensors(), self.progress, about)

    def restore(self, tensors: dict[str, Tensor], progress: Progress) -> None:
        """Take up the state that ``save_state`` wrote.

        Raises:
            TrainerError: it belongs to another shard set, seed or network.
        """
        if progress.fingerprint != self.shard_set.fingerprint:
            raise TrainerError(
                f"the run was trained on the shard set {progress.fingerprint}, "
                f"given {self.shard_set.fingerprint} ({self.shard_set.path}); "
                "resume with the same shards, or start a new run"
            )
        if progress.seed != self.recipe.seed:
            raise TrainerError(f"seed: the run has {progress.seed}, given {self.recipe.seed}")
        try:
            load_state_tensors(self.network, self.optimizer, tensors)
            if self.recipe.optimizer.ema > 0:
                prefix = "average/"
                kept = {k.removeprefix(prefix): t for k, t in tensors.items() if prefix in k}
                self.average.load(kept)
        except (KeyError, RuntimeError) as error:
            raise TrainerError(f"the state of the run is of another network ({error})") from None
        self.progress = progress

    def _require_finite(self) -> None:
        for name, parameter in self.network.named_parameters():
            if not bool(torch.isfinite(parameter).all()):
                raise TrainerError(
                    f"step {self.progress.step}: {name} is no longer finite; nothing was saved. "
                    "Resume from the last checkpoint with a lower learning_rate or clip_norm=1"
                )

    def _validation_batches(self, store: SampleStore) -> Iterator[Batch]:
        wanted = self.recipe.validation.val_samples or len(store)
        plan = EvenPlan(samples=len(store), count=min(wanted, len(store)), batch_size=_VAL_BATCH)
        return batches(
            store,
            plan,
            bins=self.shard_set.palette.n,
            size=self.shard_set.size,
            start=Position(),
            epochs=1,
            skip_bad=self.skip_bad > 0,
        )

    def _generator(self, batch: Batch) -> torch.Generator:
        after = batch.plan.after
        seed = hash((self.recipe.seed, after.epoch, after.consumed, batch.plan.samples))
        return torch.Generator(self.world.device).manual_seed(seed % 2**63)


def training_size(recipe: Recipe, shard_set: ShardSet) -> int:
    """Return the edge in pixels of what the network is trained on."""
    return min(recipe.data.crop or shard_set.size, shard_set.size)


def make_plan(sizes: tuple[int, ...], recipe: Recipe, ranks: int) -> BatchPlan:
    """Return the steps that a recipe makes of shards with so many samples.

    Raises:
        ValueError: the batch can't be shared out evenly.
    """
    return BatchPlan(
        shard_sizes=sizes,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        ranks=ranks,
        accumulate=recipe.optimizer.accumulate,
        shuffle_shards=recipe.data.shuffle_shards,
    )


def total_steps(recipe: Recipe, plan: BatchPlan) -> int:
    """Return the steps of a whole fit."""
    steps = recipe.epochs * plan.steps_per_epoch
    return min(steps, recipe.max_steps) if recipe.max_steps else steps
