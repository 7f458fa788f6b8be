"""Checkpoints: parameters as safetensors, the rest as JSON beside them; nothing is unpickled."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from colorcore import Palette
from colorfiles.files import write_atomically
from colorfiles.outside.documents import integer
from colorfiles.outside.files import open_regular, read_regular
from colorunet.errors import ColorunetError
from colorunet.networks import NetworkSettings, PixelClassifier, build_network
from colorunet.parameters.meta import SCHEMA_VERSION, checkpoint_files, read_meta

Which = Literal["best", "last"]
_MOST_BYTES = 8 << 30  # of a safetensors file; the shipped networks have under 20 MB


@dataclass(frozen=True)
class Trained:
    """A trained network, ready to predict, with its palette and settings.

    ``network`` is in eval mode and takes luma (B, 1, H, W) in [0, 1], any size, to logits
    (B, n, H, W). ``meta`` is the JSON beside the parameters, ``fingerprint`` their sha256.
    """

    network: PixelClassifier
    palette: Palette
    settings: NetworkSettings
    meta: Mapping[str, Any]
    fingerprint: str = ""


def save_parameters(
    run: Path, name: str, parameters: Mapping[str, Tensor], meta: Mapping[str, Any]
) -> None:
    """Write ``name.safetensors`` and ``name.json`` into ``run``, each atomically.

    The step is in the header of the first too, so that a kill between the two is detected.
    """
    save_tensors(run / f"{name}.safetensors", parameters, {"step": str(meta["step"])})
    content = {"schema_version": SCHEMA_VERSION} | dict(meta)
    with write_atomically(run / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n")


def save_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
    """Write tensors (from any device) and a header of texts to one safetensors file, atomically."""
    on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with write_atomically(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode
        try:
            save_file(on_cpu, temporary, metadata=dict(header))
        except SafetensorError as error:  # in place of an OSError
            raise ColorunetError(f"{path}: can't be written ({error})") from None
        temporary.chmod(mode)  # the library makes it readable for its owner alone


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the header that ``save_tensors`` wrote.

    Raises:
        ColorunetError: the file is missing or not one of these.
    """
    try:
        open_regular(path, within=path.parent).close()  # safetensors would wait for a FIFO
        with safe_open(path, framework="pt") as opened:
            header = opened.metadata() or {}
        return load_file(path), header
    except FileNotFoundError:
        raise ColorunetError(f"{path}: no such file; is this a run of `trainer fit`?") from None
    except (SafetensorError, OSError) as error:
        raise ColorunetError(f"{path}: not a whole safetensors file ({error})") from None


def _digest(run: Path, which: Which = "best") -> str:
    """Return the sha256 of a run's parameters; ColorunetError if they can't be read."""
    _, path = checkpoint_files(run, which)
    try:
        return hashlib.sha256(read_regular(path, most=_MOST_BYTES, within=run)).hexdigest()
    except OSError as error:
        raise ColorunetError(f"{path}: {error.strerror}") from None


def load_run(run: Path, which: Which = "best", device: torch.device | str = "cpu") -> Trained:
    """Load the network of a run.

    Raises:
        ColorunetError: the run has no such checkpoint, or its files don't belong together.
    """
    meta = read_meta(run, which)
    described, stored = checkpoint_files(run, which)
    try:
        palette = Palette.from_dict(meta["palette"])
        settings = _network_settings(meta["recipe"])
        size = integer(meta["size"], "size", least=1)
        written_at = integer(meta.get("step", 0), "step")
        described_count = _count_described(settings, bins=palette.n, size=size)
    except KeyError as error:
        raise ColorunetError(f"{described}: the key {error.args[0]!r} is missing") from None
    except (TypeError, ValueError, AttributeError, OverflowError, RuntimeError) as error:
        raise ColorunetError(f"{described}: {str(error) or repr(error):.300}") from None
    parameters, header = load_tensors(stored)
    try:
        count = sum(tensor.numel() for tensor in parameters.values())
        if count != described_count:  # before a network of any size is built
            raise RuntimeError(f"{described_count:,} numbers, found {count:,}")
        network = build_network(settings, bins=palette.n, size=size)
        network.load_state_dict(parameters)
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise ColorunetError(
            f"{stored}: the parameters don't fit the network that "
            f"{described.name} describes ({first:.300}); the two come from different runs"
        ) from None
    if broken := next((n for n, t in parameters.items() if not torch.isfinite(t).all()), ""):
        raise ColorunetError(
            f"{stored}: {broken} has NaN or infinity: damaged, or training ran away; "
            "take another checkpoint"
        )
    digits = header.get("step", "")
    step = int(digits) if digits.isdecimal() and len(digits) < 19 else written_at
    network.eval().requires_grad_(False)
    about = dict(meta) | {"step": step}
    digest = _digest(run, which)
    return Trained(network.to(device), palette, settings, about, fingerprint=digest)


def _network_settings(recipe: Any) -> NetworkSettings:
    if not isinstance(recipe, Mapping):
        raise ValueError(f"recipe: expected an object, given {recipe!r:.80}")
    return NetworkSettings.of_run(recipe["network"])


def _count_described(settings: NetworkSettings, *, bins: int, size: int) -> int:
    """Return the number of parameters without allocating them."""
    with torch.device("meta"):
        described = build_network(settings, bins=bins, size=size).state_dict()
    return sum(tensor.numel() for tensor in described.values())
