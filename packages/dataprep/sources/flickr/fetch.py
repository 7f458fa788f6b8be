"""Entry point of a fetch: opens folder, journal and connections, then runs it."""

import errno
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
from dataprep.sources.flickr.rows import SOURCE
from dataprep.sources.flickr.run import FetchRun, FetchSummary
from dataprep.sources.flickr.settings import FetchSettings
from dataprep.sources.flickr.transport import Timeouts, Transport


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
    order of its pages, on failures, kills or concurrency. A rerun goes on where the last run
    stopped and asks for nothing again that was answered.

    Raises:
        DataprepError: a bad key, no photos at all, a host that fails and fails, a full disk. What
            was fetched stays, and a rerun goes on.
    """
    patience = patience or Patience()
    client = client or FlickrClient(credentials, api_url=settings.api_url, patience=patience)
    try:
        with PhotoFolder.writing(out, source=SOURCE) as folder:
            journal = Journal(out)
            transport = Transport(
                HostRules.for_api(settings.api_url),
                connections=settings.concurrency,
                max_bytes=MAX_BYTES,
                timeouts=timeouts,
            )
            work = FetchRun(
                settings,
                folder,
                journal,
                client=client,
                transport=transport,
                report=report,
                patience=patience,
            )
            try:
                return work.run()
            finally:
                work.close()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DataprepError(
                f"{out}: {error.strerror}; make room and run the same command again, it goes on"
            ) from None
        raise
    finally:
        client.close()
