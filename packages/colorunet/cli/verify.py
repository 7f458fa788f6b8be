"""``colorunet verify``."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorfiles.commands import emit, json_option
from colorfiles.outside.words import shown

if TYPE_CHECKING:
    from colorunet.evidence.verification import Verdict

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Verified:
    """Result of ``colorunet verify``.

    Args:
        files: a verdict each.
        holds: whether all of them hold.
    """

    files: "list[Verdict]"
    holds: bool


@click.command(name="verify")
@click.argument("colored", metavar="COLOURED...", nargs=-1, required=True, type=_file)
@click.option(
    "--original",
    type=click.Path(exists=True, path_type=Path),
    help="The photo that COLOURED was made from, or a folder with photos of the same names: is "
    "nothing but chroma changed?",
)
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for NAME-changed.png, which shows where luma was changed.  [default: beside "
    "COLOURED]",
)
@json_option
def command(
    colored: tuple[Path, ...], original: Path | None, pictures: Path | None, as_json: bool
) -> None:
    """Verify coloured photos: the mark, the signature, the record and, with --original, the luma.

    Exits with 0 where the mark is there, no check fails and, with --original,
    nothing but chroma was changed; else with 1.

    \b
    colorunet verify photo-in-colour.jpg
    colorunet verify colorized/photo.png --original photo.png
    colorunet verify colorized/*.jpg --original album/ --json
    """
    from colorunet.evidence.verification import verify

    originals = _originals(colored, original)
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    verdicts = [
        verify(path, gray, pictures=pictures or path.parent)
        for path, gray in zip(colored, originals, strict=True)
    ]
    holds = all(verdict.holds for verdict in verdicts)
    emit(Verified(verdicts, holds), as_json, "\n".join(map(_text, verdicts)))
    if not holds:
        raise SystemExit(1)


def _originals(colored: tuple[Path, ...], original: Path | None) -> list[Path | None]:
    """Return each file's original: the one given, or the one of its name in a folder."""
    if original is None:
        return [None] * len(colored)
    if not original.is_dir():
        if len(colored) > 1:
            raise click.UsageError("--original is one photo; for several give their folder")
        return [original]
    by_stem: dict[str, list[Path]] = {}
    for path in sorted(original.iterdir()):
        if path.is_file():
            by_stem.setdefault(path.stem, []).append(path)
    found: list[Path | None] = []
    for path in colored:
        candidates = by_stem.get(path.stem, [])
        same = [candidate for candidate in candidates if candidate.name == path.name] or candidates
        if len(same) != 1:
            raise click.UsageError(
                f"{path}: expected one photo called {path.stem}.* in {original}, found {len(same)}"
            )
        found.append(same[0])
    return found


def _text(verdict: "Verdict") -> str:
    word = "holds" if verdict.holds else "DOESN'T HOLD"
    return "\n  ".join((f"{shown(verdict.file)}: {word}", *map(shown, verdict.findings)))
