"""The frame of a page: title, contents and sections, written atomically."""

from collections.abc import Sequence
from pathlib import Path

from colorfiles.files import write_atomically
from colorfiles.outside.words import shown
from colorfiles.pages.templating import fill_page


def write_page(
    path: Path,
    *,
    title: str,
    facts: str,
    sections: Sequence[tuple[str, str]],
    digest: str = "",
) -> None:
    """Write one HTML file that refers to nothing outside itself, atomically.

    Args:
        path: the file; its folder is made where it is missing.
        title: as plain text.
        facts: the line under the title, as plain text.
        sections: heading as plain text, content as HTML; those without content are left out.
        digest: says what the page was made from, see ``colorfiles.outputs``.
    """
    page = page_html(title=title, facts=facts, sections=sections, digest=digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def page_html(
    *, title: str, facts: str, sections: Sequence[tuple[str, str]], digest: str = ""
) -> str:
    """Return the same page as text."""
    kept = [(shown(heading), content) for heading, content in sections if content]
    page = fill_page(title=shown(title), facts=shown(facts), sections=kept, digest=digest)
    return page + "\n"
