"""Validation of one photo's settings as a client sends them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from colorfiles.outside.documents import parse_json_object
from colorunet.coloring.dials import DIALS, ON_PAGE
from colorunet.coloring.steering.hints import Hint, parse_hints
from colorunet.errors import ColorunetError
from colorunet.page.limits import Limits
from colorunet.page.refusal import Refusal


@dataclass(frozen=True)
class Look:
    """Dials and hints of a photo.

    Args:
        warmth: from -1, bluer, to 1, more orange.
        vividness: from 0, pale, to 1, vivid; None as the network is used.
        saturation: factor on the chroma; None the network's own.
        caution: how far unsure colours are drawn toward gray; None as the network has it.
        strength: how much of the new colours; below 1 the photo's own, or gray, take part.
        hints: pixels whose colour is known.
        version: of those that the page shows, from 0, the likeliest.
    """

    warmth: float = 0.0
    vividness: float | None = None
    saturation: float | None = None
    caution: float | None = None
    strength: float = 1.0
    hints: tuple[Hint, ...] = ()
    version: int = 0


def look_of_object(given: Any, limits: Limits) -> Look:
    """Validate the look in a JSON object; None gives the default look.

    Raises:
        Refusal: a value is out of its range or of another kind.
    """
    if given is None:
        return Look()
    if not isinstance(given, dict):
        raise Refusal(400, f"look: expected an object, given {given!r:.80}")
    hints = given.get("hints")
    text = "" if hints is None else json.dumps(hints)
    version = count_of("version", given.get("version", 0), least=0, most=limits.page_versions - 1)
    return Look(**_numbers(given), hints=_hints(text), version=version)


def look_of_fields(given: Mapping[str, str]) -> Look:
    """Validate the look in the fields of a form; ``hints`` is JSON.

    Raises:
        Refusal: as ``look_of_object``.
    """
    return Look(**_numbers(given), hints=_hints(given.get("hints", "")))


def json_object(data: bytes) -> dict[str, Any]:
    """Parse a request's JSON object; an empty body gives an empty object.

    Raises:
        Refusal: it is none.
    """
    try:
        return parse_json_object(data) if data.strip() else {}
    except ValueError as error:
        raise Refusal(400, f"body: {error}") from None


def count_of(name: str, given: Any, *, least: int, most: int) -> int:
    """Parse a whole number, given as a number or as text.

    Raises:
        Refusal: it is none, or out of its range.
    """
    text = str(given)
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if isinstance(given, bool) or not least <= value <= most:
        raise Refusal(
            400, f"{name}: expected a whole number from {least} to {most}, given {given!r:.80}"
        )
    return value


def _numbers(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _number(name, given[name]) for name in ON_PAGE if given.get(name) not in (None, "")
    }


def _number(name: str, given: Any) -> float:
    try:
        return DIALS[name].parsed(given)
    except ValueError as error:
        raise Refusal(400, str(error)) from None


def _hints(text: str) -> tuple[Hint, ...]:
    try:
        return parse_hints(text.encode()) if text.strip() else ()
    except ColorunetError as error:
        raise Refusal(400, f"hints: {error}") from None
