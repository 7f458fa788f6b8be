"""``trainer fit``."""

from pathlib import Path

import click

from colorfiles.commands import emit, json_option, out_option, overwrite_option, say


def _recipes(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    from trainer.config.recipe import recipe_names

    return [name for name in recipe_names() if name.startswith(begun)]


@click.command()
@click.argument("shards")
@out_option("Run folder")
@click.option(
    "--recipe",
    default="small",
    show_default=True,
    shell_complete=_recipes,
    help="Name, or path of a .toml file; `trainer recipes` lists names and keys.",
)
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key of the recipe."
)
@click.option(
    "--init",
    metavar="RUN|NAME",
    help="Start from the parameters of a run, or of a network that comes with the package.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Resume the existing run with its own recipe and the changes of --set.",
)
@overwrite_option
@click.option("--dry-run", is_flag=True, help="Print what would be done; write nothing.")
@click.option(
    "--save-every",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Minutes between checkpoints within an epoch; 0 writes none.",
)
@click.option(
    "--skip-bad",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Unusable samples to tolerate.",
)
@click.option(
    "--cache-gb",
    type=click.FloatRange(min=0.1),
    default=20.0,
    show_default=True,
    help="Room for shards fetched from an address.",
)
@click.option("--tensorboard", is_flag=True, help="Also write TensorBoard files into the run.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, or auto.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    shards: str,
    out: Path,
    recipe: str,
    overrides: tuple[str, ...],
    init: str | None,
    resume: bool,
    overwrite: bool,
    dry_run: bool,
    save_every: float,
    skip_bad: int,
    cache_gb: float,
    tensorboard: bool,
    device: str,
    as_json: bool,
) -> None:
    """Train a network on SHARDS and write a run folder.

    The same command resumes a stopped run, and ends at once if the run is done; a run with another
    recipe is refused. With --resume a run keeps its own recipe, and --set changes it.
    Under torchrun all processes share the steps:
    torchrun --nproc-per-node 2 -m trainer fit shards --out run.

    With --init the network is that of RUN or NAME instead of the recipe's, and training starts
    from its parameters: to fine-tune a shipped network on photos of your own.

    \b
    trainer fit shards --out run --recipe small --set epochs=12
    trainer fit shards --out mine --recipe colorunet --init colorunet --set learning_rate=2e-4
    """
    from trainer.training.distributed import joined_world, leave
    from trainer.training.dry_run import dry_run_fit
    from trainer.training.loop import FitOptions, fit
    from trainer.training.plan import FitRequest, plan_fit
    from trainer.training.text import dry_run_text, fit_progress, summary_text

    if resume and overwrite:
        raise click.UsageError("--resume and --overwrite exclude each other")
    options = FitOptions(
        resume, overwrite, 60 * save_every, skip_bad=skip_bad, tensorboard=tensorboard
    )
    is_named = ctx.get_parameter_source("recipe") is click.core.ParameterSource.COMMANDLINE
    request = FitRequest(
        shards,
        out,
        recipe=recipe,
        keeps_recipe=resume and not is_named,
        overrides=overrides,
        init=init,
        device=device,
        cache_gb=cache_gb,
        options=options,
    )
    plan = plan_fit(request)
    for note in plan.notes:
        say(note)
    if dry_run:
        say("dry run: building the network, then timing a step on the first samples")
        expected = dry_run_fit(plan.shard_set, plan.recipe, device=device)
        emit(expected, as_json, dry_run_text(expected))
        return
    samples = plan.shard_set.count("train")
    with joined_world(device) as world:
        with fit_progress(plan.recipe, world, samples=samples) as report:
            summary = fit(
                plan.shard_set, out, plan.recipe, options=plan.options, world=world, report=report
            )
        if world.is_first:
            emit(summary, as_json, summary_text(summary))
    leave(world, 128 + summary.signal if summary.signal else 0)
