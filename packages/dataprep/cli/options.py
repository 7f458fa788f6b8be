"""Options that several commands of dataprep share."""

import click

seed_option = click.option(
    "--seed", default=0, show_default=True, help="Seed of everything that is random."
)
idle_seed_option = click.option(
    "--seed",
    type=int,
    expose_value=False,
    help="Taken as by every command; nothing here is drawn by chance.",
)
max_rejected_option = click.option(
    "--max-rejected",
    type=click.IntRange(min=0),
    default=None,
    help="Exit with 3 when more photos than this are rejected.  [default: no limit]",
)
