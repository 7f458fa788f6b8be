"""Number format, memory layout and compilation for a device."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from colorunet.networks import PixelClassifier

Autocast = Callable[[], AbstractContextManager[object]]


def make_autocast(precision: str, device: torch.device) -> Autocast:
    """Return the context of the number format: bfloat16 autocast or float32.

    ``auto`` takes bfloat16 where the hardware multiplies it: on GPUs from Ampere on, and on CPUs
    with AVX512-BF16 (benchmarks/bench_train.py measures what that brings).
    """
    if precision == "auto":
        precision = "bfloat16" if _multiplies_bfloat16(device) else "float32"
    if precision == "float32":
        return nullcontext
    return lambda: torch.autocast(device.type, torch.bfloat16)


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


def prepare(network: PixelClassifier, device: torch.device) -> PixelClassifier:
    """Move a network to its device, in the device's best memory layout."""
    network.to(device)
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def compiled(network: nn.Module, setting: str, device: torch.device) -> nn.Module:
    """Return the network, compiled if the setting says so; ``auto`` compiles on a GPU."""
    if setting == "off" or (setting == "auto" and device.type != "cuda"):
        return network
    made: nn.Module = torch.compile(network)  # type: ignore[assignment]
    return made


def choose_workers(setting: int, device: torch.device, ranks: int) -> int:
    """Return the number of decoding processes: as set, one on a CPU, several on a GPU."""
    if setting >= 0:
        return setting
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    share = (cores or 1) // max(1, ranks)
    if device.type == "cpu":
        return 1 if share >= 2 else 0
    return max(1, min(16, share - 1))
