"""Settings and result of an evaluation; `--json` prints the result."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from colorunet.coloring.averaging import Averaging
from colorunet.coloring.decoding import Decoding
from trainer.evaluation.criteria import Verdict
from trainer.evaluation.films import FilmMeasures
from trainer.evaluation.perceptual import Perceptual
from trainer.evaluation.probes import PositionProbe
from trainer.evaluation.summary import Estimate
from trainer.evaluation.sweep import RULE, SweepPoint


@dataclass(frozen=True)
class EvaluationSettings:
    """Settings of an evaluation.

    Args:
        split: of the shard set.
        limit: at most so many samples, the first ones; None takes all.
        sweep_images: on so many samples the temperature is swept; 0 leaves it out.
        probe_images: photos that the position probe turns upside down.
        draws: bootstrap draws of the intervals.
        seed: of the draws.
        aged: the network sees each photo as an old print or scan of it; its colours are judged on
            the photo as it is.
    """

    split: str = "test"
    limit: int | None = None
    sweep_images: int = 0
    probe_images: int = 16
    draws: int = 500
    seed: int = 0
    aged: bool = False


@dataclass(frozen=True)
class HueFamily:
    """A hue family: its share of truth's coloured pixels, and its recall."""

    family: str
    share_of_truth: float
    recall: float | None


@dataclass(frozen=True)
class ImageResult:
    """The measures of the prediction for one image."""

    key: str
    measures: dict[str, float | None]


@dataclass(frozen=True)
class Evaluation:
    """All figures of one run on one split; what ``--json`` prints.

    ``truth_from`` is ``rgb`` (the colour crops) or ``bins`` (the palette's colours, where the
    shards keep no crops: truth and quantised truth are then the same).
    """

    split: str
    samples: int
    size_px: int
    truth_from: str
    bins: int
    palette_fingerprint: str
    decoding: Decoding
    averaging: Averaging
    variants: dict[str, dict[str, Estimate]]
    prediction_minus: dict[str, dict[str, Estimate]]
    hue_families: list[HueFamily]
    position_probe: PositionProbe
    information_bits: float
    sweep: list[SweepPoint]
    suggested_temperature: float | None
    verdicts: list[Verdict]
    images: list[ImageResult]
    seconds: float
    settings: EvaluationSettings
    perceptual: Perceptual | None
    definitions: dict[str, str]
    not_measured: dict[str, str]
    suggestion_rule: str = RULE
    films: list[FilmMeasures] = field(default_factory=list)


@dataclass(frozen=True)
class Tallies:
    """Counts for pictures and the diagnosis."""

    confusion: Int[np.ndarray, "n n"]
    true_wheel: Int[np.ndarray, "36"]
    predicted_wheel: Int[np.ndarray, "36"]
    true_counts: Int[np.ndarray, "n"]
    mean_probability: Float[np.ndarray, "n"]
