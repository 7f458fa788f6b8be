"""An evaluation as a table for terminals."""

from collections.abc import Iterator, Sequence

from colorunet.coloring.averaging import Averaging
from colorunet.coloring.decoding import Decoding
from trainer.evaluation.criteria import Verdict
from trainer.evaluation.evaluate import MEAN, MODE
from trainer.evaluation.measure_kind import Measure
from trainer.evaluation.measure_labels import full_label
from trainer.evaluation.measures import MEASURES
from trainer.evaluation.perceptual_measures import FEW_IMAGES, PERCEPTUAL_MEASURES
from trainer.evaluation.result import Evaluation
from trainer.evaluation.summary import CEILING, GRAY, PREDICTION, TRUTH, Estimate
from trainer.evaluation.sweep import SweepPoint

COLUMNS = {
    PREDICTION: "prediction",
    TRUTH: "truth",
    CEILING: "ceiling",
    GRAY: "gray",
    MEAN: "mean UV",
    MODE: "top bin",
}
_SWEEP_COLUMNS = (
    "effective_colors_ratio",
    "distinct_colors",
    "colorfulness_ratio",
    "colorfulness_ratio_p10",
    "hue_family_recall",
    "auc_balanced",
    "ciede2000",
    "psnr",
)


def number(value: float | None, digits: int) -> str:
    """Return a figure as text; a dash where it is undefined."""
    return "–" if value is None else f"{value:.{digits}f}"


def interval(estimate: Estimate, digits: int) -> str:
    """Return an interval as text; a dash where there is none."""
    if estimate.low is None or estimate.high is None:
        return "–"
    return f"{estimate.low:.{digits}f} to {estimate.high:.{digits}f}"


def decoding_text(decoding: Decoding) -> str:
    """Return a decoding in one line."""
    text = f"T = {decoding.temperature:g}, saturation {decoding.saturation:g}"
    if decoding.caution:
        text += f", caution {decoding.caution:g}"
    if decoding.contrast:
        text += f", contrast {decoding.contrast:g}"
    if decoding.top_mode_radius is not None:
        text += f", top-mode radius {decoding.top_mode_radius:g}"
    if decoding.bin_offsets is not None:
        low, high = min(decoding.bin_offsets), max(decoding.bin_offsets)
        text += f", offsets of the bins {low:.2f} to {high:.2f}"
    return text


def averaging_text(averaging: Averaging) -> str:
    """Return an averaging as text; "" for the default."""
    if averaging == Averaging():
        return ""
    scales = " and ".join(f"{scale:g}" for scale in averaging.scales)
    return f", logits averaged over scales {scales}" + (", mirrored too" * averaging.mirrored)


def evaluation_text(evaluation: Evaluation) -> str:
    """Return the whole result: variants side by side, intervals, probes, sweep."""
    e = evaluation
    lines = [
        f"{e.samples} samples of split {e.split}, {e.size_px} px, {e.bins} bins, "
        f"{decoding_text(e.decoding)}{averaging_text(e.averaging)}; "
        f"{'seen as old prints; ' * e.settings.aged}"
        "intervals: 95 %, bootstrap over images",
        *_variant_rows(e),
        "",
        f"position probe          {e.position_probe.strongest:+.2f}  (gray input "
        f"{e.position_probe.gray:+.2f}, upside down {e.position_probe.flipped:+.2f}; "
        "a memorized layout has |r| near 1)",
        f"information             {e.information_bits:.2f} bits a pixel that the image gives of "
        "its bin (0: one answer for all)",
        "rare in truth           "
        + (", ".join(f.family for f in e.hue_families if f.share_of_truth < 0.03) or "none")
        + " (hue families under 3 % of the coloured pixels)",
    ]
    lines += ["", *verdict_rows(e.verdicts)]
    if note := fid_note(e):
        lines.append(f"FID                     {note}")
    if e.truth_from == "bins":
        lines.append(
            "truth                   the bins' colours: these shards keep no colour crops, so "
            "truth and ceiling are the same"
        )
    if e.sweep:
        lines += ["", *sweep_rows(e.sweep), f"suggested T = {e.suggested_temperature:g}: "]
        lines[-1] += e.suggestion_rule
    lines += [
        f"{film.film}: {film.frames} frames, CDC {film.cdc:.4f} (truth {film.true_cdc:.4f}), "
        f"ΔCF {film.delta_colorfulness:.1f}, flicker {film.flicker:.4f}"
        for film in e.films
    ]
    return "\n".join(lines)


def verdict_rows(verdicts: Sequence[Verdict]) -> list[str]:
    """Return a line for each criterion: range, value and reason."""
    met = sum(verdict.is_met for verdict in verdicts)
    rows = [f"criteria                {met} of {len(verdicts)} met"]
    for verdict in verdicts:
        label = full_label(verdict.measure)
        mark = "met   " if verdict.is_met else "MISSED"
        rows.append(
            f"  {mark} {label:32} {number(verdict.value, 2):>6}  {verdict.criterion.range_text}: "
            f"{verdict.criterion.why}"
        )
    return rows


def measured(evaluation: Evaluation) -> Iterator[tuple[str, Measure, dict[str, Estimate]]]:
    """Yield name and definition of each measure, and its figure under each of ``COLUMNS``."""
    for name, measure in MEASURES.items():
        yield name, measure, {variant: evaluation.variants[variant][name] for variant in COLUMNS}
    for name, figures in (evaluation.perceptual.measured if evaluation.perceptual else {}).items():
        row = {variant: figures.get(variant, Estimate(None)) for variant in COLUMNS}
        yield name, PERCEPTUAL_MEASURES[name], row


def image_label(name: str) -> str:
    """Return the label of a figure of a single image, which may have no measure."""
    return full_label(name) if name in MEASURES else name.replace("_", " ")


def fid_note(evaluation: Evaluation) -> str:
    """Return the caveat on FID; "" if FID wasn't measured."""
    perceptual = evaluation.perceptual
    return f"from {perceptual.images} images; {FEW_IMAGES}" if perceptual and perceptual.fid else ""


def sweep_rows(points: list[SweepPoint]) -> list[str]:
    """Return the temperatures as rows of a table."""
    header = "T".rjust(6) + "".join(
        (MEASURES[name].short or MEASURES[name].label).rjust(12) for name in _SWEEP_COLUMNS
    )
    rows = [
        f"{point.temperature:6g}"
        + "".join(
            number(point.measures[name], MEASURES[name].digits).rjust(12) for name in _SWEEP_COLUMNS
        )
        for point in points
    ]
    return [header, *rows]


def _variant_rows(evaluation: Evaluation) -> list[str]:
    header = " " * 28 + "".join(label.rjust(11) for label in COLUMNS.values()) + "   interval"
    rows = [header]
    for _, measure, figures in measured(evaluation):
        cells = [number(figure.value, measure.digits).rjust(11) for figure in figures.values()]
        spread = interval(figures[PREDICTION], measure.digits)
        rows.append(measure.label.ljust(28) + "".join(cells) + f"   {spread}")
    return rows
