"""Flickr as a photo source, and the entry point of a fetch."""

import errno
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from colorfiles.progress import ProgressCallback, silent
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.sources.flickr.api import FlickrClient
from dataprep.sources.flickr.credentials import Credentials
from dataprep.sources.flickr.download import MAX_BYTES
from dataprep.sources.flickr.hosts import HostRules
from dataprep.sources.flickr.images import Images
from dataprep.sources.flickr.journal import Journal
from dataprep.sources.flickr.limits import Patience
from dataprep.sources.flickr.rows import ATTRIBUTION, SOURCE
from dataprep.sources.flickr.run import FetchRun, FetchSummary
from dataprep.sources.flickr.settings import FetchSettings
from dataprep.sources.flickr.stream import TagStream
from dataprep.sources.flickr.transport import Timeouts, Transport
from dataprep.sources.source import ExaminedPhoto, gather


@dataclass(frozen=True)
class FlickrSource:
    """Photos by tag, balanced over the tags; see ``PhotoSource``.

    ``flickr.photos.search`` lists the photos of each tag (``TagStream``), the images are downloaded
    (``Images``), and ``FetchRun`` decides which are kept.

    Args:
        settings: tags, count, licences, sizes and rates.
        client: of the API.
        transport: of the images.
        patience: waits before retries of an image.
        report: called once per photo.
    """

    name = SOURCE
    attribution = ATTRIBUTION
    settings: FetchSettings
    client: FlickrClient
    transport: Transport
    patience: Patience
    report: ProgressCallback = silent

    def candidates(self, folder: PhotoFolder) -> Generator[ExaminedPhoto, None, FetchSummary]:
        """Yield photos as they are decided on; the journal in the folder resumes a stopped run."""
        settings, journal = self.settings, Journal(folder.root)
        streams = [TagStream(tag, settings.licenses, journal, self.client) for tag in settings.tags]
        images = Images(
            self.transport,
            journal,
            rate=settings.image_rate,
            concurrency=settings.concurrency,
            patience=self.patience,
        )
        run = FetchRun(
            settings, folder, journal, streams=streams, images=images, report=self.report
        )
        try:
            summary = yield from run.decisions()
            return replace(summary, api_calls=self.client.calls)
        finally:
            self.client.close()
            run.close()
            self.transport.close()
            journal.close()


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
        return gather(FlickrSource(settings, client, transport, patience, report), out)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DataprepError(
                f"{out}: {error.strerror}; make room and run the same command again to resume"
            ) from None
        raise
    finally:
        client.close()
