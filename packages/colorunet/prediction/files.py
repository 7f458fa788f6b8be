"""Image files to colour: which ones, what their outputs are called, and what went wrong."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from colorfiles.progress import ProgressCallback, silent
from colorunet.errors import ColorunetError
from colorunet.prediction.colorizer import Colorizer
from colorunet.prediction.decoding import Decoding
from colorunet.prediction.images import UnusableImage, image_files, read_gray, write_color
from colorunet.prediction.test_time_augmentation import Averaging

_JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")


@dataclass(frozen=True)
class ColorizedImage:
    """One output."""

    input: str
    output: str
    width: int
    height: int
    seconds: float


@dataclass(frozen=True)
class SkippedImage:
    """One input that couldn't be used, and why."""

    input: str
    reason: str


@dataclass(frozen=True)
class ColorizeSummary:
    """What a call of ``trainer colorize`` did."""

    out: str
    network: str
    decoding: Decoding
    averaging: Averaging
    colorized: int
    skipped: int
    images: list[ColorizedImage]
    skips: list[SkippedImage]


def colorize_files(
    colorizer: Colorizer,
    inputs: Sequence[Path],
    out: Path,
    *,
    network: str,
    overwrite: bool = False,
    report: ProgressCallback = silent,
) -> ColorizeSummary:
    """Colourise files, and all images in folders, into ``out``; broken ones are skipped.

    Args:
        colorizer: what gives the colours.
        inputs: files and folders.
        out: the folder of the outputs; made where it is missing.
        network: what the network is called in the summary.
        overwrite: replace outputs of an earlier call; an input is never replaced.
        report: told of every image.

    Raises:
        ColorunetError: nothing to do, or an output is there already.
    """
    planned = plan_outputs(expand(inputs, out), out)
    if not planned:
        raise ColorunetError(f"{', '.join(map(str, inputs))}: no images in there")
    _refuse_existing(planned, overwrite)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ColorunetError(
            f"{out}: not a folder; --out names the folder of the outputs"
        ) from None
    done: list[ColorizedImage] = []
    skips: list[SkippedImage] = []
    for source, target in planned:
        started = time.perf_counter()
        try:
            gray = read_gray(source)
        except UnusableImage as unusable:
            skips.append(SkippedImage(str(source), str(unusable)))
            report(note=f"{len(skips)} skipped")
            continue
        write_color(target, colorizer.colorize(gray.luma), gray.alpha)
        height, width = gray.luma.shape
        seconds = time.perf_counter() - started
        done.append(ColorizedImage(str(source), str(target), width, height, seconds))
        report()
    return ColorizeSummary(
        out=str(out),
        network=network,
        decoding=colorizer.decoding,
        averaging=colorizer.averaging,
        colorized=len(done),
        skipped=len(skips),
        images=done,
        skips=skips,
    )


def expand(inputs: Sequence[Path], out: Path) -> list[Path]:
    """Return the files named and the images in the folders named, each once."""
    found = [
        path
        for given in inputs
        for path in (image_files(given, skip=out) if given.is_dir() else [given])
    ]
    return list(dict.fromkeys(found))


def plan_outputs(sources: Sequence[Path], out: Path) -> list[tuple[Path, Path]]:
    """Name each input's output: its stem, ``.jpg`` for JPEG and ``.png`` for all else.

    Where two would be called the same, on any file system, the later gets ``-2``, ``-3``…
    """
    taken: set[str] = set()
    planned = []
    for source in sources:
        suffix = ".jpg" if source.suffix.lower() in _JPEG_SUFFIXES else ".png"
        name, number = f"{source.stem}{suffix}", 1
        while name.casefold() in taken:
            number += 1
            name = f"{source.stem}-{number}{suffix}"
        taken.add(name.casefold())
        planned.append((source, out / name))
    return planned


def _refuse_existing(planned: Sequence[tuple[Path, Path]], overwrite: bool) -> None:
    inputs = {source.resolve() for source, _ in planned}
    for source, target in planned:
        if target.resolve() in inputs:
            raise ColorunetError(
                f"{target}: the output of {source} would replace an input; give another --out"
            )
    there = [target for _, target in planned if target.exists()]
    if there and not overwrite:
        more = f" (and {len(there) - 1} more)" if len(there) > 1 else ""
        raise ColorunetError(
            f"{there[0]}{more}: already there; --overwrite replaces, another --out keeps"
        )
