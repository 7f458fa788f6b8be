"""Recipes come from TOML, change by key=value, and refuse what they don't know."""

from pathlib import Path

import pytest

from trainer.config.recipe import Recipe, recipe_names
from trainer.errors import TrainerError


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_survives_a_round_trip(name: str, tmp_path: Path) -> None:
    recipe = Recipe.load(name)
    (tmp_path / "r.toml").write_text(recipe.to_toml())
    assert Recipe.load(str(tmp_path / "r.toml")) == recipe
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert recipe.about


def test_the_poster_is_faithful() -> None:
    recipe = Recipe.load("poster")
    assert recipe.network.architecture == "poster"
    assert recipe.optimizer.learning_rate == 1e-4
    assert recipe.batch_size == 48
    assert 10 <= recipe.epochs <= 25
    assert (recipe.validation.measure, recipe.validation.patience) == ("loss", 3)
    assert (recipe.loss.lam, recipe.loss.soft_k) == (0.3, 1)


def test_overrides_reach_every_section() -> None:
    recipe = Recipe.load("small").with_overrides(
        ["epochs=3", "learning_rate=2e-4", "lambda=0.7", "loss.soft_k=1", "flip=false", "width=16"]
    )
    assert recipe.epochs == 3
    assert recipe.optimizer.learning_rate == 2e-4
    assert (recipe.loss.lam, recipe.loss.soft_k) == (0.7, 1)
    assert recipe.data.flip is False
    assert recipe.network.width == 16


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epoch=3", "unknown key 'epoch', did you mean 'epochs'"),
        ("learning_rat=1", "did you mean 'learning_rate'"),
        ("loss.epochs=3", "unknown key 'loss.epochs'"),
        ("epochs", "expected key=value"),
        ("epochs=1.5", "epochs: expected a whole number, given '1.5'"),
        ("epochs=0", "epochs: expected at least 1, given 0"),
        ("lambda=1", "lambda: expected a number between 0 and 1"),
        ("flip=perhaps", "flip: expected true or false"),
        ("zoom=0.9", "zoom: expected 1 to 16, given 0.9"),
        ("zoom=17", "zoom: expected 1 to 16"),
        ("luma_gamma=-0.1", "luma_gamma: expected 0 to 2"),
        ("luma_gamma=2.1", "luma_gamma: expected 0 to 2"),
        ("cross_entropy=-1", "cross_entropy: expected at least 0"),
        ("cross_entropy=0", "uv: expected above 0 without cross_entropy, given 0.0"),
        ("uv=-1", "uv: expected at least 0"),
        ("uv_beta=0", "uv_beta: expected above 0"),
        ("accumulate=7", "batch_size: expected a multiple of accumulate"),
    ],
)
def test_what_doesnt_fit_is_refused_in_words(override: str, message: str) -> None:
    with pytest.raises(TrainerError, match=message):
        Recipe.load("poster").with_overrides([override])


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(TrainerError, match="did you mean 'poster'"):
        Recipe.load("postr")
