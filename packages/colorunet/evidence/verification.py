"""Verification of a coloured file: mark, signature, record and luma."""

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from colorfiles.errors import ForeignFile
from colorfiles.photos import UnreadableImage
from colorunet.evidence.luma_check import Allowance, LumaCheck, check_luma
from colorunet.evidence.luma_files import FileLuma, lumas_of, original_lumas
from colorunet.evidence.mark import Mark
from colorunet.evidence.reading import read_mark
from colorunet.evidence.record_check import check_record
from colorunet.evidence.signature_check import check_signature
from colorunet.evidence.where_picture import write_where_picture

_ROUNDED = Allowance(1, 1, 1, words="within a level of 255: the file holds fewer bits, or so read")


@dataclass(frozen=True)
class LumaVerdict:
    """Result of the comparison with the original.

    Args:
        kept: only chroma was changed, within the tolerance of the format.
        allowed: how the tolerance is derived.
        largest: difference of a pixel, in 255ths.
        mean: difference over all pixels, likewise.
        share: of cells of 8 × 8 pixels that were changed.
        box: left, top, right, bottom of all of them, in pixels; None for none.
        picture: that shows where; "" for none.
        unwritten: why that picture couldn't be written; "" where it could.
        problem: why there was nothing to compare; "" where there was.
        conclusive: whether ``kept`` is evidence; small changes of a GIF can't be distinguished from
            those that the format makes.
    """

    kept: bool
    allowed: str = ""
    largest: float = 0.0
    mean: float = 0.0
    share: float = 0.0
    box: tuple[int, int, int, int] | None = None
    picture: str = ""
    unwritten: str = ""
    problem: str = ""
    conclusive: bool = True


@dataclass(frozen=True)
class Verdict:
    """Result of the checks of a coloured file.

    Args:
        file: that was checked.
        original: that it was compared with; "" for none.
        holds: the mark is present and every check passed.
        mark: of the file; None for none.
        signature: ``none``, ``valid``, ``invalid``, or ``unchecked`` where the extra is missing.
        record: ``none``, ``fits`` or ``differs``.
        luma: the comparison with the original; None without one.
        findings: in words, one a line.
    """

    file: str
    original: str
    holds: bool
    mark: Mark | None
    signature: str
    record: str
    luma: LumaVerdict | None
    findings: tuple[str, ...]


def verify(path: Path, original: Path | None = None, *, pictures: Path | None = None) -> Verdict:
    """Return the verdict on a file.

    Args:
        path: of the coloured file.
        original: the photo that it was made from.
        pictures: folder for a picture of where luma was changed; None writes none.

    Raises:
        OSError: a file can't be opened.
    """
    mark = read_mark(path)
    signature, signed = check_signature(path)
    record, recorded = check_record(path, original)
    luma = None if original is None else _compared(path, original, pictures)
    findings = (_of_mark(mark), signed, recorded, *([_of_luma(luma)] if luma else []))
    holds = mark is not None and signature != "invalid" and record != "differs"
    return Verdict(
        file=str(path),
        original=str(original or ""),
        holds=holds and (luma is None or luma.kept),
        mark=mark,
        signature=signature,
        record=record,
        luma=luma,
        findings=findings,
    )


def _compared(path: Path, original: Path, pictures: Path | None) -> LumaVerdict:
    try:
        for number, (new, old) in enumerate(zip_longest(lumas_of(path), original_lumas(original))):
            if number and (new is None or old is None):
                break  # formats of one page keep the first
            assert new is not None
            assert old is not None
            if new.luma.shape != old.shape:
                sizes = (f"{h[1]} × {h[0]}" for h in (new.luma.shape, old.shape))
                return LumaVerdict(False, problem="sizes differ: {} and {}".format(*sizes))
            verdict = _of_page(path, new, old, pictures)
            if not verdict.kept:
                return verdict
    except UnreadableImage as error:
        return LumaVerdict(False, problem=error.reason)
    return verdict


def _of_page(path: Path, new: FileLuma, old: np.ndarray, pictures: Path | None) -> LumaVerdict:
    allowed = new.allowed
    if new.luma.itemsize < old.itemsize and allowed.level == 0:
        allowed = _ROUNDED
    check = check_luma(*_of_one_depth(new.luma, old), allowed)
    picture = unwritten = ""
    if not check.holds and pictures is not None:
        try:
            picture = write_where_picture(pictures / f"{path.stem}-changed.png", new.luma, check)
        except (ForeignFile, OSError) as error:
            unwritten = str(error)
    return LumaVerdict(
        kept=check.holds,
        allowed=allowed.words,
        largest=round(check.largest, 3),
        mean=round(check.mean, 3),
        share=round(check.share, 5),
        box=_within(check, new.luma.shape),
        picture=picture,
        unwritten=unwritten,
        conclusive=allowed.conclusive,
    )


def _of_one_depth(new: np.ndarray, old: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both arrays in the greater of their depths."""
    if new.dtype == old.dtype:
        return new, old
    first, second = (
        luma if luma.dtype == np.uint16 else luma.astype(np.uint16) * np.uint16(257)
        for luma in (new, old)
    )
    return first, second


def _within(check: LumaCheck, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    if check.box is None:
        return None
    left, top, right, bottom = check.box
    return left, top, min(right, shape[1]), min(bottom, shape[0])


def _of_mark(mark: Mark | None) -> str:
    if mark is None:
        return "no mark: the file doesn't say that ColorUnet added its colours"
    day = f" on {mark.day}" if mark.day else ""
    return f"marked: colours added by {mark.agent}, network {mark.network}{day}"


def _of_luma(luma: LumaVerdict) -> str:
    if luma.problem:
        return f"luma not compared: {luma.problem}"
    if luma.kept and not luma.conclusive:
        return (
            f"luma not seen to differ ({luma.allowed}): this format proves little, as a retouched "
            "spot or a slightly brighter picture can go unnoticed"
        )
    if luma.kept:
        return f"luma kept: nothing but chroma was changed ({luma.allowed})"
    where = "" if luma.box is None else " within {}, {} to {}, {}".format(*luma.box)
    picture = f"; where: {luma.picture or luma.unwritten}" if luma.picture or luma.unwritten else ""
    return (
        f"luma changed: {100 * luma.share:.2f} % of the picture{where}, by up to "
        f"{luma.largest:.1f} of 255, {luma.mean:+.2f} on average{picture}"
    )
