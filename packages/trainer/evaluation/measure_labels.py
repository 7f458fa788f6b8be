"""Labels and definitions of measures, for tables, pages and model cards."""

from collections.abc import Collection

from trainer.evaluation.epoch_measures import EPOCH_MEASURES
from trainer.evaluation.measures import MEASURES
from trainer.evaluation.perceptual_measures import PERCEPTUAL_MEASURES


def full_label(name: str) -> str:
    """Return a measure's label with that of its parent, if it continues one."""
    labels = list(MEASURES)
    label = (MEASURES | PERCEPTUAL_MEASURES | EPOCH_MEASURES)[name].label
    if not label.startswith("…"):
        return label
    parent = next(
        MEASURES[before].label
        for before in reversed(labels[: labels.index(name)])
        if not MEASURES[before].label.startswith("…")
    )
    return parent + label.replace("…", ",")


def definitions_with(perceptual: Collection[str] = ()) -> dict[str, str]:
    """Return the help of every measure, and of those of ``PERCEPTUAL_MEASURES`` given."""
    measures = MEASURES | {name: PERCEPTUAL_MEASURES[name] for name in perceptual}
    return {name: measure.help for name, measure in measures.items()}
