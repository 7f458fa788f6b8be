"""``trainer recipes``."""

import click

from colorfiles.commands import emit, json_option


@click.command(name="recipes")
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the recipes and the keys that a recipe, or --set of `trainer fit`, may set.

    With NAME, a shipped recipe or a .toml file, print that recipe with every key, as a start for
    your own.

    \b
    trainer recipes
    trainer recipes small > mine.toml
    """
    from trainer.config.keys import all_recipes, recipes_text
    from trainer.config.recipe import Recipe

    if name is None:
        recipes = all_recipes()
        emit(recipes, as_json, recipes_text(recipes))
        return
    recipe = Recipe.load(name)
    emit(recipe, as_json, recipe.to_toml().rstrip("\n"))
