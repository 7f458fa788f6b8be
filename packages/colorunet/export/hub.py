"""Folder layout of the Hugging Face Hub: card, parameters, configuration, ONNX file."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from colorfiles.files import sweep, write_atomically
from colorfiles.locks import only_writer
from colorfiles.outside.documents import SMALL
from colorfiles.outside.files import open_regular, read_regular
from colorunet.export.onnx_export import ExportSettings, export_onnx
from colorunet.export.targets import MODEL_TYPE, require_hub_folder
from colorunet.parameters.checkpoint import Trained
from colorunet.parameters.meta import HUB_FILES, checkpoint_files
from colorunet.parameters.shipped import ONNX_FILE, SHIPPED_NETWORKS

_CARD = "README.md"
_PLAIN_WORD = re.compile(r"[a-z][a-z0-9_]{0,60}")  # of a measure: no Markdown, no HTML
# Of a shipped network; its card shows them.
_BESIDE = ("palette.json", "photos.csv", "pictures.jpg")
_OWN_CARD = "MODEL_CARD.md"
_FRONT = """---
{license}library_name: colorunet
pipeline_tag: image-to-image
tags:
- colorization
- image-colorization
- grayscale
- onnx
---
"""
_USAGE = """
## Use
```
hf download OWNER/{name} --local-dir {name}
colorunet {name} photo.jpg album/        # into colorized/; needs no torch
```
```python
from colorunet import Colorizer

colored = Colorizer.load("{name}")(image)  # a PIL image, a NumPy array, a torch tensor, or a list
```
`{onnx}` runs without this package too:
```python
import onnxruntime

session = onnxruntime.InferenceSession("{name}/{onnx}")
(logits,) = session.run(None, {{"luma": luma}})
```
`luma` is (B, 1, H, W) float32 in [0, 1], Y of BT.601 on gamma-encoded sRGB, of any size, best a
shorter edge of 256 pixels; `logits` are (B, {bins}, H, W). The bins' U and V are `palette.centers`
in `config.json`, and how logits become colours is `decoding` there.
"""


@dataclass(frozen=True)
class HubFolder:
    """The folder that was written."""

    folder: str
    files: list[str]


def write_hub(trained: Trained, run: Path, folder: Path, *, overwrite: bool = False) -> HubFolder:
    """Write a network into a folder for upload, which is also a run.

    The configuration is written first, to recognize the folder of a killed call. An existing card
    stays, as it may have been edited.

    Args:
        trained: the network of ``run``.
        run: the folder that it was loaded from.
        folder: to write; made where it is missing.
        overwrite: replace another network, card and all.

    Raises:
        ColorunetError: something else is in the folder.
        ColorfilesError: another call writes there.
    """
    config, parameters = HUB_FILES
    own = {_CARD, ONNX_FILE, *HUB_FILES, *_BESIDE}
    about = {"model_type": MODEL_TYPE, "bins": trained.palette.n} | dict(trained.meta)
    text = json.dumps(about | {"fingerprint": trained.fingerprint}, indent=1) + "\n"
    require_hub_folder(folder, own, text, overwrite=overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    with only_writer(folder):
        sweep(folder)
        _write(folder / config, text)
        _copy(checkpoint_files(run, "best")[1], folder / parameters)
        for name in _BESIDE:
            if (run / name).is_file():
                _copy(run / name, folder / name)
        halved = trained.meta.get("precision") == "float16"
        export_onnx(trained, folder / ONNX_FILE, ExportSettings("fp16" if halved else "fp32"))
        if overwrite or not (folder / _CARD).exists():
            _write(folder / _CARD, _card(trained, run, folder.resolve().name))
    return HubFolder(str(folder), sorted(own & {path.name for path in folder.iterdir()}))


def _card(trained: Trained, run: Path, name: str) -> str:
    ours = str(trained.meta.get("name")) in SHIPPED_NETWORKS and (run / _OWN_CARD).is_file()
    front = _FRONT.format(license="license: apache-2.0\n" if ours else "")
    usage = _USAGE.format(name=name, onnx=ONNX_FILE, bins=trained.palette.n)
    if ours:
        card = read_regular(run / _OWN_CARD, most=SMALL, within=run).decode()
        title, _, rest = card.partition("\n")
        return f"{front}\n{title}\n{usage}{rest}"
    return f"{front}\n# {name}\n{usage}{_of_run(trained)}"


def _of_run(trained: Trained) -> str:
    parameters = sum(parameter.numel() for parameter in trained.network.parameters())
    metrics = trained.meta.get("metrics")
    measured = "\n".join(
        f"- {key}: {value:.3f}"
        for key, value in (metrics.items() if isinstance(metrics, Mapping) else ())
        if isinstance(value, int | float) and _PLAIN_WORD.fullmatch(key)
    )
    return (
        f"\n## The network\n`{trained.settings.architecture}`, {parameters:,} parameters, a "
        f"palette of {trained.palette.n} bins; {trained.meta.get('step', 0):,} steps.\n"
        + (f"\nOn validation photos when it was kept:\n\n{measured}\n" if measured else "")
        + "\nWhich photos it learnt from, and the licence of the parameters, its maker must say.\n"
    )


def _copy(source: Path, target: Path) -> None:
    """Copy a file of a run; links that lead outside are refused."""
    with (
        open_regular(source, within=source.parent) as file,
        write_atomically(target) as temporary,
        temporary.open("wb") as copy,
    ):
        shutil.copyfileobj(file, copy)


def _write(path: Path, text: str) -> None:
    with write_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
