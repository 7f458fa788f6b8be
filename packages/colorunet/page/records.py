"""Records and sidecars in the archives of the page."""

import os
from dataclasses import asdict, dataclass

from colorunet.batch.writing.formats import format_named
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.decoding import Decoding
from colorunet.evidence.mark import Mark
from colorunet.evidence.record import (
    SUFFIX,
    SURENESS_SUFFIX,
    Coloring,
    file_of,
    record_bytes,
    record_content,
)
from colorunet.evidence.sidecar import SUFFIX as XMP_SUFFIX
from colorunet.evidence.xmp import with_mark
from colorunet.page.image_files import ImageFile
from colorunet.page.look import Look


@dataclass(frozen=True)
class PageRecord:
    """How the page coloured a photo.

    Args:
        mark: software and network.
        colorizer: what gave the colours.
        decoding: how logits became colours.
        look: the dials and hints.
        version: of the photo; 0 where there is but one.
        reference_sha256: of the photo whose palette is a prior; "" for none.
    """

    mark: Mark
    colorizer: Colorizer
    decoding: Decoding
    look: Look
    version: int = 0
    reference_sha256: str = ""

    def files(
        self,
        name: str,
        output: ImageFile,
        original: tuple[str, bytes],
        *,
        size: tuple[int, int],
        sureness: bytes,
        xmp: bytes,
    ) -> dict[str, bytes]:
        """Return the files beside a coloured photo, by name.

        Args:
            name: of the output in the archive, which the names beside it hold.
            output: the coloured photo.
            original: name and bytes of the photo.
            size: width and height, upright.
            sureness: how sure the network is, a PNG.
            xmp: of the photo.
        """
        sure = name + SURENESS_SUFFIX
        listed = {
            "original": file_of(*original),
            "output": file_of(name, output.data),
            "sureness": file_of(sure, sureness),
        }
        content = record_content(listed, self._coloring(), size=size, lost=output.lost)
        files = {name + SUFFIX: record_bytes(content), sure: sureness}
        target = format_named(name)
        if target is not None and not target.xmp:
            suffix = os.path.splitext(name)[1].removeprefix(".")
            files[name + XMP_SUFFIX] = self._sidecar(xmp, suffix)
        return files

    def _coloring(self) -> Coloring:
        dials = asdict(self.look)
        hints = tuple(dials.pop("hints"))
        toning = {"warmth": self.look.warmth, "strength": self.look.strength}
        settings = {
            "decoding": asdict(self.decoding),
            "averaging": asdict(self.colorizer.averaging),
            "toning": toning,
            "working_edge_px": self.colorizer.working_edge_px,
            "seed": 0,
            "version": self.version,
            "reference_sha256": self.reference_sha256,
            "look": dials,
        }
        return Coloring(self.mark, self.colorizer.palette.fingerprint, settings, hints)

    def _sidecar(self, xmp: bytes, suffix: str) -> bytes:
        try:
            return with_mark(xmp, self.mark, sidecar_for=suffix)
        except ValueError:
            return with_mark(b"", self.mark, sidecar_for=suffix)
