"""Options shared by commands of dataprep."""

import click

seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of everything that is random.",
)
idle_seed_option = click.option(
    "--seed",
    type=int,
    expose_value=False,
    help="Accepted for uniformity; this command draws no random numbers.",
)
min_edge_option = click.option(
    "--min-edge",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    help="Shortest edge to keep, in pixels.",
)
decoding_threads_option = click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=2,
    show_default=True,
    help="Threads that decode.",
)
max_rejected_option = click.option(
    "--max-rejected",
    type=click.IntRange(min=0),
    default=None,
    help="Exit with 3 when more photos than this are rejected.  [default: no limit]",
)
