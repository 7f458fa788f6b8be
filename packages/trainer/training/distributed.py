"""Processes of a fit: a single one, or those started by torchrun."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from trainer.errors import TrainerError

_TIMEOUT = timedelta(minutes=10)  # how long a rank waits for one that died before it ends too


@dataclass(frozen=True)
class World:
    """This process among those of a fit."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and messages."""
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """Return ``values`` added up over all processes, on each."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def any(self, flag: bool) -> bool:
        """Return whether ``flag`` is set on any process."""
        if self.size == 1:
            return flag
        return bool(self.sum(torch.tensor([int(flag)], device=self.device)).item())

    def wait(self) -> None:
        """Wait for all processes."""
        if self.size > 1:
            dist.barrier()

    def wrap(self, network: nn.Module) -> nn.Module:
        """Wrap the network so that gradients are averaged over processes."""
        if self.size == 1:
            return network
        on_gpu = self.device.type == "cuda"
        return DistributedDataParallel(
            network,
            device_ids=[self.device.index] if on_gpu else None,
            gradient_as_bucket_view=True,
            broadcast_buffers=False,
        )


@contextmanager
def joined_world(device: str = "auto") -> Iterator[World]:
    """Join the processes that torchrun started, with nccl on GPUs and gloo elsewhere; or be alone.

    Args:
        device: ``auto`` takes a GPU where torch sees one; else as torch names it.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    rank = int(os.environ.get("RANK", "0"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    chosen = _device(device, local)
    if size == 1:
        yield World(device=chosen)
        return
    backend = "nccl" if chosen.type == "cuda" else "gloo"
    dist.init_process_group(backend, timeout=_TIMEOUT)
    try:
        yield World(rank=rank, size=size, device=chosen)
        dist.barrier()  # no rank leaves while others communicate with it
    finally:
        # DistributedDataParallel is in reference cycles. Collected as the interpreter exits, it
        # ends the group's threads in an order that sometimes aborts the process.
        gc.collect()
        dist.destroy_process_group()


def leave(world: World, status: int) -> None:
    """Exit with ``status`` if it isn't 0, or if the fit had several processes.

    One that shared a fit ends at once: threads that gloo leaves behind abort the process now and
    then while the interpreter shuts down (torch 2.13; also github.com/pytorch/pytorch/pull/179291).
    """
    if world.size > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    if status:
        raise SystemExit(status)


def _device(name: str, local_rank: int) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        if name == "cuda":
            torch.cuda.set_device(local_rank)
        device = torch.device("cuda", local_rank) if name == "cuda" else torch.device(name)
        torch.empty(1, device=device).item()  # meta has no values
    except (RuntimeError, AssertionError, AttributeError) as error:  # each by some build of torch
        raise TrainerError(
            f"--device {name}: torch {torch.__version__} finds none here; take --device cpu or "
            "auto, or install a torch that is built for it"
        ) from error
    return device
