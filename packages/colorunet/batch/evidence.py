"""Evidence of a batch: marks, records and signatures, written beside the photos."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from colorunet.batch.outputs import Job
from colorunet.batch.settings import ColorizeSettings
from colorunet.batch.writing.photo import UnwritableImage
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.composing import ColoredImage
from colorunet.coloring.steering.album import AlbumMatch
from colorunet.errors import ColorunetError
from colorunet.evidence.mark import Mark
from colorunet.evidence.network_mark import mark_of_network
from colorunet.evidence.record import Coloring, record_content, write_record
from colorunet.evidence.settings import Evidence
from colorunet.evidence.signing import SigningFiles, require_signing, sign_photo
from colorunet.evidence.sureness import sureness_png


@dataclass(frozen=True)
class EvidenceOptions:
    """Options of the command line.

    Args:
        mark: say in the metadata that the colours were added.
        record: write records.
        sign: certificate and key.
        badge: draw the sign.
    """

    mark: bool = True
    record: bool = False
    sign: tuple[Path, Path] | None = None
    badge: bool = False

    def evidence(
        self, run: Path, name: str, colorizer: Colorizer, settings: ColorizeSettings
    ) -> Evidence:
        """Return the settings of the evidence for a network and the settings of a call.

        Raises:
            ColorunetError: outputs are to be signed and can't be.
        """
        mark = mark_of_network(run, name)
        signing = None if self.sign is None else SigningFiles(*self.sign)
        if signing is not None:
            require_signing(signing)
        coloring = _coloring(mark, colorizer, settings, badge=self.badge)
        return Evidence(
            mark=mark if self.mark else None,
            record=coloring if self.record else None,
            signing=signing,
            signed=coloring if signing else None,
            badge=self.badge,
        )


def _coloring(
    mark: Mark, colorizer: Colorizer, settings: ColorizeSettings, *, badge: bool
) -> Coloring:
    color_options = settings.color_options
    reference = color_options.steering.reference
    dials: dict[str, Any] = {
        "decoding": asdict(colorizer.decoding),
        "averaging": asdict(colorizer.averaging),
        "toning": asdict(color_options.toning),
        "working_edge_px": colorizer.working_edge_px,
        "significant_bits": settings.significant_bits,
        "versions": color_options.versions,
        "seed": color_options.seed,
        "reference_sha256": reference.sha256 if reference else "",
        "badge": badge,
    }
    hints = tuple(hint.facts for hint in color_options.steering.hints)
    return Coloring(mark, colorizer.palette.fingerprint, dials, hints)


@dataclass(frozen=True)
class WrittenPhoto:
    """An output on disk.

    Args:
        job: the photo and its output.
        image: the photo in colour, its first page.
        notes: assumptions and losses.
        match: the nearest photo of an album.
    """

    job: Job
    image: ColoredImage
    notes: tuple[str, ...]
    match: AlbumMatch | None = None

    def coloring(self, coloring: Coloring) -> Coloring:
        """Return the record's account of how this output was coloured."""
        numbered = coloring.of_version(self.job.version)
        return numbered if self.match is None else numbered.of_album(self.match.facts)


def write_evidence(colorizer: Colorizer, photo: WrittenPhoto, evidence: Evidence) -> None:
    """Sign a written output, and write its record.

    Args:
        colorizer: what gave the colours.
        photo: the output.
        evidence: the requested marks.

    Raises:
        OSError: a file can't be read or written.
        UnwritableImage: the output can't be signed.
    """
    original, output = photo.job.source.path, photo.job.target
    image, notes = photo.image, photo.notes
    if evidence.signing is not None and evidence.signed is not None:
        coloring = photo.coloring(evidence.signed)
        content = record_content({}, coloring, size=image.size, lost=notes)
        try:
            sign_photo(original, output, evidence.signing, coloring.mark, content)
        except ColorunetError as error:
            raise UnwritableImage(str(error)) from None
    if evidence.record is not None:
        write_record(
            original,
            output,
            photo.coloring(evidence.record),
            size=image.size,
            lost=notes,
            sureness=sureness_png(colorizer, image.luma),
        )
