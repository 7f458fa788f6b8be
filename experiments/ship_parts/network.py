"""The shipped network: half-precision parameters, and everything needed for prediction."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from colorfiles.errors import ColorfilesError
from colorunet.parameters.checkpoint import Trained, save_parameters
from dataprep.palettes.palette_file import write_palette

MOST_PARAMETERS = 8_000_000
MOST_BYTES = 16_000_000
_META = ("step", "epoch", "elapsed_s", "metrics", "size", "recipe", "palette")


def save_half(
    trained: Trained, settings: Mapping[str, Any], folder: Path, about: Mapping[str, Any]
) -> None:
    """Write ``best.safetensors`` in float16, ``best.json`` and ``palette.json`` into a folder.

    ``settings`` say how the network predicts, as ``trainer calibrate`` writes them; ``about`` comes
    into ``best.json`` too.

    Raises:
        ColorfilesError: the network is larger than is shipped, or a parameter than float16 holds.
    """
    parameters = sum(parameter.numel() for parameter in trained.network.parameters())
    if parameters > MOST_PARAMETERS:
        raise ColorfilesError(f"{parameters:,} parameters: at most {MOST_PARAMETERS:,} are shipped")
    tensors = {name: _half(name, tensor) for name, tensor in trained.network.state_dict().items()}
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if size > MOST_BYTES:
        raise ColorfilesError(f"{size:,} bytes: at most {MOST_BYTES:,} are shipped")
    folder.mkdir(parents=True, exist_ok=True)
    meta = {name: trained.meta[name] for name in _META}
    meta |= dict(settings) | {"parameters": parameters, "precision": "float16"}
    save_parameters(folder, "best", tensors, meta | dict(about))
    write_palette(trained.palette, str(folder / "palette.json"), overwrite=True)


def install(folder: Path, target: Path) -> None:
    """Replace ``target`` by a copy of a finished network folder, atomically."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished, old = (target.with_name(f".{target.name}.{word}") for word in ("new", "old"))
    for path in (unfinished, old):
        shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(folder, unfinished)
    if target.exists():
        target.rename(old)
    unfinished.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _half(name: str, tensor: torch.Tensor) -> torch.Tensor:
    if not tensor.is_floating_point():
        return tensor
    half = tensor.half()
    if not bool(torch.isfinite(half).all()):
        raise ColorfilesError(f"{name}: a parameter doesn't fit float16 ({tensor.abs().max():.3g})")
    return half
