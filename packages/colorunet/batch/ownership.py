"""Whether a file in the place of an output is an earlier output, which alone may be replaced."""

import os
from pathlib import Path

from colorfiles.outside.words import shown
from colorunet.batch.clip_formats import CLIP
from colorunet.batch.images import UnusableImage
from colorunet.batch.outputs import Job
from colorunet.evidence.reading import is_marked
from colorunet.evidence.sidecar import sidecar_packet
from colorunet.evidence.xmp import mark_of_xmp


def refuse_foreign(job: Job) -> None:
    """Raise UnusableImage where a file that isn't an output lies in the place of one.

    An output is known by the mark in its metadata or sidecar, or by the manifest of its batch.
    """
    if job.is_recorded:
        return
    known = _is_marked_clip if job.source.format == CLIP else is_marked
    for path in (job.target, job.compare):
        if path is not None and os.path.lexists(path) and not known(path):
            raise UnusableImage(
                f"{shown(str(path))} is there already and isn't an output: it has no mark of "
                "ColorUnet and is in no manifest of this batch; move it away, or give another --out"
            )


def _is_marked_clip(path: Path) -> bool:
    """By the sidecar alone: to look for a mark in it, a film would be read to its end."""
    return mark_of_xmp(sidecar_packet(path)) is not None
