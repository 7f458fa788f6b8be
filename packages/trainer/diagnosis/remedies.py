"""Explanations and remedies of each cause, given the run's settings."""

from collections.abc import Callable
from dataclasses import dataclass

from trainer.config.recipe import Recipe
from trainer.diagnosis.causes import Symptom
from trainer.diagnosis.evidence import Evidence

_GOOD_RATE = 1e-3  # of recipe `small`, for AdamW with warm-up
_GOOD_BINS = 32  # of the palettes that are shipped
_SEES_LITTLE = "poster"  # the architecture with a field of 68 px


@dataclass(frozen=True)
class Finding:
    """A cause that was found: explanation, figures and remedies."""

    cause: str
    says: str
    evidence: str
    remedy: str


def finding(symptom: Symptom, evidence: Evidence) -> Finding:
    """Return a symptom's explanation, and the remedies that the recipe lacks."""
    says, remedy = _CAUSES[symptom.cause]
    return Finding(symptom.cause, says, symptom.evidence, remedy(evidence))


def _another_palette(e: Evidence) -> str:
    more = ""
    if e.palette.method == "kmeans" and e.palette.bins >= _GOOD_BINS:
        bins = min(255, 2 * e.palette.bins)
        more = f"from these photos, with more bins: dataprep palette PHOTOS --bins {bins}"
    else:
        more = (
            f"dataprep palette PHOTOS --method kmeans --bins {max(_GOOD_BINS, e.palette.bins)} (it "
            "keeps a bin at gray)"
        )
    return f"learn another palette, {more}; write the shards again and train again"


def _look_at_the_picture(e: Evidence) -> str:
    training = ["train longer", *_faster(e.recipe)]
    if e.recipe.network.architecture == _SEES_LITTLE:
        training.append("with a network that sees the scene (--recipe small)")
    return (
        "check that luma and bins in the shards belong together (dataprep inspect --html); then "
        + ", ".join(training)
    )


def _less_layout(e: Evidence) -> str:
    parts = []
    if e.recipe.network.norm == "volume":
        parts.append("use a norm without parameters for each position (--set norm=pixel)")
    if not e.recipe.data.crop:
        parts.append("train on random crops (--set crop=128)")
    return "; ".join([*parts, "add photos of other layouts"])


def _reach_the_loss(_: Evidence) -> str:
    return (
        "check that the loss multiplies each pixel by the weight of its true bin, and that the "
        "weights are made from this palette's prior; then train again"
    )


def _train_on(e: Evidence) -> str:
    recipe = e.recipe
    if recipe.max_steps:
        longer = f"train longer (--set max_steps={2 * recipe.max_steps})"
    else:
        longer = f"train longer (--set epochs={2 * recipe.epochs})"
    parts = [longer, *_faster(recipe)]
    if recipe.validation.patience:
        parts.append("without an early stop (--set patience=0)")
    if recipe.validation.measure == "loss":
        parts.append("and choose the best step by its colours (--set measure=color_score)")
    return ", ".join(parts)


def _cooler(e: Evidence) -> str:
    best = e.evaluation.suggested_temperature
    now = e.evaluation.decoding.temperature
    tried = f" ({best:g} suits these photos)" if best is not None and best < now else ""
    return (
        f"decode at a lower temperature with --temperature{tried}; trainer calibrate RUN SHARDS "
        "chooses one on the validation split and keeps it in the run"
    )


def _faster(recipe: Recipe) -> list[str]:
    """Return the settings of a good rate and schedule that a recipe lacks."""
    rate = recipe.optimizer
    parts = []
    if rate.learning_rate < _GOOD_RATE:
        parts.append(f"at a higher rate (--set learning_rate={_GOOD_RATE:g})")
    if not rate.warmup_steps:
        parts.append("with warm-up (--set warmup_steps=200)")
    if rate.schedule != "cosine":
        parts.append("with a rate that falls to its end (--set schedule=cosine)")
    return parts


_CAUSES: dict[str, tuple[str, Callable[[Evidence], str]]] = {
    "palette too poor": (
        "The palette can't hold the colours of these photos; no training can give them back.",
        _another_palette,
    ),
    "prior only": (
        "The network gives every photo the same colours: it knows how often each bin comes, and "
        "nothing of the picture.",
        _look_at_the_picture,
    ),
    "memorized layout": (
        "Colour depends on the place in the picture, such as blue above and tan below.",
        _less_layout,
    ),
    "weights not reaching the loss": (
        "The recipe asks for rare colours to count more, but the predictions have the shares of an "
        "unweighted training.",
        _reach_the_loss,
    ),
    "under-trained": ("Training stopped while there was more to learn.", _train_on),
    "decoding too warm": (
        "The network knows the colours; the mean over bins at this temperature washes them out.",
        _cooler,
    ),
}
