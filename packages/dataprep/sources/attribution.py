"""Attribution file of a photo folder: author, licence and page of each photo."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from colorfiles.files import write_atomically
from colorfiles.outputs import refuse_foreign
from colorfiles.outside.words import markdown, web_link
from dataprep.photos.rows import Photo


@dataclass(frozen=True)
class Attribution:
    """The file that credits a source's photos.

    Args:
        file: its name in the photo folder; one for each source.
        notice: what the source's terms ask a user to say, the first paragraph.
    """

    file: str
    notice: str


def write_attribution(root: Path, photos: Iterable[Photo], attribution: Attribution) -> None:
    """Write the file beside the photos: one line for each, sorted by key."""
    path, head = root / attribution.file, f"# Attribution\n\n{attribution.notice}\n\n"
    refuse_foreign(path, is_own=lambda _: path.is_file() and _starts_with(path, head.encode()))
    with write_atomically(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(head)
        for photo in sorted(photos, key=lambda photo: photo.key):
            file.write(_line(photo))


def _starts_with(path: Path, head: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(head)) == head


def _line(photo: Photo) -> str:
    title = _linked(photo.title or "untitled", photo.page_url)
    owner = markdown(photo.owner_name or photo.owner_id) or "unknown"
    license = _linked(photo.license_name or "unknown licence", photo.license_url)
    return f"- {title} by {owner}, {license}, `{photo.path}`\n"


def _linked(text: str, url: str) -> str:
    link = web_link(url)
    return f"[{markdown(text)}]({link})" if link else markdown(text)
