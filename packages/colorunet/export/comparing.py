"""Comparison of an exported file with torch: values, colours and times."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import nn

from colorcore import Palette
from colorcore.lab import ciede2000, rgb_to_lab
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.gamut_mapping import compose_rgb
from colorunet.coloring.onnx_runtime import onnx_runtime
from colorunet.errors import ColorunetError

_TIMED = 5  # photos that are timed; the median counts
_ODD_BATCH = (2, 1, 100, 133)  # another batch and size than the file was traced with


@dataclass(frozen=True)
class Compared:
    """Differences and times of a file and torch.

    Args:
        difference: the most that any number differs, of photos and of a batch of an odd size.
        largest: the largest number that torch gave, for comparison.
        color_difference: CIEDE2000 between the colours that both give, mean over the photos.
        file_ms: milliseconds for a photo of 256 × 256, median.
        torch_ms: likewise by torch, with as many threads, measured in turn with the file.
        threads: that both had.
    """

    difference: float
    largest: float
    color_difference: float
    file_ms: float
    torch_ms: float
    threads: int


def compared(
    path: Path,
    graph: nn.Module,
    photos: Sequence[UInt8[np.ndarray, "h w"]],
    *,
    palette: Palette,
    decoding: Decoding,
) -> Compared:
    """Run a file and its source graph on the same photos.

    Args:
        path: of the file.
        graph: from luma to logits, or to chroma first.
        photos: their luma, all of one size.
        palette: of the bins.
        decoding: how logits become colours.

    Raises:
        ColorunetError: the file takes no other size than it was made with.
    """
    threads = torch.get_num_threads()
    run_file, run_torch = _runner(path, threads), _torch_runner(graph)
    odd = np.random.default_rng(0).random(_ODD_BATCH, dtype=np.float32)
    pairs = [(odd, run_file(odd), run_torch(odd))]
    pairs += [(luma, run_file(luma), run_torch(luma)) for luma in map(_as_batch, photos)]
    if any(of_file.shape != of_torch.shape for _, of_file, of_torch in pairs):
        raise ColorunetError(f"{path}: the file gives another size than torch")
    colors = [
        _color_difference(luma, _uv(of_file, palette, decoding), _uv(of_torch, palette, decoding))
        for luma, of_file, of_torch in pairs[1:]
    ]
    times = [(_seconds(run_file, luma), _seconds(run_torch, luma)) for luma, _, _ in pairs[1:]]
    file_s, torch_s = (statistics.median(way) for way in zip(*times[:_TIMED], strict=True))
    return Compared(
        difference=max(float(np.abs(first - second).max()) for _, first, second in pairs),
        largest=max(float(np.abs(of_torch).max()) for _, _, of_torch in pairs),
        color_difference=float(np.mean(colors)),
        file_ms=1000 * file_s,
        torch_ms=1000 * torch_s,
        threads=threads,
    )


def _runner(path: Path, threads: int) -> Callable[[np.ndarray], np.ndarray]:
    onnxruntime = onnx_runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda luma: np.asarray(session.run(None, {"luma": luma})[0])


def _torch_runner(graph: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    def run(luma: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            outputs: Any = graph(torch.from_numpy(luma))
        first: torch.Tensor = outputs[0] if isinstance(outputs, tuple) else outputs
        return first.numpy()

    return run


def _as_batch(luma: UInt8[np.ndarray, "h w"]) -> Float32[np.ndarray, "1 1 h w"]:
    return luma[None, None].astype(np.float32) / 255


def _uv(
    output: Float32[np.ndarray, "1 n h w"], palette: Palette, decoding: Decoding
) -> Float[np.ndarray, "h w 2"]:
    last = np.moveaxis(output[0], 0, -1)
    return last if last.shape[-1] == 2 else decoding.uv(last, palette)


def _color_difference(luma: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    labs = [rgb_to_lab(compose_rgb(luma[0, 0], uv).astype(np.float64)) for uv in (first, second)]
    return float(np.mean(ciede2000(*labs)))


def _seconds(run: Callable[[np.ndarray], np.ndarray], luma: np.ndarray) -> float:
    started = time.perf_counter()
    run(luma)
    return time.perf_counter() - started
