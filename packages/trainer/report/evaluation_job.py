"""The job of ``trainer evaluate``: load, measure, and write the requested pictures."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from colorfiles.outputs import is_finished, is_page, is_png, made_from
from colorfiles.progress import progress
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.options import PredictionOptions
from colorunet.parameters.checkpoint import load_run
from trainer.data.shard_set import Sample, ShardSet
from trainer.evaluation.evaluate import Watch, evaluate, unwatched
from trainer.evaluation.films import FilmMeasures, measure_film
from trainer.evaluation.perceptual import PerceptualNetworks
from trainer.evaluation.result import Evaluation, EvaluationSettings, ImageResult
from trainer.evaluation.text import image_label, number
from trainer.report import write_evaluation_page
from trainer.report.contact_sheet import contact_sheet, write_png
from trainer.report.panels import panels_of, spread_keys

_SHEET_ROWS = 12
_SHEET_EDGE_PX = 224
_CAPTIONED = ("colorfulness_ratio", "effective_colors", "hue_accuracy", "ciede2000")


@dataclass(frozen=True)
class Outputs:
    """Files to write beside the figures; each is optional."""

    html: Path | None = None
    contact_sheet: Path | None = None
    overwrite: bool = False

    def unfinished(self, digest: str) -> "Outputs":
        """Return the outputs that don't exist yet with this ``digest``.

        Raises:
            ColorfilesError: something else is there that may not be replaced.
        """
        return replace(
            self,
            html=self._unless_finished(self.html, digest, is_page),
            contact_sheet=self._unless_finished(self.contact_sheet, digest, is_png),
        )

    def _unless_finished(
        self, path: Path | None, digest: str, own: Callable[[bytes], bool]
    ) -> Path | None:
        finished = path and is_finished(str(path), digest, overwrite=self.overwrite, own=own)
        return None if finished else path


def evaluate_run(
    run: Path,
    shards_path: str,
    settings: EvaluationSettings,
    *,
    options: PredictionOptions | None = None,
    perceptual: Path | None = None,
    outputs: Outputs | None = None,
    films: Sequence[Path] = (),
    watch: Watch = unwatched,
) -> Evaluation:
    """Measure a run on a split of a shard set, and on films, and write the page and the sheet.

    ``options`` override the run's own prediction settings. ``perceptual`` is a folder of
    parameters for LPIPS and FID; see ``trainer.evaluation.pretrained``.

    Raises:
        TrainerError: run, shards or parameters can't be read or don't belong together, or an output
            is there.
    """
    trained = load_run(run)
    shards = ShardSet.open(shards_path)
    colorizer = Colorizer.of_run(trained, options)
    made = (trained.fingerprint, colorizer.decoding, colorizer.averaging)
    digest = made_from("evaluate", *made, shards.fingerprint, settings, perceptual)
    outputs = (outputs or Outputs()).unfinished(digest)
    networks = PerceptualNetworks.open(perceptual, colorizer.device) if perceptual else None
    evaluation, tallies = evaluate(colorizer, shards, settings, perceptual=networks, watch=watch)
    evaluation = replace(evaluation, films=[_measured(colorizer, film) for film in films])
    if outputs.contact_sheet is not None:
        write_contact_sheet(colorizer, shards, evaluation, outputs.contact_sheet, digest=digest)
    if outputs.html is not None:
        write_evaluation_page(
            outputs.html,
            colorizer,
            shards,
            evaluation,
            tallies,
            title=f"{run.name} on {Path(shards_path).name}",
            digest=digest,
        )
    return evaluation


def _measured(colorizer: Colorizer, film: Path) -> FilmMeasures:
    with progress(f"frames of {film.name}", None) as report:
        return measure_film(colorizer, film, report=report)


def write_contact_sheet(
    colorizer: Colorizer,
    shards: ShardSet,
    evaluation: Evaluation,
    path: Path,
    *,
    digest: str = "",
) -> None:
    """Write rows of photos, evenly spread over the split: gray | truth | ceiling | prediction.

    ``digest`` says what it was made from, see ``colorfiles.outputs``.
    """
    by_key = {image.key: image for image in evaluation.images}
    keys = spread_keys(_one_view_a_photo(by_key), _SHEET_ROWS)
    rows = list(panels_of(colorizer, shards, evaluation.split, keys, edge_px=_SHEET_EDGE_PX))
    write_png(
        contact_sheet(rows, captions=[caption(by_key[row.key]) for row in rows]),
        path,
        digest=digest,
    )


def _one_view_a_photo(keys: Iterable[str]) -> list[str]:
    """Return the first view of each photo, in order: `{photo key}-v{view}` names a sample."""
    views: dict[str, str] = {}
    for key in sorted(keys, key=lambda key: (key.rpartition("-v")[0], key)):
        views.setdefault(key.rpartition("-v")[0] or key, key)
    return list(views.values())


def caption(image: ImageResult) -> str:
    """Return a sample's key and the measures of its prediction."""
    words = [
        f"{image_label(name)} {number(image.measures[name], 2)}"
        for name in _CAPTIONED
        if image.measures[name] is not None
    ]
    return f"{image.key}: " + ", ".join(words)


def watch_on_terminal(samples: Iterable[Sample], total: int) -> Iterator[Sample]:
    """Show progress on stderr while samples are measured."""
    with progress("measuring", total) as report:
        for sample in samples:
            yield sample
            report()
