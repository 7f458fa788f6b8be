"""Flickr as a photo source, and the entry point of a fetch."""

import errno
from collections.abc import Generator
from pathlib import Path

from colorfiles.progress import ProgressCallback, silent
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.sources.flickr.api import FlickrClient
from dataprep.sources.flickr.credentials import Credentials
from dataprep.sources.flickr.download import MAX_BYTES
from dataprep.sources.flickr.hosts import HostRules
from dataprep.sources.flickr.journal import Journal
from dataprep.sources.flickr.limits import Patience
from dataprep.sources.flickr.rows import ATTRIBUTION, SOURCE
from dataprep.sources.flickr.run import FetchRun, FetchSummary
from dataprep.sources.flickr.settings import FetchSettings
from dataprep.sources.flickr.transport import Timeouts, Transport
from dataprep.sources.source import ExaminedPhoto, gather


class FlickrSource:
    """Photos by tag, balanced over the tags; see ``PhotoSource``."""

    name = SOURCE
    attribution = ATTRIBUTION

    def __init__(
        self,
        settings: FetchSettings,
        client: FlickrClient,
        *,
        transport: Transport,
        patience: Patience,
        report: ProgressCallback = silent,
    ) -> None:
        self._settings, self._client, self._transport = settings, client, transport
        self._patience, self._report = patience, report

    def candidates(self, folder: PhotoFolder) -> Generator[ExaminedPhoto, None, FetchSummary]:
        """Yield photos as they are decided on; the journal in the folder resumes a stopped run."""
        run = FetchRun(
            self._settings,
            folder,
            Journal(folder.root),
            client=self._client,
            transport=self._transport,
            report=self._report,
            patience=self._patience,
        )
        try:
            return (yield from run.decisions())
        finally:
            run.close()


def fetch(
    settings: FetchSettings,
    credentials: Credentials,
    out: Path,
    *,
    report: ProgressCallback = silent,
    client: FlickrClient | None = None,
    timeouts: Timeouts | None = None,
    patience: Patience | None = None,
) -> FetchSummary:
    """Bring photos from Flickr into the photo folder ``out``.

    Which photos are kept depends only on what Flickr has and on ``settings.identity``: not on the
    order of its pages, on failures, kills or concurrency. A rerun resumes and repeats no request
    that was answered.

    Raises:
        DataprepError: a bad key, no photos at all, a host that fails repeatedly, a full disk. What
            was fetched stays, and a rerun resumes.
    """
    patience = patience or Patience()
    client = client or FlickrClient(credentials, api_url=settings.api_url, patience=patience)
    try:
        transport = Transport(
            HostRules.for_api(settings.api_url),
            connections=settings.concurrency,
            max_bytes=MAX_BYTES,
            timeouts=timeouts,
        )
        source = FlickrSource(
            settings, client, transport=transport, patience=patience, report=report
        )
        return gather(source, out)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DataprepError(
                f"{out}: {error.strerror}; make room and run the same command again to resume"
            ) from None
        raise
    finally:
        client.close()
