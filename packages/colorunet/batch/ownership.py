"""Check that existing files at the places of outputs are earlier outputs."""

from pathlib import Path

from colorfiles.outputs import refuse_foreign
from colorunet.batch.outputs import Job
from colorunet.evidence.reading import is_marked
from colorunet.evidence.sidecar import sidecar_packet
from colorunet.evidence.xmp import mark_of_xmp
from colorunet.video.clip_formats import CLIP


def require_own_outputs(job: Job) -> None:
    """Raise ForeignFile if a file at the place of an output isn't an earlier output.

    An output is known by the mark in its metadata or sidecar, or by the manifest of its batch.
    """
    if not job.is_recorded:
        is_own = _is_marked_clip if job.source.format == CLIP else is_marked
        refuse_foreign(job.target, *filter(None, (job.compare,)), is_own=lambda p: is_own(Path(p)))


def _is_marked_clip(path: Path) -> bool:
    """Whether a clip's sidecar has the mark; finding one in the clip means reading all of it."""
    return mark_of_xmp(sidecar_packet(path)) is not None
