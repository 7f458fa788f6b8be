"""Check that files in the places of a photo's outputs are earlier outputs."""

from pathlib import Path

from colorfiles.outputs import refuse_foreign
from colorunet.batch.outputs import Job
from colorunet.evidence.reading import is_marked
from colorunet.evidence.sidecar import sidecar_packet
from colorunet.evidence.xmp import mark_of_xmp
from colorunet.video.clip_formats import CLIP


def require_own_outputs(job: Job) -> None:
    """Raise ForeignFile where a file that isn't an output lies in the place of one.

    An output is known by the mark in its metadata or sidecar, or by the manifest of its batch.
    """
    if not job.is_recorded:
        is_own = _is_marked_clip if job.source.format == CLIP else is_marked
        refuse_foreign(job.target, *filter(None, (job.compare,)), is_own=lambda p: is_own(Path(p)))


def _is_marked_clip(path: Path) -> bool:
    """By the sidecar alone: to look for a mark in it, a film would be read to its end."""
    return mark_of_xmp(sidecar_packet(path)) is not None
