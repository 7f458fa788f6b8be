"""Sections of a recipe besides the network: frozen dataclasses, validated on creation."""

from dataclasses import dataclass

from trainer.config.measure_names import present_name

# Measures of validation that a fit may choose its best step by.
LATEST = "latest"  # no judgement: the last step is the best
BEST_BY = (
    *("loss", "accuracy", "hue_family_recall", "effective_colors_ratio", "color_score"),
    LATEST,
)
SCHEDULES = ("constant", "cosine")
PRECISIONS = ("auto", "float32", "bfloat16")
SWITCH = ("auto", "on", "off")


@dataclass(frozen=True)
class DataSettings:
    """Sampling and augmentation of training samples.

    Args:
        crop: edge in pixels of a random square cut from each sample; 0 takes the whole.
        zoom: the square's edge is drawn between ``crop`` and this many times it, and shrunk to
            ``crop``; 1 never shrinks. No window is larger than the sample.
        flip: mirror half of the samples, left to right.
        luma_gamma: luma is raised to a power drawn from exp(± this), as another exposure would.
        luma_noise: standard deviation of Gaussian noise on luma in [0, 1].
        aging: share of the samples whose luma is made to look like an old photograph's.
        workers: processes that decode; -1 chooses, 0 decodes in the main process.
        shuffle_shards: samples are shuffled within groups of this many shards, whose order is
            shuffled too; larger mixes better, smaller reads more in sequence.
        verify: check every shard's sha256 before training.
    """

    crop: int = 0
    zoom: float = 1.0
    flip: bool = False
    luma_gamma: float = 0.0
    luma_noise: float = 0.0
    aging: float = 0.0
    workers: int = -1
    shuffle_shards: int = 16
    verify: bool = True

    def __post_init__(self) -> None:
        """Check the ranges."""
        _require("crop", self.crop == 0 or self.crop >= 16, "0 or at least 16", self.crop)
        _require("zoom", 1 <= self.zoom <= 16, "1 to 16", self.zoom)
        _require("luma_gamma", 0 <= self.luma_gamma <= 2, "0 to 2", self.luma_gamma)
        _require("luma_noise", 0 <= self.luma_noise <= 1, "0 to 1", self.luma_noise)
        _require("aging", 0 <= self.aging <= 1, "0 to 1", self.aging)
        _require("workers", -1 <= self.workers <= 256, "-1 to 256", self.workers)
        _require("shuffle_shards", self.shuffle_shards >= 1, "at least 1", self.shuffle_shards)


@dataclass(frozen=True)
class LossSettings:
    """The weighted soft-target cross-entropy, and a loss on the mean colour.

    Args:
        lam: λ of the rebalancing weights (``lambda`` in a recipe); near 1 weighs all bins alike.
        prior_sigma: width, in UV, of the Gaussian that smooths the prior first; 0 doesn't.
        soft_k: nearest bins that a target is spread over; 1 is a hard target.
        soft_sigma: width, in UV, of that spread.
        coarse: compare at the network's own resolution with every logits_stride-th pixel, instead
            of upsampling the logits: cheaper by the square of the stride.
        cross_entropy: factor on the cross-entropy; 0 with ``uv`` above 0 is plain regression.
        uv: factor on the smooth-L1 distance of the mean colour to the true bin's centre.
        uv_beta: distance, in UV, below which that loss is quadratic; from 1.23 on, the farthest
            that two colours lie apart, it is L2 throughout.
    """

    lam: float = 0.3
    prior_sigma: float = 0.0
    soft_k: int = 1
    soft_sigma: float = 0.02
    coarse: bool = True
    cross_entropy: float = 1.0
    uv: float = 0.0
    uv_beta: float = 0.1

    def __post_init__(self) -> None:
        """Check the ranges."""
        _require("cross_entropy", self.cross_entropy >= 0, "at least 0", self.cross_entropy)
        _require("uv", self.uv >= 0, "at least 0", self.uv)
        _require("uv", self.uv + self.cross_entropy > 0, "above 0 without cross_entropy", self.uv)
        _require("uv_beta", self.uv_beta > 0, "above 0", self.uv_beta)
        _require("lambda", 0 < self.lam < 1, "a number between 0 and 1", self.lam)
        _require("prior_sigma", self.prior_sigma >= 0, "at least 0", self.prior_sigma)
        _require("soft_k", 1 <= self.soft_k <= 255, "1 to the number of bins", self.soft_k)
        _require("soft_sigma", self.soft_sigma > 0, "above 0", self.soft_sigma)


@dataclass(frozen=True)
class OptimizerSettings:
    """Adam with decoupled weight decay, its schedule and the average of the parameters.

    Args:
        learning_rate: the highest rate.
        weight_decay: decoupled (AdamW); 0 is plain Adam.
        schedule: ``constant`` or ``cosine`` down to a hundredth over the whole fit.
        warmup_steps: steps over which the rate rises linearly.
        clip_norm: gradients longer than this are shortened to it; 0 never.
        accumulate: micro-batches a step; each has batch_size / accumulate / processes samples.
        ema: decay of the running average of the parameters that is validated and kept; 0 is none.
        encoder_rate: factor on the rate of an encoder's parameters, where the network has one.
        freeze_steps: first steps in which those stay as they are.
    """

    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: str = "constant"
    warmup_steps: int = 0
    clip_norm: float = 0.0
    accumulate: int = 1
    ema: float = 0.0
    encoder_rate: float = 1.0
    freeze_steps: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        _require("learning_rate", 0 < self.learning_rate < 10, "above 0", self.learning_rate)
        _require("weight_decay", self.weight_decay >= 0, "at least 0", self.weight_decay)
        _require("schedule", self.schedule in SCHEDULES, " or ".join(SCHEDULES), self.schedule)
        _require("warmup_steps", self.warmup_steps >= 0, "at least 0", self.warmup_steps)
        _require("clip_norm", self.clip_norm >= 0, "at least 0", self.clip_norm)
        _require("accumulate", self.accumulate >= 1, "at least 1", self.accumulate)
        _require("ema", 0 <= self.ema < 1, "0 to below 1", self.ema)
        _require("encoder_rate", 0 <= self.encoder_rate <= 10, "0 to 10", self.encoder_rate)
        _require("freeze_steps", self.freeze_steps >= 0, "at least 0", self.freeze_steps)


@dataclass(frozen=True)
class ValidationSettings:
    """Validation during a fit, and its early stopping.

    Args:
        measure: what the best step is chosen by: ``loss``, ``accuracy``, ``hue_family_recall``,
            ``effective_colors_ratio``, ``color_score``, or ``latest``, which judges nothing.
        patience: judgements without a better value after which the fit stops; 0 never.
        every_epochs: epochs from one judgement, and checkpoint, to the next.
        val_samples: samples judged each time; 0 takes all of the split ``val``.
        temperature: of the annealed mean that colours are measured at.
        keep: checkpoints of earlier epochs kept besides best and last.
    """

    measure: str = "loss"
    patience: int = 0
    every_epochs: int = 1
    val_samples: int = 256
    temperature: float = 0.38
    keep: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        object.__setattr__(self, "measure", present_name(self.measure))
        _require("measure", self.measure in BEST_BY, " or ".join(BEST_BY), self.measure)
        _require("patience", self.patience >= 0, "at least 0", self.patience)
        _require("every_epochs", self.every_epochs >= 1, "at least 1", self.every_epochs)
        _require("val_samples", self.val_samples >= 0, "at least 0", self.val_samples)
        _require("temperature", 0 < self.temperature <= 1, "above 0, at most 1", self.temperature)
        _require("keep", self.keep >= 0, "at least 0", self.keep)


@dataclass(frozen=True)
class ComputeSettings:
    """Use of the machine.

    Args:
        threads: of torch on the CPU; 0 leaves it to torch.
        precision: ``auto`` is bfloat16 where the device multiplies it faster, else float32.
        compile: torch.compile: ``on``, ``off``, or ``auto``: on a GPU only.
    """

    threads: int = 0
    precision: str = "auto"
    compile: str = "auto"

    def __post_init__(self) -> None:
        """Check the ranges."""
        _require("threads", 0 <= self.threads <= 1024, "0 to 1024", self.threads)
        _require("precision", self.precision in PRECISIONS, " or ".join(PRECISIONS), self.precision)
        _require("compile", self.compile in SWITCH, " or ".join(SWITCH), self.compile)


def _require(name: str, holds: bool, expected: str, given: object) -> None:
    if not holds:
        raise ValueError(f"{name}: expected {expected}, given {given!r}")
