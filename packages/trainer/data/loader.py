"""Batches from shards: a webdataset pipeline over exact batches, decoded by worker processes.

webdataset gives the format, the grouping of members and the pipeline of stages. Its source stage
distributes whole shards to workers and has no position; the one here follows a ``BatchSampler``, so
that any number of workers and ranks reads each sample once, from any position. One iteration covers
all remaining epochs: workers never restart, and read ahead across epochs.
"""

import math
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
import webdataset as wds
from torch.utils.data import DataLoader, get_worker_info

from colorcore import IGNORE_BIN
from colorfiles.engines.local import can_share_locks
from trainer.config.settings import DataSettings
from trainer.data.batch import Batch, BatchArrays, BatchMemory, with_gamma
from trainer.data.sample_decoder import Sample, SampleDecoder
from trainer.data.sample_store import SampleStore
from trainer.data.sampler import MicroBatch, Position, Sampler
from trainer.errors import BadSample, TrainerError

_PREFETCH = 4  # batches that each worker holds ready


@dataclass(frozen=True)
class Augmentation:
    """Augmentation of each sample and epoch, as in ``DataSettings``."""

    crop: int = 0
    zoom: float = 1.0
    flip: bool = False
    luma_gamma: float = 0.0
    aging: float = 0.0

    @classmethod
    def of(cls, settings: DataSettings) -> "Augmentation":
        """Return the augmentation of a recipe."""
        return cls(**{field.name: getattr(settings, field.name) for field in fields(cls)})


@dataclass(frozen=True)
class _Source:
    """First stage: the micro-batches of one rank, every ``workers``-th of them for this worker.

    The first worker has the next group of remote shards fetched while this one is read.
    """

    sampler: Sampler
    store: SampleStore
    start: Position
    epochs: int
    rank: int

    def __call__(self) -> Iterator[MicroBatch]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        batches = self.sampler.micro_batches(self.start, epochs=self.epochs, rank=self.rank)
        ahead: list[int] = []
        for number, batch in enumerate(batches):
            if worker == 0 and batch.ends_step and self.store.is_remote:
                coming = self.sampler.shards_from(batch.after, groups=2)
                if coming != ahead:
                    ahead = coming
                    self.store.read_ahead(coming)
            # DataLoader takes from its workers in turn, so that every workers-th keeps the order.
            if number % workers == worker:
                yield batch


class _Read:
    """Second stage: reads and decodes the samples of a micro-batch, cropped into its arrays."""

    def __init__(
        self,
        store: SampleStore,
        decode: SampleDecoder,
        *,
        seed: int,
        augmentation: Augmentation,
        skip_bad: bool,
        size: int,
    ) -> None:
        self._store = store
        self._decode = decode
        self._seed = seed
        self._augmentation = augmentation
        self._skip_bad = skip_bad
        self._size = size
        self._memory = BatchMemory()

    def __call__(self, batch: MicroBatch) -> Batch | TrainerError:
        """Return the batch, or an error as a value: raised, it would arrive as text only."""
        try:
            return self._batch(batch)
        except TrainerError as error:
            return error

    def _batch(self, batch: MicroBatch) -> Batch:
        edge = min(self._augmentation.crop or self._size, self._size)
        arrays, skipped = BatchArrays(batch, edge=edge, memory=self._memory), []
        for number in batch.samples:
            try:
                place = arrays.next_bins if edge == self._size else None
                sample = self._decode(self._store.read(number), bins_into=place)
            except BadSample as error:
                if not self._skip_bad:
                    raise
                skipped.append(str(error))
                sample = _nothing(self._size)
            if self._augmentation == Augmentation():
                arrays.add(sample)
            else:
                self._add_augmented(arrays, sample, _draws(self._seed, batch.epoch, number))
        return arrays.batch(skipped)

    def _add_augmented(self, arrays: BatchArrays, sample: Sample, draws: Sequence[float]) -> None:
        settings, (down, right, mirror, zoom, gamma, age, how) = self._augmentation, draws
        widest = min(self._size, round(arrays.edge * settings.zoom))
        window = round(arrays.edge * (widest / arrays.edge) ** zoom)
        room = self._size - window + 1
        arrays.add(
            with_gamma(sample, math.exp(settings.luma_gamma * (2 * gamma - 1))),
            top=int(down * room),
            left=int(right * room),
            window=window,
            flip=settings.flip and mirror < 0.5,
            age_seed=int(how * 2**53) if age < settings.aging else None,
        )


def batches(
    store: SampleStore,
    sampler: Sampler,
    *,
    bins: int,
    size: int,
    start: Position,
    epochs: int,
    rank: int = 0,
    workers: int = 0,
    augmentation: Augmentation | None = None,
    skip_bad: bool = False,
    pin_memory: bool = False,
) -> Iterator[Batch]:
    """Yield the batches of one rank from ``start`` to the end of the last epoch, in order.

    The order, the crops and the mirrorings depend on the sampler's seed, the epoch and the sample
    alone, never on ``workers`` or the number of ranks.

    Raises:
        BadSample: a sample can't be used and ``skip_bad`` isn't set; set, its pixels are ignored
            and ``Batch.skipped`` says why.
    """
    read = _Read(
        store,
        SampleDecoder(bins=bins, size=size),
        seed=sampler.seed,
        augmentation=augmentation or Augmentation(),
        skip_bad=skip_bad,
        size=size,
    )
    pipeline = wds.DataPipeline(_Source(sampler, store, start, epochs, rank), wds.map(read))
    if workers and not can_share_locks():  # torch's processes share tensors in the same place
        workers = 0
    loader: DataLoader[Any] = DataLoader(
        pipeline,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=_PREFETCH if workers else None,
        pin_memory=pin_memory,
        worker_init_fn=_leave_interrupts_to_the_parent,
    )
    for item in loader:
        if isinstance(item, TrainerError):
            raise item
        yield item


@contextmanager
def report_worker_crashes() -> Iterator[None]:
    """Raise TrainerError if a worker process is killed during the block.

    Torch raises a RuntimeError of its own at any point of the main process.
    """
    try:
        yield
    except RuntimeError as error:
        if not str(error).startswith("DataLoader worker"):
            raise
        raise TrainerError(
            "a process that reads samples was killed (no memory left?); the same command resumes "
            "from the last checkpoint, with --set workers=0 without such processes"
        ) from None


def _leave_interrupts_to_the_parent(worker: int) -> None:  # noqa: ARG001
    # Both are sent to the whole group; the fit stops the workers.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    torch.set_num_threads(1)


def _nothing(size: int) -> Sample:
    return Sample(
        key="skipped",
        luma=np.zeros((size, size), dtype=np.uint8),
        bins=np.full((size, size), IGNORE_BIN, dtype=np.uint8),
    )


def _draws(seed: int, epoch: int, number: int) -> list[float]:
    """Return seven random numbers in [0, 1) for this sample and epoch."""
    state = (seed * 0x9E3779B97F4A7C15 + epoch * 0xD1B54A32D192ED03 + number) & _MASK
    draws = []
    for _ in range(7):  # SplitMix64 (Steele, Lea & Flood 2014)
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        draws.append((z ^ (z >> 31)) / 2**64)
    return draws


_MASK = 2**64 - 1  # seeds are of 64 bits
