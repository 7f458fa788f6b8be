"""The orders in which a run learns of things."""

import threading

from dataprep.photos.folder import PhotoFolder
from dataprep.sources.flickr.candidates import Candidate
from dataprep.sources.flickr.download import Outcome
from dataprep.sources.flickr.hosts import HostRules
from dataprep.sources.flickr.images import Images
from dataprep.sources.flickr.journal import Journal
from dataprep.sources.flickr.limits import Patience
from dataprep.sources.flickr.listing import FoundPhoto, Size
from dataprep.sources.flickr.run import FetchRun
from dataprep.sources.flickr.settings import FetchSettings
from dataprep.sources.flickr.stream import TagStream
from dataprep.sources.flickr.transport import Transport


class _Client:
    calls = 0
    api_url = "https://api.flickr.com/services/rest/"


def test_an_outcome_that_becomes_known_while_planning_wakes_the_run(tmp_path):
    size = Size("https://live.staticflickr.com/1/7_a_z.jpg", 640, 480, 640)
    found = FoundPhoto(
        id="7", owner_id="1@N0", owner_name="", title="", tags=("beach", "nature"), uploaded=1,
        license_id="4", public=True, sizes=(size,), read_at="",
    )  # fmt: skip
    settings = FetchSettings(tags=("beach", "nature"), count=2, licenses=("4",))
    with PhotoFolder.writing(tmp_path, source="flickr") as folder:
        journal = Journal(tmp_path)
        transport = Transport(HostRules.for_api(settings.api_url), connections=1, max_bytes=1)
        run = FetchRun(
            settings,
            folder,
            journal,
            streams=[TagStream(tag, ("4",), journal, _Client()) for tag in settings.tags],
            images=Images(transport, journal, rate=10.0, concurrency=16, patience=Patience()),
            report=lambda *_, **__: None,
        )
        # Listed for one tag before, and assessed; then its download for the other tag ends.
        candidate = Candidate(found, size, "", None)
        run.buffers["nature"].append(candidate)
        run.fresh["7"] = Outcome(sha256="ab", width=640, height=480)
        run._plan()
        assert candidate.outcome is not None
        waiting = threading.Thread(target=lambda: run._wait(run.images.start()), daemon=True)
        waiting.start()
        waiting.join(60)
        assert not waiting.is_alive()
        run.close()
        transport.close()
        journal.close()
