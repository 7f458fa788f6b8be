"""Page, pictures and TensorBoard files of a running fit."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from colorcore import Palette
from colorunet.networks import PixelClassifier
from trainer.data.shard_set import Sample, ShardSet
from trainer.errors import TrainerError
from trainer.report import picture_samples, save_epoch_pictures, write_run_page
from trainer.training.state import TrainingState

_EVENTS = "tensorboard"


class RunMonitor:
    """Keeps a run's page, pictures and (on request) TensorBoard files up to date.

    Args:
        run: the folder.
        samples: what is pictured, the same each time.
        temperature: that predictions are decoded at.
        tensorboard: also write TensorBoard's files.
    """

    def __init__(
        self,
        run: Path,
        samples: Sequence[Sample],
        palette: Palette,
        *,
        temperature: float,
        device: torch.device,
        tensorboard: bool = False,
    ) -> None:
        self._run = run
        self._samples = samples
        self._palette = palette
        self._temperature = temperature
        self._device = device
        self._writer = _summary_writer(run) if tensorboard else None

    def scalars(self, line: Mapping[str, Any]) -> None:
        """Write a line of metrics to TensorBoard."""
        if self._writer is not None:
            for name, value in line.items():
                if isinstance(value, float):
                    self._writer.add_scalar(name, value, line["step"])
            self._writer.flush()

    def refresh(self, network: PixelClassifier, state: TrainingState) -> None:
        """Predict the same photos again and rewrite the page."""
        if self._samples:
            pictures = save_epoch_pictures(
                self._run,
                state.epoch,
                self._samples,
                network=network,
                palette=self._palette,
                temperature=self._temperature,
                device=self._device,
            )
            if self._writer is not None:
                self._writer.add_images("prediction", pictures, state.step, dataformats="NHWC")
                self._writer.flush()
        self.write_page()

    def write_page(self) -> None:
        """Rewrite the page from the run's files."""
        write_run_page(self._run)


def photos_to_picture(shard_set: ShardSet, *, skip_bad: bool = False) -> list[Sample]:
    """Return a few validation samples; training samples without any.

    With ``skip_bad`` none where one can't be used: such a fit continues without pictures.
    """
    try:
        return picture_samples(shard_set, "val" if shard_set.count("val") > 0 else "train")
    except TrainerError:
        if not skip_bad:
            raise
        return []


def _summary_writer(run: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an extra
    except ImportError:
        raise TrainerError(
            "tensorboard is not installed: pip install '.[trainer,tensorboard]'"
        ) from None
    return SummaryWriter(str(run / _EVENTS))
