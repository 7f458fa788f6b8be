"""Limits of the page: bytes, pixels, time, waiting clients, memory."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of one server.

    Args:
        upload_bytes: of one request.
        uploads_bytes: of all requests whose photos wait or are worked on.
        pixels: of a photo.
        upload_s: until a request has arrived whole.
        header_s: until its headers have; a connection without a request is kept no longer.
        stalled_s: that a client may take nothing of an answer.
        wait_s: in line before the work on a request begins.
        waiting: requests in line altogether.
        waiting_each: of one client.
        connections: open at once.
        kept_bytes: of photos that are kept between two requests; the longest unused go first.
        kept_s: that a photo is kept unused.
        preview_px: longer edge of what the page shows.
        zip_photos: in one archive.
        page_versions: that the page shows of a photo.
    """

    upload_bytes: int = 50 << 20
    uploads_bytes: int = 512 << 20
    pixels: int = 50_000_000
    upload_s: float = 60
    header_s: float = 15
    stalled_s: float = 30
    wait_s: float = 300
    waiting: int = 256
    waiting_each: int = 32
    connections: int = 512
    kept_bytes: int = 1 << 30
    kept_s: float = 1800
    preview_px: int = 1024
    zip_photos: int = 100
    page_versions: int = 4
