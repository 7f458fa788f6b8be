"""The job of ``dataprep palette``: learn a palette and plot it, unless it is finished."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from colorcore import Palette
from colorfiles.engines.engine import Engine
from colorfiles.outputs import is_finished, is_palette, is_png, made_from, write_file
from colorfiles.progress import progress
from dataprep.errors import DataprepError
from dataprep.palettes.learning import PaletteSettings, PaletteSummary, learn_palette
from dataprep.palettes.palette_file import only_palette_writer, read_palette_file, write_palette
from dataprep.palettes.pixel_batches import PixelBatch, batches_of
from dataprep.palettes.text import palette_text


@dataclass(frozen=True)
class PaletteOutputs:
    """Addresses of the outputs.

    Args:
        palette: address of the JSON file.
        plot: address of the figure; "" for none.
        overwrite: whether files of an earlier call are replaced.
    """

    palette: str
    plot: str = ""
    overwrite: bool = False


def make_palette(
    photos: Sequence[str], settings: PaletteSettings, outputs: PaletteOutputs, *, engine: Engine
) -> PaletteSummary:
    """Learn the palette of photo folders or shard sets; write it and its figure.

    An existing palette of the same photos and settings is kept; its file holds the summary.

    Raises:
        ColorfilesError: there are no photos, or something else is there that may not be replaced.
    """
    with only_palette_writer(outputs.palette):
        batches = [batch for address in photos for batch in batches_of(address)]
        digest = made_from("palette", asdict(settings), [batch.content for batch in batches])
        overwrite = outputs.overwrite
        known = is_finished(outputs.palette, digest, overwrite=overwrite, own=is_palette)
        plotted = not outputs.plot or is_finished(
            outputs.plot, digest, overwrite=overwrite, own=is_png
        )
        if known:
            palette, summary = _former(outputs.palette)
        else:
            palette, summary = _learned(batches, settings, engine)
        if not plotted:
            _plot(outputs.plot, palette, summary, settings.lam, digest)
        if not known:
            about = {"made_from": digest, "summary": asdict(summary)}
            write_palette(palette, outputs.palette, overwrite=overwrite, about=about)
    return summary


def _learned(
    batches: Sequence[PixelBatch], settings: PaletteSettings, engine: Engine
) -> tuple[Palette, PaletteSummary]:
    with progress("palette", sum(len(batch) for batch in batches)) as report:
        return learn_palette(batches, settings, engine=engine, report=report)


def _former(address: str) -> tuple[Palette, PaletteSummary]:
    palette, content = read_palette_file(address)
    try:
        summary = PaletteSummary.from_dict(content["summary"])
        palette_text(summary, address)  # fails early where a number is missing
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataprepError(
            f"{address}: its own description is incomplete ({error!r:.80}); --overwrite replaces it"
        ) from None
    return palette, summary


def _plot(address: str, palette: Palette, summary: PaletteSummary, lam: float, digest: str) -> None:
    from dataprep.palettes.plot import palette_png  # noqa: PLC0415 - an extra

    figure = palette_png(palette, lam=lam, prior_error=summary.prior_error, digest=digest)
    write_file(address, figure)
