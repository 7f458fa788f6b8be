"""``dataprep fetch-flickr``."""

from pathlib import Path

import click

from colorfiles.commands import emit, exit_for_skips, json_option, out_option, say
from dataprep.cli.options import max_rejected_option


@click.command(name="fetch-flickr")
@click.option(
    "--tags",
    default="landscape,beach,mountains,nature,sunset,sunrise",
    show_default=True,
    help="Tags, with commas between them; each gets an equal share, as far as it has photos.",
)
@click.option(
    "--count",
    default=10_000,
    show_default=True,
    type=click.IntRange(min=1),
    help="Number of photos to keep.",
)
@out_option("Photo folder")
@click.option(
    "--license",
    "licenses",
    default="derivatives",
    show_default=True,
    help="Groups (derivatives, commercial, public-domain) and names (by, by-sa, cc0, by-nd…).",
)
@click.option(
    "--min-edge",
    default=500,
    show_default=True,
    type=click.IntRange(min=64),
    help="Least length of the longest edge, in pixels.",
)
@click.option(
    "--max-edge",
    default=800,
    show_default=True,
    type=click.IntRange(min=64),
    help="Greatest length of the longest edge, in pixels.",
)
@click.option(
    "--image-rate",
    default=10.0,
    show_default=True,
    type=click.FloatRange(min=0.01, max=1_000),
    help="Most images a second.",
)
@click.option(
    "--concurrency",
    default=16,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Downloads at once.",
)
@click.option(
    "--api-url", envvar="FLICKR_API_URL", help="Address of another server with the same API."
)
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    help="File with FLICKR_API_KEY=… and FLICKR_API_SECRET=…  [default: .env]",
)
@max_rejected_option
@json_option
def command(
    tags: str,
    count: int,
    out: Path,
    licenses: str,
    min_edge: int,
    max_edge: int,
    image_rate: float,
    concurrency: int,
    api_url: str | None,
    env_file: Path | None,
    max_rejected: int | None,
    as_json: bool,
) -> None:
    """Fetch photos by tag from Flickr into a photo folder.

    The key comes from FLICKR_API_KEY and FLICKR_API_SECRET. Photos are unique, balanced over the
    tags and under the given licences; ATTRIBUTION.md names their owners. After an interruption of
    any kind, the same command resumes, repeats no request and ends with the same set.

    \b
    dataprep fetch-flickr --tags beach,mountains --count 600 --out photos
    """
    from colorfiles.progress import progress
    from dataprep.sources.flickr.api import API_URL
    from dataprep.sources.flickr.credentials import read_credentials
    from dataprep.sources.flickr.fetch import fetch
    from dataprep.sources.flickr.licenses import license_ids
    from dataprep.sources.flickr.settings import FetchSettings, split_tags
    from dataprep.sources.text import flickr_text

    settings = FetchSettings(
        tags=split_tags(tags),
        count=count,
        licenses=license_ids(licenses),
        min_edge=min_edge,
        max_edge=max_edge,
        api_url=api_url or API_URL,
        image_rate=image_rate,
        concurrency=concurrency,
    )
    credentials = read_credentials(env_file)
    with progress("fetch-flickr", count) as report:
        summary = fetch(settings, credentials, out, report=report)
    for tag in summary.unknown_tags:
        say(f"no photos for tag {tag!r}")
    if summary.kept < count:
        dry = ", ".join(summary.dry_tags)
        say(f"only {summary.kept} of {count} photos: no more for {dry}")
    emit(summary, as_json, flickr_text(summary, out))
    exit_for_skips(summary.rejected, max_rejected)
