"""Measures that `trainer fit` takes after every epoch, at the network's own resolution."""

from trainer.evaluation.measure_kind import Measure
from trainer.evaluation.measures import MEASURES

EPOCH_MEASURES = {
    "loss": Measure("validation loss", "what the fit minimises, a pixel", aim="low", digits=3),
    "accuracy": Measure(
        "accuracy: share of pixels given their bin", "share of pixels given their bin", most=1
    ),
    **{
        name: MEASURES[name]
        for name in (
            *("effective_colors", "effective_colors_ratio", "distinct_colors"),
            *("colorfulness_ratio", "hue_family_recall", "gray_recall"),
        )
    },
    "color_score": Measure(
        "colour score, 1 is best",
        "mean recall over seven families, the six of hue and gray",
        digits=3,
        most=1,
    ),
}
