"""``dataprep refresh``."""

from pathlib import Path

import click

from colorfiles.commands import emit, json_option


@click.command(name="refresh")
@click.argument("photos", type=click.Path(path_type=Path))
@click.option(
    "--license",
    "licenses",
    default=None,
    help="Allowed licences.  [default: those that the fetches allowed]",
)
@click.option(
    "--shards",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Folder of shards in which to look for removed photos; may be given several times.",
)
@click.option(
    "--api-url", envvar="FLICKR_API_URL", help="Address of another server with the same API."
)
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    help="File with FLICKR_API_KEY=… and FLICKR_API_SECRET=…  [default: .env]",
)
@json_option
def command(
    photos: Path,
    licenses: str | None,
    shards: tuple[Path, ...],
    api_url: str | None,
    env_file: Path | None,
    as_json: bool,
) -> None:
    """Request the current licence of every photo in PHOTOS.

    Photos that vanished, turned private or changed to a licence outside the allowed ones are
    removed; with --shards the shards that still hold them are listed. Flickr's terms require
    this as soon as reasonably possible, so run it regularly. A stopped refresh is resumed.

    \b
    dataprep refresh photos --shards shards
    """
    from colorfiles.progress import progress
    from dataprep.photos.folder import PhotoFolder
    from dataprep.sources.flickr.api import API_URL, FlickrClient
    from dataprep.sources.flickr.credentials import read_credentials
    from dataprep.sources.flickr.licenses import license_ids
    from dataprep.sources.flickr.refresh import refresh
    from dataprep.sources.flickr.rows import SOURCE
    from dataprep.sources.text import refresh_text

    allowed = license_ids(licenses) if licenses else None
    client = FlickrClient(read_credentials(env_file), api_url=api_url or API_URL)
    total = sum(photo.source == SOURCE for photo in PhotoFolder(photos).kept())
    with progress("refresh", total) as report:
        summary = refresh(photos, client, licenses=allowed, shard_sets=shards, report=report)
    emit(summary, as_json, refresh_text(summary, photos))
