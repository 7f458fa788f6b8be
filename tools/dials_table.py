"""Writes the table of dials into docs/colorizing.md from the table in the code."""

from pathlib import Path

from colorunet.coloring.dials import DIALS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "colorizing.md"
_BEGIN = "<!-- dials: python tools/dials_table.py -->\n"
_END = "<!-- end of dials -->"
_ACTS = {
    "logits": "which colours are likely",
    "decoding": "from likely colours to one",
    "chroma": "the colours",
    "mixing": "the mix with the photo's own colours",
}


def with_table() -> str:
    """Return the page with the table of the code."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    return before + _BEGIN + _table() + _END + rest.partition(_END)[2]


def _table() -> str:
    rows = ["| dial | range | default | what it does | acts on |", "|---|---|---|---|---|"]
    rows += [
        f"| `--{dial.name}` | {dial.range_text} | {dial.default_text} | {dial.help} | "
        f"{_ACTS[dial.acts]} |"
        for dial in DIALS.values()
    ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(with_table(), encoding="utf-8")
