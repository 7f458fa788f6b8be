"""Pictures of the same validation photos after each epoch, kept in the run."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image

from colorcore import Palette
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from trainer.data.shard_set import Sample, ShardSet
from trainer.report.contact_sheet import write_png
from trainer.report.panels import Panels, panels

PICTURES = "pictures"
_PHOTOS = 8
_EDGE_PX = 128
_GAP = 4


def picture_samples(shards: ShardSet, split: str = "val", count: int = _PHOTOS) -> list[Sample]:
    """Return the first samples of a split, which is a random choice as shards are shuffled."""
    return list(islice(shards.samples(split), count)) if shards.count(split) else []


def save_epoch_pictures(
    run: Path,
    epoch: int,
    samples: Sequence[Sample],
    *,
    network: Callable[[torch.Tensor], torch.Tensor],
    palette: Palette,
    temperature: float = 0.38,
    device: str | torch.device = "cpu",
) -> UInt8[np.ndarray, "photos edge edge 3"]:
    """Write ``RUN/pictures/epoch-003.png``, a row of predictions, and once the gray and true rows.

    The network, which is on ``device``, predicts in evaluation mode and is left as it was.
    Returns the predictions along the first axis (what TensorBoard's image panels take).
    """
    training = isinstance(network, torch.nn.Module) and network.training
    colorizer = Colorizer(
        network, palette, decoding=Decoding(temperature=temperature), device=device
    )
    rows = [panels(colorizer, sample, edge_px=_EDGE_PX) for sample in samples]
    if training and isinstance(network, torch.nn.Module):
        network.train()
    for name, column in (("gray", 0), ("truth", 1)):
        path = run / PICTURES / f"{name}.png"
        if not path.exists():
            write_png(_row(rows, column), path)
    write_png(_row(rows, 3), run / PICTURES / f"epoch-{epoch:03d}.png")
    return np.stack([np.asarray(row.pictures[3]) for row in rows])


def saved_pictures(run: Path) -> dict[str, Path]:
    """Return the existing pictures in display order: gray, truth, then the epochs."""
    folder = run / PICTURES
    fixed = [folder / "gray.png", folder / "truth.png"]
    epochs = sorted(folder.glob("epoch-*.png"))
    return {path.stem: path for path in [*fixed, *epochs] if path.exists()}


def _row(rows: Sequence[Panels], column: int) -> Image.Image:
    strip = Image.new("RGB", (len(rows) * (_EDGE_PX + _GAP) - _GAP, _EDGE_PX), (255, 255, 255))
    for number, row in enumerate(rows):
        strip.paste(row.pictures[column], (number * (_EDGE_PX + _GAP), 0))
    return strip
