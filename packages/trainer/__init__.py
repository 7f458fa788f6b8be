"""Training of networks on shards, and their evaluation."""

from typing import TYPE_CHECKING

from colorfiles.public_names import lazy_exports

if TYPE_CHECKING:
    from trainer.config.recipe import Recipe, recipe_names
    from trainer.data.shard_set import ShardSet
    from trainer.diagnosis.examine import diagnose
    from trainer.errors import TrainerError
    from trainer.evaluation.evaluate import evaluate
    from trainer.evaluation.result import EvaluationSettings
    from trainer.training.loop import FitOptions, fit

__all__ = [
    "EvaluationSettings",
    "FitOptions",
    "Recipe",
    "ShardSet",
    "TrainerError",
    "diagnose",
    "evaluate",
    "fit",
    "recipe_names",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "EvaluationSettings": "trainer.evaluation.evaluate",
        "FitOptions": "trainer.training.loop",
        "Recipe": "trainer.config.recipe",
        "ShardSet": "trainer.data.shard_set",
        "TrainerError": "trainer.errors",
        "diagnose": "trainer.diagnosis.examine",
        "evaluate": "trainer.evaluation.evaluate",
        "fit": "trainer.training.loop",
        "recipe_names": "trainer.config.recipe",
    },
)
