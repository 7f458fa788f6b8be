"""``dataprep inspect``."""

from typing import TYPE_CHECKING

import click

from colorfiles.commands import emit, json_option, overwrite_option
from dataprep.cli.options import idle_seed_option

if TYPE_CHECKING:
    from dataprep.inspection.samples import Inspection


@click.command(name="inspect")
@click.argument("shards")
@click.option("--contact", help="Contact sheet (PNG) of samples to write: luma | color from bins.")
@overwrite_option
@idle_seed_option
@json_option
def command(shards: str, contact: str | None, overwrite: bool, as_json: bool) -> None:
    """Say what a shard set has: counts, bytes, colors, the palette's ceiling, licences.

    \b
    dataprep inspect shards --contact sheet.png
    """
    from colorfiles.palette_file import is_png, parent_and_name, refuse_existing
    from colorfiles.progress import progress
    from dataprep.inspection.samples import inspect_shards
    from dataprep.shards.shard_set import ShardSet

    if contact:
        refuse_existing(contact, overwrite=overwrite, own=is_png)
    opened = ShardSet.open(shards)
    with progress("inspect", len(opened.shards)) as report:
        found = inspect_shards(opened, report=report)
    if contact:
        from dataprep.inspection.contact_sheet import contact_sheet_png

        folder, name = parent_and_name(contact)
        folder.make()
        folder.write(name, contact_sheet_png(opened))
    emit(found, as_json, _told(found) + (f"\ncontact sheet: {contact}" if contact else ""))


def _told(found: "Inspection") -> str:
    lines = [f"{'split':<7}{'photos':>10}{'samples':>10}{'shards':>8}{'MB':>12}"]
    for split, facts in found.splits.items():
        lines.append(
            f"{split:<7}{facts.photos:>10,}{facts.samples:>10,}{facts.shards:>8,}"
            f"{facts.bytes / 1e6:>12,.1f}"
        )
    palette = found.palette
    lines += [
        "",
        f"palette: {palette.n} bins ({palette.method}), {palette.fingerprint[:12]}…; "
        f"{sum(count > 0 for count in found.bin_counts)} of them used, "
        f"as many as {found.effective_bins:.1f} equally frequent ones",
        _histogram(found.bin_counts),
        "",
        _told_ceiling(found),
        "",
        "licences, in photos:",
    ]
    for name, count in found.licenses.items():
        lines.append(f"{count:>10,}  {name}  {found.license_urls.get(name, '')}".rstrip())
    return "\n".join(lines)


def _told_ceiling(found: "Inspection") -> str:
    ceiling = found.ceiling
    if ceiling is None:
        return "palette's ceiling: not measured, no val or test crop is there"
    ratio = ceiling.colorfulness_ratio
    return (
        f"palette's ceiling (medians of {ceiling.images} val and test crops): "
        f"PSNR {ceiling.psnr_db:.1f} dB, {ceiling.effective_colors:.1f} effective and "
        f"{ceiling.distinct_colors:.0f} distinct colors, colorfulness "
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
