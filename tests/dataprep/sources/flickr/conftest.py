"""The project's own Flickr server, over real HTTP on loopback, with the demo's photographs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flickr_server.faults import Faults
from flickr_server.library import Library, make_library
from flickr_server.server import FlickrServer

from colorfiles.progress import ProgressCallback, silent
from dataprep.photos.folder import PhotoFolder
from dataprep.photos.rows import Photo
from dataprep.sources.flickr.credentials import Credentials
from dataprep.sources.flickr.fetch import fetch
from dataprep.sources.flickr.limits import Patience
from dataprep.sources.flickr.run import FetchSummary
from dataprep.sources.flickr.settings import FetchSettings
from dataprep.sources.flickr.transport import Timeouts

TAGS = ("beach", "nature")


@pytest.fixture
def make(demo_photos: Path) -> Callable[..., Library]:
    """A library of the demo's photographs; two tags, ten photos each unless told otherwise."""

    def make_it(per_tag: int = 10, tags: tuple[str, ...] = TAGS, **settings: Any) -> Library:
        settings = {"licenses": (4, 5, 9)} | settings
        return make_library(demo_photos, tags=tags, per_tag=per_tag, **settings)

    return make_it


@pytest.fixture
def serve() -> Any:
    """Starts servers that stop with the test."""
    running = []

    def serve_it(library: Library, faults: Faults | None = None, **settings: Any) -> FlickrServer:
        server = FlickrServer(library, faults or Faults(), **settings)
        running.append(server.__enter__())
        return server

    yield serve_it
    for server in running:
        server.__exit__()


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., FetchSummary]:
    """Fetches from a server, quickly; one that is silent for ``silence_s`` is asked again."""

    def run_it(
        server: FlickrServer,
        out: str = "photos",
        *,
        report: ProgressCallback = silent,
        silence_s: float = 30.0,
        **settings: Any,
    ) -> FetchSummary:
        defaults = FetchSettings(
            tags=TAGS, count=10, api_url=server.api_url, image_rate=1_000, concurrency=8
        )
        return fetch(
            replace(defaults, **settings),
            Credentials("key-of-tests", "secret-of-tests"),
            tmp_path / out,
            timeouts=Timeouts(connect_s=30, read_s=silence_s, total_s=2 * silence_s),
            patience=Patience(first_wait_s=0.05, first_pause_s=0.05),
            report=report,
        )

    return run_it


@pytest.fixture
def rows(tmp_path: Path) -> Callable[..., dict[str, Photo]]:
    """Rows of a folder's manifest by source id."""

    def rows_of(out: str = "photos") -> dict[str, Photo]:
        return {photo.source_id: photo for photo in PhotoFolder(tmp_path / out).photos()}

    return rows_of


@pytest.fixture
def kept(rows: Callable[..., dict[str, Photo]]) -> Callable[..., set[str]]:
    """Ids of the photos kept in a folder."""

    def kept_in(out: str = "photos") -> set[str]:
        return {i for i, photo in rows(out).items() if photo.status == "kept"}

    return kept_in
