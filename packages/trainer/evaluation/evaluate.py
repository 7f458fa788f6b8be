"""A run against a shard set: all measures with baselines and intervals."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

import numpy as np
from jaxtyping import Float, UInt8

from colorcore import Palette
from colorcore.measures import HUE_FAMILIES, confusion_counts
from colorunet.coloring.colorizer import Colorizer
from trainer.data.shard_set import Sample, ShardSet
from trainer.errors import TrainerError
from trainer.evaluation.colors import (
    WHEEL_SECTORS,
    Colors,
    constant_colors,
    decoded_colors,
    hue_wheel,
    quantized_colors,
    true_colors,
)
from trainer.evaluation.criteria import criteria_of, verdicts
from trainer.evaluation.imagenet import class_in
from trainer.evaluation.measure import ImageMeasures, measure, table
from trainer.evaluation.measure_labels import definitions_with
from trainer.evaluation.old_photo import as_old_photo
from trainer.evaluation.perceptual import PerceptualNetworks, PerceptualPass
from trainer.evaluation.pool import Table
from trainer.evaluation.pretrained import not_measured
from trainer.evaluation.probes import Information, probe_position
from trainer.evaluation.result import (
    Evaluation,
    EvaluationSettings,
    HueFamily,
    ImageResult,
    Tallies,
)
from trainer.evaluation.summary import (
    CEILING,
    GRAY,
    PREDICTION,
    TRUTH,
    Estimate,
    estimates,
    per_image,
)
from trainer.evaluation.sweep import Sweep, suggested_temperature

MEAN, MODE = "mean_uv", "most_frequent_bin"
VARIANTS = (PREDICTION, TRUTH, CEILING, GRAY, MEAN, MODE)
_PERCEIVED = (PREDICTION, CEILING, GRAY)  # LPIPS and FID cost too much for all

Watch = Callable[[Iterable[Sample], int], Iterable[Sample]]


def unwatched(samples: Iterable[Sample], total: int) -> Iterable[Sample]:  # noqa: ARG001
    """Return the samples without reporting progress."""
    return samples


def evaluate(
    colorizer: Colorizer,
    shards: ShardSet,
    settings: EvaluationSettings | None = None,
    *,
    perceptual: PerceptualNetworks | None = None,
    watch: Watch = unwatched,
) -> tuple[Evaluation, Tallies]:
    """Measure a colouriser on a split; samples are streamed.

    Raises:
        TrainerError: the palettes differ, the split isn't there, or a sample can't be read.
    """
    settings = settings or EvaluationSettings()
    require_same_palette(colorizer.palette, shards)
    started = time.perf_counter()
    total = min(shards.count(settings.split), settings.limit or shards.count(settings.split))
    pass_ = _Pass(colorizer, settings, perceptual)
    for sample in watch(chosen_samples(shards, settings), total):
        pass_.add(sample)
    if not pass_.keys:
        raise TrainerError(f"{shards.path}: no samples in split {settings.split!r}")
    return pass_.finish(started), pass_.tallies()


def chosen_samples(shards: ShardSet, settings: EvaluationSettings) -> Iterator[Sample]:
    """Yield the samples that the settings select."""
    return islice(shards.samples(settings.split), settings.limit)


def require_same_palette(palette: Palette, shards: ShardSet) -> None:
    """Raise TrainerError unless the shards' bins are those of ``palette``."""
    if palette.fingerprint != shards.palette.fingerprint:
        raise TrainerError(
            f"{shards.path}: its palette is {shards.palette.fingerprint}, the run was trained with "
            f"{palette.fingerprint}; evaluate on shards made with the run's palette"
        )


class _Pass:
    """Accumulates measures while samples are streamed."""

    def __init__(
        self,
        colorizer: Colorizer,
        settings: EvaluationSettings,
        perceptual: PerceptualNetworks | None,
    ) -> None:
        n = colorizer.palette.n
        self._colorizer, self._settings = colorizer, settings
        self._measured: dict[str, list[ImageMeasures]] = {variant: [] for variant in VARIANTS}
        self._constants = baseline_colors(colorizer.palette)
        self._perceptual = PerceptualPass(perceptual) if perceptual else None
        self._sweep, self._information = Sweep(), Information(n)
        self._probed: list[np.ndarray] = []
        self._confusion = np.zeros((n, n), dtype=np.int64)
        self._wheels = np.zeros((2, WHEEL_SECTORS), dtype=np.int64)
        self._kept_rgb = True
        self._shape = (0, 0)
        self.keys: list[str] = []

    def add(self, sample: Sample) -> None:
        """Measure one sample under every variant."""
        colorizer, palette = self._colorizer, self._colorizer.palette
        logits = colorizer.logits(self._as_seen(sample))
        truth = true_colors(sample.luma, sample.bins, sample.rgb, palette)
        ceiling = quantized_colors(sample.luma, sample.bins, palette)
        prediction = decoded_colors(sample.luma, colorizer.decode(logits), palette)
        variants: dict[str, Colors] = {PREDICTION: prediction, TRUTH: truth, CEILING: ceiling}
        for name, color in self._constants.items():
            variants[name] = constant_colors(sample.luma, color, palette)
        for name, colors in variants.items():
            self._measured[name].append(measure(colors, truth, palette.n))
        if self._perceptual:
            perceived = {name: variants[name].rgb for name in _PERCEIVED}
            self._perceptual.add(truth.rgb, perceived, class_in(sample.key))
        self._confusion += confusion_counts(prediction.bins, truth.bins.astype(np.int64), palette.n)
        self._wheels += np.stack((hue_wheel(truth.uv), hue_wheel(prediction.uv)))
        self._information.add(logits)
        if self._sweep.images < self._settings.sweep_images:
            self._sweep.add(colorizer, logits, sample.luma, truth=truth, ceiling=ceiling)
        if len(self._probed) < self._settings.probe_images:
            self._probed.append(sample.luma)
        self._kept_rgb &= sample.rgb is not None
        self._shape = sample.luma.shape
        self.keys.append(sample.key)

    def _as_seen(self, sample: Sample) -> UInt8[np.ndarray, "h w"]:
        return as_old_photo(sample) if self._settings.aged else sample.luma

    def finish(self, started: float) -> Evaluation:
        """Return the evaluation of all samples."""
        tables = {variant: table(images) for variant, images in self._measured.items()}
        absolute, differences = estimates(
            tables, draws=self._settings.draws, seed=self._settings.seed
        )
        single = per_image(tables[PREDICTION], tables[TRUTH])
        perceptual = None
        if self._perceptual is not None:
            perceptual = self._perceptual.finish(
                draws=self._settings.draws, seed=self._settings.seed
            )
            single |= self._perceptual.per_image(PREDICTION)
        points = self._sweep.points() if self._sweep.images else []
        families = _hue_families(tables[PREDICTION])
        criteria = criteria_of(
            _values(absolute[GRAY]), {family.family: family.share_of_truth for family in families}
        )
        return Evaluation(
            split=self._settings.split,
            samples=len(self.keys),
            size_px=self._shape[0],
            truth_from="rgb" if self._kept_rgb else "bins",
            bins=self._colorizer.palette.n,
            palette_fingerprint=self._colorizer.palette.fingerprint,
            decoding=self._colorizer.decoding,
            averaging=self._colorizer.averaging,
            variants=absolute,
            prediction_minus=differences,
            hue_families=families,
            position_probe=probe_position(self._colorizer, self._probed),
            information_bits=self._information.bits,
            sweep=points,
            suggested_temperature=suggested_temperature(points, criteria) if points else None,
            verdicts=verdicts(_values(absolute[PREDICTION]), criteria),
            images=[
                ImageResult(key, {name: _known(single[name][i]) for name in single})
                for i, key in enumerate(self.keys)
            ],
            seconds=time.perf_counter() - started,
            settings=self._settings,
            perceptual=perceptual,
            definitions=definitions_with(perceptual.measured if perceptual else ()),
            not_measured=not_measured(perceptual.measured if perceptual else ()),
        )

    def tallies(self) -> Tallies:
        """Return the counts."""
        return Tallies(
            confusion=self._confusion,
            true_wheel=self._wheels[0],
            predicted_wheel=self._wheels[1],
            true_counts=self._confusion.sum(axis=1),
            mean_probability=self._information.mean_probability,
        )


def baseline_colors(palette: Palette) -> dict[str, Float[np.ndarray, "2"]]:
    """Return the constant colour of each baseline, derived from the palette's prior."""
    return {
        GRAY: np.zeros(2),
        MEAN: palette.prior @ palette.centers,
        MODE: palette.centers[int(np.argmax(palette.prior))],
    }


def _hue_families(measured: Table) -> list[HueFamily]:
    hits, pixels = measured["family_hits"].sum(axis=0), measured["family_pixels"].sum(axis=0)
    total = max(float(pixels.sum()), 1.0)
    return [
        HueFamily(family, float(count) / total, float(hit) / float(count) if count else None)
        for family, hit, count in zip(HUE_FAMILIES, hits, pixels, strict=True)
    ]


def _values(estimates: Mapping[str, Estimate]) -> dict[str, float | None]:
    return {name: estimate.value for name, estimate in estimates.items()}


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
