"""Class names of SUN: selection, and suggestions for misspelt ones."""

import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from colorfiles.outside.files import read_text
from dataprep.errors import DataprepError

OUTDOOR = 220  # classes of SUN397's outdoor half: 89 natural, 131 man-made


class UnknownClass(DataprepError):
    """A class name that SUN doesn't have, or that is ambiguous."""


@dataclass(frozen=True)
class ClassChoice:
    """Which classes to sample.

    Args:
        names: the requested ones; None for all that are present.
        limit: at most so many of those present, drawn by the seed, outdoor ones first.
        default: not named one by one, so an absent one is no failure.
    """

    names: tuple[str, ...] | None
    limit: int | None = None
    default: bool = True

    def allows(self, class_name: str) -> bool:
        """Whether photos of a class may be drawn, as far as its name goes."""
        return self.names is None or class_name in self.names

    def absent(self, present: Iterable[str]) -> list[str]:
        """Return the requested classes that are absent, in order."""
        if self.limit is not None or self.names is None:
            return []
        return sorted(set(self.names) - set(present))


@cache
def sun_classes() -> dict[str, str]:
    """Return SUN397's 397 class names, each with ``natural``, ``man-made`` or ``indoor``."""
    text = files(__package__).joinpath("classes.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in text.splitlines())


@cache
def outdoor_classes() -> tuple[str, ...]:
    """Return the 220 outdoor classes: 89 natural and 131 man-made."""
    return tuple(name for name, half in sun_classes().items() if half != "indoor")


def choose_classes(wanted: str, present: Iterable[str] = ()) -> ClassChoice:
    """Read ``all``, a number, a file with one class a line, or names with commas between.

    A name may be SUN's path (``/c/church/outdoor``), the class (``church/outdoor``) or its first
    part where that means one class only (``apartment_building``). A path with its letter in front
    is taken as it is, so that classes beyond SUN397 can be named.

    Args:
        wanted: the option's text; 220 means the outdoor classes.
        present: classes known to be in the source, beside SUN397's.

    Raises:
        UnknownClass: a name that isn't a class, or isn't one alone.
        DataprepError: a file that can't be read, or no class at all.
    """
    if wanted.strip().lower() == "all":
        return ClassChoice(None)
    if wanted.strip().isdecimal():
        return _by_number(int(wanted))
    if Path(wanted).is_file():
        names = _names_in_file(Path(wanted))
    else:
        names = [name for name in wanted.split(",") if name.strip()]
    known = sorted(set(sun_classes()) | set(present))
    chosen = tuple(dict.fromkeys(_resolve(name, known) for name in names))
    if not chosen:
        raise DataprepError(
            f"--classes {wanted!r}: no class in it; expected all, a number, a file or names"
        )
    return ClassChoice(chosen, default=False)


def class_rank(class_name: str, seed: int) -> tuple[bool, bytes]:
    """Return the place of a class when only some are drawn: outdoor first, then by the seed."""
    digest = hashlib.sha256(f"{seed}\0class\0{class_name}".encode()).digest()
    return class_name not in outdoor_classes(), digest


def _by_number(number: int) -> ClassChoice:
    if number < 1:
        raise DataprepError("--classes 0: expected at least one class")
    if number == OUTDOOR:
        return ClassChoice(outdoor_classes())
    return ClassChoice(outdoor_classes() if number < OUTDOOR else None, limit=number)


def _names_in_file(path: Path) -> list[str]:
    try:
        lines = read_text(path).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataprepError(f"{path}: can't be read as a list of classes ({error})") from None
    fields = (line.split("\t")[0].split("#")[0].strip() for line in lines)
    return [name for name in fields if name]


def _resolve(name: str, known: list[str]) -> str:
    plain = name.strip().lower().replace(" ", "_").rstrip("/")
    letter, _, rest = plain.lstrip("/").partition("/")
    if rest and len(letter) == 1 and rest.startswith(letter):
        if rest in known or plain.startswith("/"):
            return rest
        plain = rest
    if plain in known:
        return plain
    longer = [candidate for candidate in known if candidate.split("/")[0] == plain]
    if len(longer) == 1:
        return longer[0]
    if longer:
        raise UnknownClass(f"class {name.strip()!r} is ambiguous; name one of {', '.join(longer)}")
    near = difflib.get_close_matches(plain, known, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; `--classes all` takes every class"
    raise UnknownClass(f"class {name.strip()!r}: SUN has no such class{hint}")
