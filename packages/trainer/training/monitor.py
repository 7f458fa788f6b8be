"""What a person looks at while a fit runs: its page, its pictures, TensorBoard."""

from collections.abc import Mapping
from typing import Any

from trainer.data.shard_set import Sample
from trainer.errors import TrainerError
from trainer.report import picture_samples, save_epoch_pictures, write_run_page
from trainer.runs.folder import RunFolder
from trainer.training.session import Session

_EVENTS = "tensorboard"
_MOST_PICTURES = 30  # a fit of more epochs isn't pictured after each one


class Watch:
    """Keeps a run's page, pictures and (on request) TensorBoard files up to date."""

    def __init__(self, session: Session, run: RunFolder, *, tensorboard: bool = False) -> None:
        self._session = session
        self._run = run
        self._samples = _photos_to_picture(session)
        self._writer = _summary_writer(run) if tensorboard else None

    def scalars(self, line: Mapping[str, Any]) -> None:
        """Hand a line of metrics on to TensorBoard."""
        if self._writer is not None:
            for name, value in line.items():
                if isinstance(value, float):
                    self._writer.add_scalar(name, value, line["step"])
            self._writer.flush()

    def epoch(self) -> None:
        """Picture the same photos again and write the page anew, if it is time."""
        every = -(-self._session.recipe.epochs // _MOST_PICTURES)
        if self._session.progress.position.epoch % every == 0:
            self.now()

    def now(self) -> None:
        """Picture the same photos again and write the page anew."""
        if self._samples:
            self._picture()
        write_run_page(self._run.root)

    def _picture(self) -> None:
        session = self._session
        with session.average.in_place():
            pictures = save_epoch_pictures(
                self._run.root,
                session.progress.position.epoch,
                self._samples,
                network=session.network,
                palette=session.shard_set.palette,
                temperature=session.recipe.validation.temperature,
                device=session.world.device,
            )
        if self._writer is not None:
            step = session.progress.step
            self._writer.add_images("prediction", pictures, step, dataformats="NHWC")
            self._writer.flush()


def _photos_to_picture(session: Session) -> list[Sample]:
    has_val = session.shard_set.count("val") > 0
    try:
        return picture_samples(session.shard_set, "val" if has_val else "train")
    except TrainerError:
        if session.skip_bad == 0:
            raise
        return []  # a fit that may go on without bad samples may go on without pictures


def _summary_writer(run: RunFolder) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an extra
    except ImportError:
        raise TrainerError(
            "tensorboard is not installed: pip install '.[trainer,tensorboard]'"
        ) from None
    return SummaryWriter(str(run.root / _EVENTS))
