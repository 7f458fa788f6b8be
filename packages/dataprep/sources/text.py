"""Summaries of fetch, import and refresh as text."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command loads the text of its own source only
    from dataprep.sources.flickr.refresh import RefreshSummary
    from dataprep.sources.flickr.run import FetchSummary
    from dataprep.sources.folder import ImportSummary
    from dataprep.sources.sun.draw import SunSummary


def import_text(summary: "ImportSummary", out: Path) -> str:
    """Return the counts of an import."""
    return (
        f"{summary.kept} photos kept, {_rejected(summary.rejected, summary.rejected_by_reason)}"
        + _already_there(summary.already_there)
        + (f", {summary.updated} of them brought up to date" if summary.updated else "")
        + f": {out}"
    )


def flickr_text(summary: "FetchSummary", out: Path) -> str:
    """Return the counts of a fetch by tag."""
    shares = ", ".join(f"{n} {tag}" for tag, n in summary.kept_by_tag.items())
    rejected = _rejected(summary.rejected, summary.rejected_by_reason)
    return f"{summary.kept} photos kept ({shares}), {rejected}: {out}"


def sun_text(summary: "SunSummary", out: Path) -> str:
    """Return the counts of a sample by class."""
    return (
        f"{summary.kept} photos of {summary.classes} classes, "
        + _rejected(summary.rejected, summary.rejected_by_reason)
        + _already_there(summary.already_there)
        + f": {out}"
    )


def refresh_text(summary: "RefreshSummary", photos: Path) -> str:
    """Return the removed photos, the reasons, and the shards that still hold them."""
    lines = [f"{summary.kept} photos stay, {len(summary.removed)} removed: {photos}"]
    for removal in summary.removed:
        held = f" (in {', '.join(removal.shards)})" if removal.shards else ""
        lines.append(f"  {removal.key}: {removal.reason.removeprefix('removed: ')}{held}")
    if summary.stale_shards:
        lines.append("write these shards again: " + ", ".join(summary.stale_shards))
    return "\n".join(lines)


def _rejected(count: int, by_reason: Mapping[str, int]) -> str:
    reasons = ", ".join(f"{n} {reason}" for reason, n in by_reason.items())
    return f"{count} rejected" + (f" ({reasons})" if reasons else "")


def _already_there(count: int) -> str:
    return f", {count} were there already" if count else ""
