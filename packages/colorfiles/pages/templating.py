"""Templates of pages, filled with escaped values."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader
from markupsafe import Markup


def fill(part: str, *values: object) -> Markup:
    """Render a part of a page; text values are escaped, Markup isn't."""
    macro = getattr(_environment().get_template("parts.html").module, part)
    return Markup(macro(*values))  # noqa: S704 - a template's output, escaped there


def fill_page(**values: object) -> str:
    """Render a whole page; its security policy allows its style and script by hash."""
    script = _asset("script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("page.html")
        .render(style=_asset("style.css"), script=script, script_hash=f"sha256-{digest}", **values)
    )


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("colorfiles.pages"), autoescape=True)


def _asset(name: str) -> Markup:
    text = files("colorfiles.pages").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - a file of ours
