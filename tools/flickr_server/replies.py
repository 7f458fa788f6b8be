"""Flickr's JSON: answers of search and getInfo, with the quirks of live ones."""

import random
from dataclasses import dataclass
from typing import Any

from flickr_server.library import SIZES, Entry, Library

MOST_PER_PAGE = 500
LICENSES = {0: "All Rights Reserved", 4: "Attribution License"}


@dataclass
class Quirks:
    """Quirks of the server that aren't failures.

    Args:
        cap: results of a query that are real; later pages repeat these.
        overcount: share by which ``total`` is too high.
        unstable: each page comes from another order.
        total_types: ``total`` is now a string, now a number, now empty.
        repeat_rows: a page sometimes gives a row twice instead of another one.
    """

    cap: int = 4_000
    overcount: float = 0.0
    unstable: bool = False
    total_types: bool = False
    repeat_rows: bool = False


def failure(code: int, message: str) -> dict[str, Any]:
    """Return an error in Flickr's form, which comes with HTTP status 200."""
    return {"stat": "fail", "code": code, "message": message}


def search(library: Library, ask: dict[str, str], quirks: Quirks, base: str, nth: int) -> Any:
    """Answer ``flickr.photos.search``; ``nth`` counts requests and varies the disorder."""
    licenses = {int(i) for i in ask["license"].split(",")} if ask.get("license") else None
    first = int(float(ask.get("min_upload_date") or 0))
    last = int(float(ask.get("max_upload_date") or 2**40))
    result = library.find(ask.get("tags", ""), licenses, first, last)
    per_page = min(int(ask.get("per_page") or 100), MOST_PER_PAGE)
    page = max(1, int(ask.get("page") or 1))
    total = round(len(result) * (1 + quirks.overcount))
    if ask.get("sort") != "date-posted-asc":
        result = result[::-1]
    rng = random.Random(nth)
    if quirks.unstable:
        rng.shuffle(result)
    reachable = result[: quirks.cap]
    start = (page - 1) * per_page
    if page > 1 and start >= len(reachable) and len(result) > quirks.cap:
        start = (page - 1) % max(1, -(-quirks.cap // per_page)) * per_page
    rows = reachable[start : start + per_page]
    if quirks.repeat_rows and len(rows) > 1 and nth % 3 == 0:
        rows = [*rows[:-1], rows[0]]
    return {
        "photos": {
            "page": page,
            "pages": -(-total // per_page),
            "perpage": per_page,
            "total": (str(total), total, "")[nth % 3] if quirks.total_types else str(total),
            "photo": [_row(library, entry, base, nth) for entry in rows],
        },
        "stat": "ok",
    }


def info(library: Library, photo_id: str) -> Any:
    """Answer ``flickr.photos.getInfo``."""
    entry = library.entries.get(photo_id)
    if entry is None:
        return failure(1, f'Photo "{photo_id}" not found (invalid ID)')
    if not entry.public:
        return failure(2, "Permission denied")
    return {
        "photo": {
            "id": entry.id,
            "license": str(entry.license),
            "owner": {"nsid": entry.owner, "username": entry.owner_name},
            "title": {"_content": entry.title},
            "visibility": {"ispublic": 1, "isfriend": 0, "isfamily": 0},
        },
        "stat": "ok",
    }


def _row(library: Library, entry: Entry, base: str, nth: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": entry.id,
        "owner": entry.owner,
        "secret": entry.secret,
        "server": "65535",
        "farm": 66,
        "title": entry.title,
        "ispublic": 1,
        "isfriend": 0,
        "isfamily": 0,
        "license": str(entry.license),
        "dateupload": str(entry.uploaded),
        "ownername": entry.owner_name,
        "tags": " ".join(entry.tags),
    }
    for size in entry.sizes:
        width, height = library.dimensions(entry, size)
        here = f"{base}/65535/{entry.id}_{entry.secret}_{size}.jpg"
        row[f"url_{size}"] = entry.image_url or here
        row[f"width_{size}"] = str(width) if nth % 2 else width
        row[f"height_{size}"] = str(height) if nth % 2 else height
    assert set(entry.sizes) <= SIZES.keys()
    return row
