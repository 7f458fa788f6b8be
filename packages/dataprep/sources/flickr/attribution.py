"""ATTRIBUTION.md: who made each photo, under which licence, and where its page is."""

from collections.abc import Iterable
from pathlib import Path

from colorfiles.files import write_atomically
from dataprep.photos.rows import Photo

NAME = "ATTRIBUTION.md"
NOTICE = "This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc."


def write_attribution(root: Path, photos: Iterable[Photo]) -> None:
    """Write the file beside the photos: one line for each, sorted by key."""
    with write_atomically(root / NAME) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(f"# Attribution\n\n{NOTICE}\n\n")
        for photo in sorted(photos, key=lambda photo: photo.key):
            file.write(_line(photo))


def _line(photo: Photo) -> str:
    title = _escape(photo.title) or "untitled"
    owner = _escape(photo.owner_name or photo.owner_id) or "unknown"
    license = _escape(photo.license_name) or "unknown licence"
    if photo.license_url:
        license = f"[{license}]({photo.license_url})"
    return f"- [{title}]({photo.page_url}) by {owner}, {license}, `{photo.path}`\n"


def _escape(text: str) -> str:
    """Return text that Markdown and HTML take as text."""
    for character in "\\`*_[]()#|!":
        text = text.replace(character, "\\" + character)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
