"""One set of photos, whatever happens on the way; every reject with its reason."""

import hashlib
import io
from collections import Counter
from dataclasses import replace

import pytest
from flickr_server import replies
from flickr_server.faults import Faults
from flickr_server.replies import Quirks
from PIL import Image

from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder

pytestmark = pytest.mark.slow


def test_count_is_reached_tags_are_balanced_and_the_manifest_agrees_with_the_files(
    make, serve, run, tmp_path
):
    server = serve(make(per_tag=12))
    summary = run(server, count=10)
    assert summary.kept == 10
    assert summary.kept_by_tag == {"beach": 5, "nature": 5}
    folder = PhotoFolder(tmp_path / "photos")
    stored = {path.name for path in (tmp_path / "photos" / "flickr").iterdir()}
    assert stored == {f"{photo.source_id}.jpg" for photo in folder.kept()}
    for photo in folder.kept():
        data = folder.read(photo)
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (photo.width, photo.height)
        assert 500 <= max(photo.width, photo.height) <= 800
        assert (photo.bytes, photo.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        entry = server.library.entries[photo.source_id]
        assert photo.license_id == str(entry.license)
        assert photo.license_url.startswith("https://creativecommons.org/")
        assert photo.page_url == f"https://www.flickr.com/photos/{entry.owner}/{entry.id}"
        assert (photo.owner_id, photo.owner_name) == (entry.owner, entry.owner_name)
        assert set(photo.tags) == set(entry.tags) & {"beach", "nature"}
        assert photo.license_read_at


def test_rerun_of_a_finished_fetch_asks_for_nothing(make, serve, run, kept):
    server = serve(make())
    run(server)
    before, asked = kept(), server.stats()
    summary = run(server)
    assert server.stats() == asked
    assert kept() == before
    assert (summary.kept, summary.downloaded, summary.api_calls) == (10, 0, 0)


def test_larger_count_extends_the_set_of_a_smaller_one(make, serve, run, kept):
    server = serve(make())
    run(server, count=6)
    smaller = kept()
    run(server, count=12)
    assert smaller < kept()
    assert sum(server.image_requests.values()) == 12


def test_set_does_not_depend_on_page_order_totals_faults_or_concurrency(make, serve, run, kept):
    library = make(per_tag=560, step_s=61)  # more than a page a tag, so that windows are split
    run(serve(library), "calm", count=20)
    troubled = serve(
        library,
        Faults.every(0.4, hang_s=2.5, retry_after_s=0.2, seed=3),
        quirks=Quirks(unstable=True, total_types=True, overcount=0.5, repeat_rows=True),
    )
    summary = run(troubled, "troubled", count=20, concurrency=3, silence_s=2)
    assert summary.kept == 20
    assert kept("troubled") == kept("calm")
    assert sum(troubled.faults.injected.values()) > 10


def test_more_photos_in_one_second_than_a_page_holds_are_all_found(make, serve, run, kept):
    library = make(per_tag=1_100, tags=("beach",), step_s=0)
    server = serve(library, quirks=Quirks(unstable=True, cap=4_000))
    run(server, tags=("beach",), count=5)
    seen = {call["page"] for call in server.api_calls}
    assert {"1", "2", "3"} <= seen
    assert len(server.api_calls) < 60
    ids = sorted(library.entries, key=int)
    assert kept() <= set(ids[:30])  # in the order of their ids


def test_photos_without_a_date_are_found_too(make, serve, run, kept, monkeypatch):
    library = make(per_tag=700, tags=("beach",), step_s=61)
    monkeypatch.setattr("flickr_server.replies._row", _undated(replies._row))
    server = serve(library, quirks=Quirks(unstable=True))
    run(server, "a", tags=("beach",), count=12)
    run(server, "b", tags=("beach",), count=12)
    assert len(kept("a")) == 12
    assert kept("a") == kept("b")


def _undated(row):
    def without(*arguments):
        return {k: v for k, v in row(*arguments).items() if k != "dateupload"}

    return without


def test_fewer_photos_than_asked_for_finish_and_say_which_tags_are_dry(make, serve, run):
    server = serve(make(per_tag=4, common=0))
    summary = run(server, count=50)
    assert summary.kept == 8
    assert summary.dry_tags == ["beach", "nature"]
    asked = server.stats()
    run(server, count=50)
    assert server.stats() == asked


def test_tag_with_few_photos_brings_them_all_and_the_others_fill_up(make, serve, run):
    library = make(per_tag=20, common=0)
    for entry_id in [e.id for e in library.entries.values() if "nature" in e.tags][3:]:
        library.vanish(entry_id)
    summary = run(serve(library), count=16)
    assert summary.kept_by_tag == {"beach": 13, "nature": 3}


def test_tag_without_photos_is_named(make, serve, run):
    server = serve(make())
    assert run(server, tags=("beach", "qwertz"), count=4).unknown_tags == ["qwertz"]
    with pytest.raises(DataprepError, match="'qwertz'"):
        run(server, "nothing", tags=("qwertz",))


def test_photo_with_two_of_the_tags_counts_once_and_names_both(make, serve, run, rows):
    server = serve(make(per_tag=6, common=1))  # all photos bear both tags
    summary = run(server, count=12)
    assert summary.kept == 12
    assert Counter(server.image_requests.values()) == {1: 12}
    assert all(set(photo.tags) == {"beach", "nature"} for photo in rows().values())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("gray", "gray"),
        ("sepia", "toned"),
        ("gone", "gone: HTTP 404"),
        ("noai", "opted out"),
        ("wrong-size", "wrong size"),
        ("huge", "too large"),
        ("bomb", "too many pixels"),
    ],
)
def test_unusable_photo_is_rejected_for_a_reason_and_replaced(  # noqa: PLR0917
    make, serve, run, rows, kind, reason
):
    library = make(per_tag=6, tags=("beach",), common=0)
    bad = min(library.entries, key=int)
    library.change(bad, kind=kind)
    server = serve(library)
    summary = run(server, tags=("beach",), count=5)
    assert summary.kept == 5
    assert rows()[bad].reason.startswith(reason)
    assert server.image_requests[bad] == 1


def test_photo_that_stays_damaged_is_tried_five_times_then_replaced(
    make, serve, run, rows, tmp_path
):
    library = make(per_tag=9, tags=("beach",), common=0)
    bad = dict(zip(sorted(library.entries, key=int), ("broken", "html", "down"), strict=False))
    for entry_id, kind in bad.items():
        library.change(entry_id, kind=kind)
    server = serve(library)
    summary = run(server, tags=("beach",), count=5)
    assert summary.kept == 5
    assert [server.image_requests[entry_id] for entry_id in bad] == [5, 5, 5]
    reasons = [rows()[entry_id].reason for entry_id in bad]
    assert reasons[0].startswith("undecodable")
    assert reasons[1] == "undecodable: not a known image (a text or HTML file)"
    assert reasons[2] == "unavailable: HTTP 500 after 5 tries"
    assert len(list((tmp_path / "photos" / "flickr").iterdir())) == 5
    run(server, tags=("beach",), count=5)
    assert [server.image_requests[entry_id] for entry_id in bad] == [5, 5, 5]


@pytest.mark.parametrize("kind", ["png", "gif"])
def test_png_and_gif_contents_are_usable(make, serve, run, rows, kind):
    library = make(per_tag=2, tags=("beach",), common=0)
    odd = min(library.entries, key=int)
    library.change(odd, kind=kind, sizes="m")
    run(serve(library), tags=("beach",), count=2)
    assert rows()[odd].status == "kept"


def test_repeated_placeholder_is_refused_even_where_it_was_kept_at_first(make, serve, run, kept):
    library = make(per_tag=12, tags=("beach",), common=0)
    placeholders = sorted(library.entries, key=int)[1:8:2]
    for entry_id in placeholders:
        library.change(entry_id, kind="placeholder")
    summary = run(serve(library), tags=("beach",), count=8)
    assert summary.kept == 8
    assert not kept() & set(placeholders)
    assert summary.rejected_by_reason == {"placeholder": 4}


def test_of_twins_by_bytes_the_first_stays(make, serve, run, rows):
    library = make(per_tag=6, tags=("beach",), common=0)
    first, *_, last = sorted(library.entries, key=int)
    twin = library.entries[first]
    library.change(last, source=twin.source, variant=twin.variant, sizes=twin.sizes)
    summary = run(serve(library), tags=("beach",), count=6)
    assert summary.kept == 5
    assert rows()[first].status == "kept"
    assert rows()[last].reason == f"duplicate: of flickr-{first}"


def test_near_twin_of_a_photo_from_another_source_is_refused(make, serve, run, rows, tmp_path):
    library = make(per_tag=3, tags=("beach",), common=0)
    server = serve(library)
    run(server, "first", tags=("beach",), count=3)
    folder = PhotoFolder(tmp_path / "first")
    other = folder.kept()[0]
    own = PhotoFolder(tmp_path / "photos", create=True)
    elsewhere = {"key": "folder-x", "source": "folder", "source_id": "x", "path": "folder/x.jpg"}
    own.add(replace(other, **elsewhere), folder.read(other))
    own.commit()
    run(server, tags=("beach",), count=3)
    assert rows()[other.source_id].reason == "duplicate: of folder-x"


def test_only_licences_asked_for_are_kept_even_where_the_server_ignores_them(
    make, serve, run, rows, monkeypatch
):
    library = make(per_tag=12, licenses=(0, 3, 4), common=0)
    monkeypatch.setattr(
        library, "find", lambda tag, _, first, last: type(library).find(library, tag, None, 0, last)
    )
    server = serve(library)
    run(server, count=4)
    assert {p.license_id for p in rows().values() if p.status == "kept"} == {"4"}
    reasons = {photo.reason for photo in rows().values()}
    assert reasons <= {"", "licence: All Rights Reserved", "licence: CC BY-NC-ND 2.0"}


def test_absent_sizes_take_the_largest_that_fits(make, serve, run, rows):
    library = make(per_tag=4, tags=("beach",), common=0)
    for entry_id, sizes in zip(sorted(library.entries), ("m", "mz", "mzc", ""), strict=True):
        library.change(entry_id, sizes=sizes)
    run(serve(library), tags=("beach",), count=4)
    longest = [max(photo.width, photo.height) for _, photo in sorted(rows().items())]
    assert longest == [500, 640, 800, 0]
    assert list(rows().values())[-1].reason.startswith("no fitting size")


def test_edges_choose_another_size(make, serve, run, rows):
    library = make(per_tag=3, tags=("beach",), common=0)
    for entry_id in library.entries:
        library.change(entry_id, sizes="mzc")
    run(serve(library), tags=("beach",), count=3, min_edge=600, max_edge=700)
    assert {max(photo.width, photo.height) for photo in rows().values()} == {640}


def test_all_that_the_server_is_asked_for_is_one_page_a_small_tag(make, serve, run):
    server = serve(make(per_tag=20))
    run(server, count=20)
    assert [call["per_page"] for call in server.api_calls] == ["500", "500"]
    assert len(server.image_times) == 20
