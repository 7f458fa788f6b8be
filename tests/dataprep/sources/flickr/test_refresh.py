"""Photos that vanished, turned private or changed their licence leave, and stay away."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from dataprep.cli import app
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.sources.flickr.api import FlickrClient
from dataprep.sources.flickr.credentials import Credentials
from dataprep.sources.flickr.limits import Patience
from dataprep.sources.flickr.refresh import refresh


@pytest.fixture
def client():
    def client_of(server):
        return FlickrClient(
            Credentials("key-of-tests"), api_url=server.api_url, patience=Patience(0.02, 0.02)
        )

    return client_of


def test_refresh_removes_what_may_not_stay_and_names_the_shards(  # noqa: PLR0917
    make, serve, run, client, tmp_path, monkeypatch
):
    server = serve(make())
    run(server, count=8)
    folder = PhotoFolder(tmp_path / "photos")
    vanished, private, changed, relicensed, *others = [p.source_id for p in folder.kept()]
    server.library.vanish(vanished)
    server.library.change(private, public=False)
    server.library.change(changed, license=3)
    server.library.change(relicensed, license=10)
    shards = tmp_path / "shards"
    shards.mkdir()
    keys = [f"flickr-{vanished}", f"flickr-{others[0]}"]
    pq.write_table(pa.table({"photo_key": keys}), shards / "train-000000.parquet")
    pq.write_table(pa.table({"photo_key": keys[1:]}), shards / "train-000001.parquet")

    summary = refresh(tmp_path / "photos", client(server), shard_sets=[shards])
    assert (summary.checked, summary.kept, summary.relicensed) == (8, 5, 1)
    assert {removal.key: removal.reason for removal in summary.removed} == {
        f"flickr-{vanished}": "removed: vanished",
        f"flickr-{private}": "removed: private",
        f"flickr-{changed}": "removed: its licence is CC BY-NC-ND 2.0 now",
    }
    assert summary.stale_shards == [str(shards / "train-000000.tar")]
    folder = PhotoFolder(tmp_path / "photos")
    assert {p.source_id for p in folder.kept()} == {relicensed, *others}
    assert {path.stem for path in (tmp_path / "photos" / "flickr").iterdir()} == {
        relicensed,
        *others,
    }
    assert folder.get(f"flickr-{relicensed}").license_name == "Public Domain Mark 1.0"
    assert vanished not in (tmp_path / "photos" / "ATTRIBUTION.md").read_text()

    again = run(server, count=8)  # others take their places; those removed stay away
    kept = {p.source_id for p in PhotoFolder(tmp_path / "photos").kept()}
    assert again.kept == len(kept) == 8
    assert not kept & {vanished, private, changed}

    monkeypatch.setenv("FLICKR_API_KEY", "key-of-tests")
    arguments = ["refresh", str(tmp_path / "photos"), "--api-url", server.api_url]
    result = CliRunner().invoke(app, [*arguments, "--shards", str(shards)])
    assert result.exit_code == 0
    assert "8 photos stay, 3 removed" in result.stdout
    assert f"flickr-{vanished}: vanished (in {shards / 'train-000000.tar'})" in result.stdout


def test_stopped_refresh_goes_on_where_it_was(make, serve, run, client, tmp_path):
    server = serve(make())
    run(server, count=6)
    asking = client(server)
    monitor = server.faults
    before = len(server.api_calls)

    class Stop(Exception):
        pass

    def stop_after_three(advance=1, *, note=None):
        if len(server.api_calls) - before == 3:
            raise Stop

    with pytest.raises(Stop):
        refresh(tmp_path / "photos", asking, report=stop_after_three)
    monitor.down = True
    with pytest.raises(DataprepError, match="to resume the refresh"):
        refresh(tmp_path / "photos", client(server))
    monitor.down = False
    before = len(server.api_calls)
    summary = refresh(tmp_path / "photos", client(server))
    assert len(server.api_calls) - before == 3
    assert summary.kept == 6
