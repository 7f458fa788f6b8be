"""The statistics of a shard set as text."""

from dataprep.inspection.samples import Inspection


def inspection_text(inspection: Inspection) -> str:
    """Return the splits, the palette with its bins and its ceiling, and the licences."""
    lines = [f"{'split':<7}{'photos':>10}{'samples':>10}{'shards':>8}{'MB':>12}"]
    for split, facts in inspection.splits.items():
        lines.append(
            f"{split:<7}{facts.photos:>10,}{facts.samples:>10,}{facts.shards:>8,}"
            f"{facts.bytes / 1e6:>12,.1f}"
        )
    palette = inspection.palette
    lines += [
        "",
        f"palette: {palette.n} bins ({palette.method}), {palette.fingerprint[:12]}…; "
        f"{sum(count > 0 for count in inspection.bin_counts)} of them used, "
        f"as many as {inspection.effective_bins:.1f} equally frequent ones",
        _histogram(inspection.bin_counts),
        "",
        _ceiling_text(inspection),
        "",
        "licences, in photos:",
    ]
    for name, count in inspection.licenses.items():
        lines.append(f"{count:>10,}  {name}  {inspection.license_urls.get(name, '')}".rstrip())
    return "\n".join(lines)


def _ceiling_text(inspection: Inspection) -> str:
    ceiling = inspection.ceiling
    if ceiling is None:
        return "palette's ceiling: not measured, no val or test crop is there"
    ratio = ceiling.colorfulness_ratio
    return (
        f"palette's ceiling (medians of {ceiling.images} val and test crops): "
        f"PSNR {ceiling.psnr_db:.1f} dB, {ceiling.effective_colors:.1f} effective and "
        f"{ceiling.distinct_colors:.0f} distinct colours, colourfulness "
        + (
            f"{ratio:.2f} of the truth's"
            if ratio is not None
            else "of the truth too low to compare"
        )
    )


def _histogram(counts: tuple[int, ...], widest: int = 40, most: int = 12) -> str:
    total, rows = sum(counts) or 1, []
    order = sorted(range(len(counts)), key=lambda bin_id: -counts[bin_id])
    for bin_id in order[:most]:
        bar = "█" * round(widest * counts[bin_id] / max(counts[order[0]], 1))
        rows.append(f"  bin {bin_id:>3} {100 * counts[bin_id] / total:>6.2f} %  {bar}".rstrip())
    if len(counts) > most:
        rest = sum(counts[bin_id] for bin_id in order[most:])
        rows.append(f"  {len(counts) - most} more {100 * rest / total:>6.2f} %")
    return "\n".join(rows)
