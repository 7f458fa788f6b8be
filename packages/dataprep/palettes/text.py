"""A learnt palette as text."""

from dataprep.palettes.learning import PaletteSummary


def palette_text(summary: PaletteSummary, out: str) -> str:
    """Return a palette's ceilings, the error of its prior, and its address."""
    lines = [
        "The photos painted with the palette's colours: median (worst tenth)",
        f"{'palette':30} {'PSNR in dB':>14} {'colourfulness':>16} {'effective colours':>19}",
    ]
    lines += [
        f"{name:30} {row.psnr_db:7.1f} ({row.psnr_db_p10:.1f}) {_ratio(row.colorfulness_ratio):>9} "
        f"({_ratio(row.colorfulness_ratio_p10)}) {row.effective_colors:19.1f}"
        for name, row in summary.ceilings.items()
    ]
    error = summary.prior_error
    if error.now is not None:
        lines.append(
            f"The prior is off by about {error.now:.1%} with {summary.photos:,} photos; about "
            f"{error.photos_enough:,} would bring that to 2 %."
        )
    if summary.skipped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in summary.skipped.items())
        lines.append(f"{summary.skipped_photos} photos skipped ({reasons})")
    lines.append(
        f"{summary.n} bins ({summary.method}) from {summary.photos:,} photos, "
        f"fingerprint {summary.fingerprint[:12]}: {out}"
    )
    return "\n".join(lines)


def _ratio(ratio: float | None) -> str:
    return "none" if ratio is None else f"{ratio:.2f}"
