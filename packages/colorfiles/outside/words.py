"""Untrusted text, escaped for terminals, pages and tables."""

import unicodedata
from urllib.parse import urlsplit

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NEVER_SHOWN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # controls, text direction, surrogates


def shown(text: str, *, lines: bool = False) -> str:
    """Escape text for a terminal: control characters and direction marks as ``\x1b``.

    ``lines`` leaves line breaks and tabs as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c if (lines and c in "\n\t") or unicodedata.category(c) not in _NEVER_SHOWN else _escaped(c)
        for c in text
    )


def web_link(url: str) -> str:
    """Return an address that is safe in a link: http(s) without spaces, else ``""``."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    plain = url.isprintable() and not set(url) & set(" <>\"'`\\()[]{}|^")
    return url if plain and parts.scheme in ("http", "https") and parts.hostname else ""


def table_cell(text: str) -> str:
    """Escape text for a CSV cell, so that no spreadsheet evaluates it as a formula."""
    text = shown(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def markdown(text: str) -> str:
    """Escape text so that Markdown and HTML show it as one line of plain text."""
    text = shown(text).replace("\\", "\\\\")
    for character in "`*_[]()#|!~":
        text = text.replace(character, "\\" + character)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
