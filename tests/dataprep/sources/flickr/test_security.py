"""Nothing that a stranger wrote leaves the folder, the allowed hosts, or its field."""

import http.server
import threading

import pytest

from dataprep.photos.folder import MANIFEST, PhotoFolder
from dataprep.sources.attribution import write_attribution
from dataprep.sources.connections import RefusedAddress, check_peer
from dataprep.sources.flickr.hosts import HostRules
from dataprep.sources.flickr.listing import clean_text, parse_page
from dataprep.sources.flickr.rows import ATTRIBUTION

_RULES = HostRules.for_api("http://127.0.0.1:8080/services/rest/")


@pytest.mark.parametrize(
    "url",
    [
        "https://live.staticflickr.com/1/2_3_z.jpg",
        "https://www.flickr.com/x",
        "http://farm2.staticflickr.com/1.jpg",
        "http://127.0.0.1:8080/65535/1.jpg",
    ],
)
def test_flickr_and_the_host_of_the_api_are_allowed(url):
    _RULES.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8081/1.jpg",
        "http://127.0.0.2:8080/1.jpg",
        "http://localhost:8080/1.jpg",
        "http://2130706433:8080/1.jpg",
        "http://[::1]:8080/1.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://192.168.0.1/1.jpg",
        "https://staticflickr.com.evil.example/1.jpg",
        "https://evilflickr.com/1.jpg",
        "https://live.staticflickr.com:8443/1.jpg",
        "https://live.staticflickr.com@evil.example/1.jpg",
        "https://user:pass@live.staticflickr.com/1.jpg",
        "https://evil.example\\@live.staticflickr.com/1.jpg",
        "file:///etc/passwd",
        "ftp://live.staticflickr.com/1.jpg",
        "//live.staticflickr.com/1.jpg",
        "https://live.staticflickr.com:99999/1.jpg",
        "",
    ],
)
def test_any_other_address_is_refused(url):
    with pytest.raises(RefusedAddress):
        _RULES.check(url)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.7", "192.168.1.1", "169.254.169.254", "::1", "fe80::1%eth0"),
        *("0.0.0.0", "::ffff:127.0.0.1", "100.64.0.1", "fd00::1", "224.0.0.1"),
    ],
)
def test_private_address_behind_a_public_name_is_refused(address):
    with pytest.raises(RefusedAddress):
        check_peer(address)


def test_public_address_is_allowed():
    check_peer("151.101.1.1")
    check_peer("2a04:4e42::1")


@pytest.fixture
def trap():
    """A server at another port that nothing should ever ask."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def test_foreign_images_and_redirects_are_never_asked_for(make, serve, run, rows, trap):
    address, asked = trap
    library = make(per_tag=6, tags=("beach",), common=0)
    foreign, redirected, hostless = sorted(library.entries, key=int)[:3]
    library.change(foreign, image_url=f"{address}/1_2_z.jpg")
    library.change(redirected, redirect_to=f"{address}/private")
    library.change(hostless, redirect_to="http://169.254.169.254/latest/meta-data/")
    summary = run(serve(library), tags=("beach",), count=3)
    assert summary.kept == 3
    assert asked == []
    for entry_id in (foreign, redirected, hostless):
        assert rows()[entry_id].reason.startswith("refused address")


def test_redirect_within_the_host_is_followed(make, serve, run, rows):
    library = make(per_tag=2, tags=("beach",), common=0)
    first, second = sorted(library.entries, key=int)
    server = serve(library)
    library.change(first, redirect_to=f"/65535/{second}_5ec4e7_m.jpg")
    library.change(second, license=0)
    assert run(server, tags=("beach",), count=1).kept == 1
    assert rows()[first].status == "kept"


_HOSTILE = ("../../escape", "1/../../2", "a b", "7\n8", "-1", "x" * 5_000, "١٢٣", "a\0b")


def test_hostile_ids_and_titles_harm_neither_folder_nor_manifest(make, serve, run, tmp_path):
    library = make(per_tag=12, tags=("beach",), common=0)
    for hostile, entry_id in zip(_HOSTILE, sorted(library.entries, key=int), strict=False):
        entry = library.entries.pop(entry_id)
        library.entries[hostile] = type(entry)(**{**entry.__dict__, "id": hostile})
    for entry_id in library.entries:
        title = "](javascript:alert(1)) <script>\n# x\0\ud800\u202egpj.exe " + "y" * 900
        library.change(entry_id, title=title, owner="../../o", owner_name="`*_\r\n|")
    summary = run(serve(library), tags=("beach",), count=4)
    assert summary.kept == 4
    assert summary.rejected_by_reason == {"hostile id": len(_HOSTILE)}
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    allowed = {MANIFEST, "ATTRIBUTION.md", ".flickr.sqlite3"}
    assert {n for n in names if not n.removesuffix(".jpg").isdigit()} == allowed
    photos = PhotoFolder(tmp_path / "photos").photos()
    assert len(photos) == 12
    for photo in photos:
        for text in (photo.title, photo.owner_id, photo.owner_name, photo.source_id):
            assert text.isprintable()
            assert len(text) <= 300
        assert "/../" not in photo.page_url
    attribution = (tmp_path / "photos" / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert len(attribution.splitlines()) == 4 + 4  # heading and notice, then a line a photo
    assert "<script" not in attribution
    assert "](javascript" not in attribution


def test_attribution_links_page_and_licence(make, serve, run, tmp_path):
    run(serve(make()), count=4)
    text = (tmp_path / "photos" / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "not endorsed or certified by SmugMug, Inc." in text
    for photo in PhotoFolder(tmp_path / "photos").kept():
        line = next(line for line in text.splitlines() if photo.path in line)
        assert f"({photo.page_url})" in line
        assert f"({photo.license_url})" in line
        assert photo.owner_name in line


def test_empty_folder_has_an_attribution_too(tmp_path):
    write_attribution(tmp_path, [], ATTRIBUTION)
    assert (tmp_path / "ATTRIBUTION.md").read_text(encoding="utf-8").startswith("# Attribution")


@pytest.mark.parametrize(
    "reply", [[], {}, None, "x", {"photos": []}, {"photos": {"photo": {}}}, {"photos": {}}]
)
def test_answer_of_another_shape_is_no_page(reply):
    with pytest.raises(ValueError, match="not the answer"):
        parse_page(reply, 500, "")


def test_odd_rows_of_a_page_are_survived():
    rows = [{"id": 5, "title": {"_content": "t"}}, {"id": None}, "x", {}, {"id": "5"}, {"id": "6"}]
    rows[5] |= {"tags": 7, "dateupload": "soon", "url_z": 3, "url_c": "http://x", "width_c": "?"}
    page = parse_page({"photos": {"photo": rows, "total": "", "perpage": "x"}}, 500, "")
    assert [photo.id for photo in page.photos] == ["5", "6"]
    assert (page.total, page.per_page, page.rows) == (None, 500, 6)
    assert page.photos[1].sizes[0].longest_px == 800


def test_text_is_cleaned_to_one_harmless_line():
    assert clean_text(" a\tb\r\nc\0\x1b[31m\u202ed\ud800 ") == "a b c[31md"
    assert clean_text(None) == ""
