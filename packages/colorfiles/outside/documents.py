"""Untrusted JSON and TOML: limits on bytes, depth and digits checked before parsing."""

import json
import re
import tomllib
from typing import Any

SMALL = 16 << 20  # most bytes of a palette, a checkpoint's JSON, the stats beside a shard
INDEX_BYTES = 256 << 20  # most bytes of an index: 10,000 shards with their counts take a tenth
_DEEPEST = 32  # levels of nesting
_LONGEST_NUMBER = 40  # characters: 2⁶⁴ has 20, a float as Python writes it 24
_MOST_TOML = 1 << 16  # bytes of a recipe, which has under 1 KB
_LONGEST_TOML_LINE = 2_000  # tomllib needs the square of a dotted key's parts
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


def parse_json(data: bytes, *, most: int = SMALL, finite: bool = True) -> Any:
    """Parse a JSON text in UTF-8; ``finite=False`` allows NaN and Infinity.

    Raises:
        ValueError: it is invalid, too long, nested too deeply, or has a number that isn't finite
            or has too many digits.
    """
    if len(data) > most:
        raise ValueError(f"expected at most {most:,} bytes, found {len(data):,}")
    _refuse_depth(data)
    try:
        return json.loads(
            data.decode(),
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant if finite else float,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error})") from None
    except UnicodeDecodeError:
        raise ValueError("not JSON in UTF-8") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def parse_json_object(data: bytes, *, most: int = SMALL, finite: bool = True) -> dict[str, Any]:
    """Parse a JSON object; ValueError as in ``parse_json``, and for other values."""
    content = parse_json(data, most=most, finite=finite)
    if not isinstance(content, dict):
        raise ValueError(f"expected a JSON object, found {type(content).__name__}")
    return content


def parse_toml(data: bytes) -> dict[str, Any]:
    """Parse a TOML text; ValueError if it is invalid or beyond the limits."""
    if len(data) > _MOST_TOML:
        raise ValueError(f"expected at most {_MOST_TOML:,} bytes, found {len(data):,}")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ValueError("not TOML in UTF-8") from None
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _LONGEST_TOML_LINE:
            raise ValueError(f"line {number}: longer than {_LONGEST_TOML_LINE:,} characters")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def integer(value: Any, what: str, *, least: int = 0) -> int:
    """Return a whole number of JSON that is at least ``least``; ValueError where it isn't one."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(
            f"{what}: expected a whole number of at least {least}, given {value!r:.80}"
        )
    return value


def text(value: Any, what: str) -> str:
    """Return a text of JSON; ValueError where it isn't one."""
    if not isinstance(value, str):
        raise ValueError(f"{what}: expected a text, given {value!r:.80}")
    return value


def _refuse_depth(data: bytes) -> None:
    depth = 0
    for bracket in _BRACKETS.findall(_STRING.sub(b"", data)):
        depth += 1 if bracket in (b"[", b"{") else -1
        if depth > _DEEPEST:
            raise ValueError(f"nested more than {_DEEPEST} deep")


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) <= _LONGEST_NUMBER else 1 << 64
    if abs(value) >= 1 << 63:
        raise ValueError(f"a whole number beyond 64 bits ({digits[:20]}…)")
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"a number that isn't finite ({digits[:20]})")
    return value


def _constant(name: str) -> float:
    raise ValueError(f"a number that isn't finite ({name})")
