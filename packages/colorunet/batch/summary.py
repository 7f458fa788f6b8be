"""Result of a batch of photos and clips, as data and as text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from colorfiles.outside.words import shown
from colorunet.batch.call import Call
from colorunet.batch.outputs import Job
from colorunet.batch.runner import Done, reason_of
from colorunet.batch.sources import words_of
from colorunet.coloring.averaging import Averaging
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.toning import Toning


@dataclass(frozen=True)
class ColorizedImage:
    """One output.

    Args:
        input: the photo.
        output: the coloured one.
        width: in pixels, upright.
        height: likewise.
        seconds: from reading to writing; other jobs run at the same time.
        pages: coloured; of a clip its frames.
        notes: assumptions and losses.
        compare: the comparison picture, "" for none.
        version: of the photo, from 1, the most likely; 0 without versions.
        likelihood: of that version, in (0, 1); see ``Version``.
        flicker: of a clip: mean change of U and V from frame to frame in unchanged places.
        lost: missing or damaged frames of a clip.
    """

    input: str
    output: str
    width: int
    height: int
    seconds: float
    pages: int = 1
    notes: tuple[str, ...] = ()
    compare: str = ""
    version: int = 0
    likelihood: float = 0.0
    flicker: float | None = None
    lost: int = 0


@dataclass(frozen=True)
class SkippedImage:
    """An input without output, and the reason."""

    input: str
    reason: str


@dataclass(frozen=True)
class KeptImage:
    """An output that already existed and is complete."""

    output: str


Result = ColorizedImage | SkippedImage | KeptImage


@dataclass(frozen=True)
class ColorizeSummary:
    """Result of a call of ``colorunet colorize``.

    Args:
        out: the folder of the outputs.
        network: its name, or its folder.
        decoding: from logits to colours.
        averaging: versions of a photo whose logits were averaged.
        toning: adjustment of the colours.
        colorized: outputs written.
        kept: complete outputs that existed.
        skipped: photos without an output.
        damaged: clips whose output has missing or damaged frames.
        left_out: other files in the folders, by kind.
        images: the outputs written.
        skips: the photos without one.
    """

    out: str
    network: str
    decoding: Decoding
    averaging: Averaging
    toning: Toning
    colorized: int
    kept: int
    skipped: int
    damaged: int
    left_out: tuple[str, ...]
    images: list[ColorizedImage]
    skips: list[SkippedImage]


def result_of(job: Job, outcome: Done | Exception) -> Result:
    """Return a job's entry of the summary."""
    if isinstance(outcome, Exception):
        return SkippedImage(job.source.name, reason_of(outcome))
    if outcome.kept:
        return KeptImage(job.name)
    return ColorizedImage(
        input=job.source.name,
        output=job.name,
        width=outcome.size[0],
        height=outcome.size[1],
        seconds=outcome.seconds,
        pages=outcome.pages,
        notes=outcome.notes,
        compare=job.compare_name,
        version=job.version,
        likelihood=outcome.likelihood,
        flicker=outcome.flicker,
        lost=outcome.lost,
    )


def summarize(call: Call, results: Sequence[Result]) -> ColorizeSummary:
    """Return the summary of a call from the results of its jobs."""
    images = [result for result in results if isinstance(result, ColorizedImage)]
    skips = [result for result in results if isinstance(result, SkippedImage)]
    return ColorizeSummary(
        out=str(call.plan.out),
        network=call.network,
        decoding=call.colorizer.decoding,
        averaging=call.colorizer.averaging,
        toning=call.settings.color_options.toning,
        colorized=len(images),
        kept=sum(isinstance(result, KeptImage) for result in results),
        skipped=len(skips),
        damaged=sum(image.lost > 0 for image in images),
        left_out=tuple(words_of(call.plan.sources.left_out)),
        images=images,
        skips=skips,
    )


def detail_lines(summary: ColorizeSummary) -> Iterator[str]:
    """Yield a line for each version, note and skip."""
    for image in summary.images:
        if image.version:
            yield f"{shown(image.output)}: likelihood {image.likelihood:.2f}"
        if image.notes:
            yield f"{shown(image.input)}: {'; '.join(image.notes)}"
    for skip in summary.skips:
        yield f"{shown(skip.input)}: {skip.reason}; skipped"
    if summary.left_out:
        yield f"not looked at: {', '.join(summary.left_out)}"


def summary_text(summary: ColorizeSummary) -> str:
    """Return a summary in one line."""
    films = sum(image.flicker is not None for image in summary.images)
    photos = summary.colorized - films
    kinds = [counted(photos)] if photos or not films else []
    kinds += [counted(films, "film")] if films else []
    parts = [f"{' and '.join(kinds)} colourised{_where(summary)}"]
    if summary.kept:
        parts.append(f"{summary.kept} kept that were there (--overwrite replaces them)")
    if summary.skipped:
        parts.append(f"{summary.skipped} skipped")
    return ", ".join(parts)


def counted(count: int, noun: str = "photo") -> str:
    """Return a count with its noun: ``1 photo``, ``2 photos``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _where(summary: ColorizeSummary) -> str:
    names: Sequence[ColorizedImage] = summary.images
    if len(names) == 1:
        return f": {shown(Path(names[0].output).as_posix())}"
    return f" in {shown(summary.out)}" if names else ""
