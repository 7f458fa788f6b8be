"""A network with its loss, optimizer and running average; no file access."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from colorcore import Palette
from colorunet.networks import PixelClassifier, build_network
from trainer.config.recipe import Recipe
from trainer.data.batch import Batch, to_network_input
from trainer.errors import TrainerError
from trainer.training.compute import Autocast, compiled, make_autocast, prepare
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
from trainer.training.validation import coarse_bins, validate

_AVERAGE = "average/"


@dataclass
class Learner:
    """A network in training on one device, alone or with other processes.

    Args:
        forward: the network as it is called: compiled, and wrapped where processes share a step.
        average: the running average of its parameters, where the recipe asks for one.
        total_steps: of the whole fit, which the learning rate is planned for.
    """

    recipe: Recipe
    palette: Palette
    world: World
    network: PixelClassifier
    forward: nn.Module
    optimizer: torch.optim.Adam
    average: ParameterAverage | None
    targets: Targets
    autocast: Autocast
    total_steps: int

    @classmethod
    def build(
        cls,
        recipe: Recipe,
        palette: Palette,
        world: World,
        *,
        size: int,
        total_steps: int,
        start: Callable[[PixelClassifier], None] | None = None,
    ) -> "Learner":
        """Build the network, for images of ``size`` pixels each way, and its optimizer.

        ``start`` may put other parameters than random ones into the network.

        Raises:
            TrainerError: the recipe doesn't suit the palette.
        """
        if recipe.compute.threads:
            torch.set_num_threads(recipe.compute.threads)
        torch.manual_seed(recipe.seed)
        network = build_network(recipe.network, bins=palette.n, size=size)
        if start is not None:
            start(network)
        network = prepare(network, world.device)
        encoder, decay = network.encoder_parameters(), recipe.optimizer.ema
        average = ParameterAverage(network, decay) if decay > 0 else None
        try:
            targets = Targets.of(palette, recipe.loss, world.device)
        except ValueError as error:
            raise TrainerError(str(error)) from None
        return cls(
            recipe=recipe,
            palette=palette,
            world=world,
            network=network,
            forward=world.wrap(compiled(network, recipe.compute.compile, world.device)),
            optimizer=make_optimizer(network, recipe.optimizer, encoder=encoder),
            average=average,
            targets=targets,
            autocast=make_autocast(recipe.compute.precision, world.device),
            total_steps=total_steps,
        )

    @property
    def averaged(self) -> PixelClassifier:
        """The validated and saved network: with averaged parameters if there are any."""
        if self.average is None:
            return self.network
        network: PixelClassifier = self.average.module  # type: ignore[assignment]
        return network

    def backward(self, batch: Batch) -> Tensor:
        """Add the gradients of a micro-batch; return its share of the step's mean loss.

        Processes exchange gradients once a step, not once a micro-batch.
        """
        shared = isinstance(self.forward, DistributedDataParallel)
        alone = shared and not batch.micro_batch.ends_step
        with self.forward.no_sync() if alone else nullcontext():  # type: ignore[operator]
            loss = self._loss(batch)
            loss.backward()  # type: ignore[no-untyped-call]
        return loss

    def update(self, step: int) -> float:
        """Apply optimizer step ``step`` (from 0); return its learning rate."""
        settings = self.recipe.optimizer
        if settings.clip_norm > 0:
            nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip_norm)
        rate = rate_at(step, self.total_steps, settings)
        frozen = step < settings.freeze_steps
        set_rate(self.optimizer, rate, 0.0 if frozen else settings.encoder_rate)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.average is not None:
            self.average.update_parameters(self.network)
        return rate

    def validate(self, batches: Iterable[Batch]) -> dict[str, float]:
        """Validate the averaged parameters."""
        return validate(
            self.averaged,
            batches,
            palette=self.palette,
            targets=self.targets,
            temperature=self.recipe.validation.temperature,
            coarse_loss=self.recipe.loss.coarse,
            device=self.world.device,
            autocast=self.autocast,
        )

    def require_finite(self, step: int) -> None:
        """Raise TrainerError if a parameter isn't finite after ``step``."""
        for name, parameter in self.network.named_parameters():
            if not bool(torch.isfinite(parameter).all()):
                raise TrainerError(
                    f"step {step}: {name} is no longer finite; nothing was saved. "
                    "Resume from the last checkpoint with a lower learning_rate or clip_norm=1"
                )

    def averaged_tensors(self) -> dict[str, Tensor]:
        """Return the parameters to save, by name."""
        return {name: tensor.detach() for name, tensor in self.averaged.named_parameters()}

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor that the next step depends on, by name."""
        tensors = state_tensors(self.network, self.optimizer)
        if self.average is not None:
            tensors |= {_AVERAGE + name: t for name, t in self.averaged_tensors().items()}
        return tensors

    @torch.no_grad()
    def load(self, tensors: Mapping[str, Tensor], *, step: int) -> None:
        """Restore the ``tensors`` saved after ``step`` steps.

        Raises:
            TrainerError: it is of another network.
        """
        try:
            load_state_tensors(self.network, self.optimizer, tensors)
            if self.average is not None:
                for name, parameter in self.average.module.named_parameters():
                    parameter.copy_(tensors[_AVERAGE + name])
                self.average.n_averaged.fill_(step)
        except (KeyError, RuntimeError) as error:
            raise TrainerError(f"the state of the run is of another network ({error})") from None

    def _loss(self, batch: Batch) -> Tensor:
        """Return the loss divided by all pixels of the step, ignored ones included.

        So the shares of all micro-batches and processes add up to the same number however the
        step is cut.
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
        scale = self.world.size / (batch.micro_batch.step_samples * bins[0].numel())
        return training_loss(logits, bins, self.targets, scale=scale)

    def _generator(self, batch: Batch) -> torch.Generator:
        after = batch.micro_batch.after
        seed = hash((self.recipe.seed, after.epoch, after.consumed, batch.micro_batch.samples))
        return torch.Generator(self.world.device).manual_seed(seed % 2**63)
