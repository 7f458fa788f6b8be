"""Perceptual measures by pretrained networks: LPIPS, FID, and classification."""

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Num, UInt8

from colorunet.networks.efficientnet import EfficientNetLite0Classifier
from colorunet.networks.torchvision_import import import_torchvision
from trainer.errors import TrainerError
from trainer.evaluation.perceptual_measures import PERCEPTUAL_MEASURES
from trainer.evaluation.pretrained import (
    INSTALL,
    OPTION,
    ParameterFile,
    files,
    files_in,
    read_parameters,
    unfit,
)
from trainer.evaluation.summary import GRAY, TRUTH, Estimate, mean_estimate

_ALEXNET_LEAST_PX = 31  # below it AlexNet's second pooling has nothing left
_FEATURES = "2048"


@dataclass(frozen=True)
class Perceptual:
    """Each measure by variant; None without its parameters."""

    images: int
    lpips: dict[str, Estimate] | None
    fid: dict[str, Estimate] | None
    class_kept: dict[str, Estimate] | None = None
    class_found: dict[str, Estimate] | None = None
    class_won_back: dict[str, Estimate] | None = None
    frechet_lite0: dict[str, Estimate] | None = None
    labelled: int = 0

    @property
    def measured(self) -> dict[str, dict[str, Estimate]]:
        """Measures that were taken, by name."""
        figures = {name: getattr(self, name) for name in PERCEPTUAL_MEASURES}
        return {name: figure for name, figure in figures.items() if figure is not None}


@dataclass(frozen=True)
class PerceptualNetworks:
    """The networks of the measures, at least one."""

    lpips: Any | None
    inception: Any | None
    device: torch.device
    classifier: EfficientNetLite0Classifier | None = None

    @classmethod
    def open(cls, folder: Path, device: str | torch.device = "cpu") -> "PerceptualNetworks":
        """Load the networks whose parameters a folder has; nothing is downloaded.

        Raises:
            TrainerError: there is no file, one is damaged, or the extra isn't installed.
        """
        paths, described = files_in(folder), files()
        build = {"lpips": _lpips, "fid": _inception, "class_kept": _classifier}
        asked = [name for name in build if name in paths]
        try:
            with warnings.catch_warnings():  # both libraries call torchvision in its old ways
                warnings.simplefilter("ignore")
                if set(asked) & {"lpips", "fid"}:
                    import_torchvision()
                networks = {
                    name: build[name](paths[name], described[name]).to(device) for name in asked
                }
        except ModuleNotFoundError as error:
            raise TrainerError(f"{OPTION}: {error.name} is not installed: {INSTALL}") from error
        return cls(
            networks.get("lpips"),
            networks.get("fid"),
            torch.device(device),
            networks.get("class_kept"),
        )


class PerceptualPass:
    """Accumulates distances and features while images are streamed."""

    def __init__(self, networks: PerceptualNetworks) -> None:
        self._networks = networks
        self._images = 0
        self._distances: dict[str, list[float]] = {}
        self._truths: list[Float[np.ndarray, "2048"]] = []
        self._features: dict[str, list[Float[np.ndarray, "2048"]]] = {}
        self._seen: list[Float[np.ndarray, "1280"]] = []  # of the truths, by the classifier
        self._seen_of: dict[str, list[Float[np.ndarray, "1280"]]] = {}
        self._kept: dict[str, list[bool]] = {}
        self._classified: dict[str, list[bool]] = {}

    def add(
        self,
        truth: Float[np.ndarray, "h w 3"],
        variants: Mapping[str, Float[np.ndarray, "h w 3"]],
        label: int | None = None,
    ) -> None:
        """Add one image under each of its variants; all are rounded to 8 bits.

        ``label`` is its class of ImageNet-1k, where it is known.
        """
        pictures = np.stack([_rgb8(rgb) for rgb in (truth, *variants.values())])
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(self._networks.device)
        self._images += 1
        with torch.inference_mode():
            if self._networks.lpips is not None:
                self._compare(batch, list(variants))
            if self._networks.inception is not None:
                self._describe(batch, list(variants))
            if self._networks.classifier is not None:
                self._classify(batch, list(variants), label)

    def per_image(self, variant: str) -> dict[str, Float[np.ndarray, "images"]]:
        """Return the LPIPS of each image, if it is measured."""
        distances = self._distances.get(variant)
        return {} if distances is None else {"lpips": np.array(distances)}

    def finish(self, *, draws: int, seed: int) -> Perceptual:
        """Sum up; LPIPS with an interval from ``draws`` bootstrap draws, the same as elsewhere."""
        lpips = {
            variant: mean_estimate(np.array(distances), draws=draws, seed=seed)
            for variant, distances in self._distances.items()
        }
        kept, right = (
            {
                variant: mean_estimate(np.array(same, dtype=np.float64), draws=draws, seed=seed)
                for variant, same in shares.items()
            }
            for shares in (self._kept, self._classified)
        )
        return Perceptual(
            self._images,
            lpips or None,
            _distances(self._truths, self._features) or None,
            class_kept=kept or None,
            class_found=right or None,
            class_won_back=_won_back(right) or None,
            frechet_lite0=_distances(self._seen, self._seen_of) or None,
            labelled=len(self._classified.get(TRUTH, ())),
        )

    def _compare(self, batch: UInt8[torch.Tensor, "n 3 h w"], names: list[str]) -> None:
        if min(batch.shape[2:]) < _ALEXNET_LEAST_PX:
            raise TrainerError(
                f"{OPTION}: LPIPS needs views of at least {_ALEXNET_LEAST_PX} px, given "
                f"{batch.shape[3]} × {batch.shape[2]}"
            )
        assert self._networks.lpips is not None
        scaled = batch.float() / 127.5 - 1
        distances = self._networks.lpips(scaled[1:], scaled[:1]).flatten().tolist()
        for name, distance in zip(names, distances, strict=True):
            self._distances.setdefault(name, []).append(distance)

    def _describe(self, batch: UInt8[torch.Tensor, "n 3 h w"], names: list[str]) -> None:
        assert self._networks.inception is not None
        truth, *others = self._networks.inception(batch)[0].cpu().numpy()
        self._truths.append(truth)
        for name, features in zip(names, others, strict=True):
            self._features.setdefault(name, []).append(features)

    def _classify(
        self, batch: UInt8[torch.Tensor, "n 3 h w"], names: list[str], label: int | None
    ) -> None:
        assert self._networks.classifier is not None
        features = self._networks.classifier.features(batch.float() / 255)
        truth, *others = self._networks.classifier.classes(features).argmax(-1).tolist()
        seen, *seen_of = features.cpu().numpy()
        self._seen.append(seen)
        for name, best, described in zip(names, others, seen_of, strict=True):
            self._kept.setdefault(name, []).append(best == truth)
            self._seen_of.setdefault(name, []).append(described)
        if label is not None:
            for name, predicted in zip((TRUTH, *names), (truth, *others), strict=True):
                self._classified.setdefault(name, []).append(predicted == label)


@dataclass(frozen=True)
class Gaussian:
    """Mean and a root of the covariance (root.T @ root) with the fewest rows."""

    mean: Float[np.ndarray, "d"]
    root: Float[np.ndarray, "r d"]

    @classmethod
    def of(cls, features: Num[np.ndarray, "images d"]) -> "Gaussian":
        """Fit a Gaussian to the features of two images or more."""
        rows = features.astype(np.float64)
        mean = rows.mean(axis=0)
        root = (rows - mean) / np.sqrt(len(rows) - 1)
        if len(root) > root.shape[1]:
            root = np.asarray(np.linalg.qr(root, mode="r"))
        return cls(mean, root)


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """Return |m₁ − m₂|² + tr(C₁ + C₂ − 2 √(C₁C₂)), the FID of two sets of features.

    tr √(C₁C₂) is the sum of the singular values of root₁ root₂ᵀ. For fewer images than features
    these are far fewer than the eigenvalues of C₁C₂ that torch-fidelity sums, without rounding
    errors of zero eigenvalues under the root.
    """
    apart = first.mean - second.mean
    spread = np.sum(first.root**2) + np.sum(second.root**2)
    shared = np.linalg.svd(first.root @ second.root.T, compute_uv=False).sum()
    return max(0.0, float(apart @ apart + spread - 2 * shared))


def _won_back(shares: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Return the share of right answers lost on gray that a variant recovers."""
    truth, gray = (shares[name].value if name in shares else None for name in (TRUTH, GRAY))
    if truth is None or gray is None or truth <= gray:
        return {}
    return {
        variant: Estimate((estimate.value - gray) / (truth - gray))
        for variant, estimate in shares.items()
        if estimate.value is not None and variant != TRUTH
    }


def _distances(
    truths: Sequence[Float[np.ndarray, "d"]],
    features: Mapping[str, Sequence[Float[np.ndarray, "d"]]],
) -> dict[str, Estimate]:
    truth = Gaussian.of(np.array(truths)) if len(truths) > 1 else None
    return {
        variant: Estimate(frechet_distance(truth, Gaussian.of(np.array(rows))) if truth else None)
        for variant, rows in features.items()
    }


def _rgb8(rgb: Float[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return np.round(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def _lpips(path: Path, file: ParameterFile) -> Any:
    import lpips  # noqa: PLC0415 - an extra

    parameters = read_parameters(path, file)
    # pnet_rand: AlexNet is left as it comes, or lpips would fetch it. The heads are in its package.
    model = lpips.LPIPS(net="alex", version="0.1", pnet_rand=True, verbose=False)
    try:
        model.net.load_state_dict(
            {  # slice2.3.weight is features.3.weight
                key: parameters[f"features.{key.partition('.')[2]}"]
                for key in model.net.state_dict()
            }
        )
    except (KeyError, RuntimeError) as error:
        raise unfit(path, file) from error
    return model


def _inception(path: Path, file: ParameterFile) -> Any:
    from torch_fidelity import FeatureExtractorInceptionV3  # noqa: PLC0415 - an extra

    # torch-fidelity unpickles its file, so it gets a copy, written here, of tensors that were
    # read without unpickling.
    copy = io.BytesIO()
    torch.save(read_parameters(path, file), copy)
    copy.seek(0)
    try:
        return FeatureExtractorInceptionV3(
            "inception-v3-compat", [_FEATURES], feature_extractor_weights_path=copy
        )
    except (KeyError, RuntimeError) as error:
        raise unfit(path, file) from error


def _classifier(path: Path, file: ParameterFile) -> EfficientNetLite0Classifier:
    model = EfficientNetLite0Classifier()
    try:
        model.load_published(read_parameters(path, file))
    except (KeyError, RuntimeError) as error:
        raise unfit(path, file) from error
    return model.eval()
