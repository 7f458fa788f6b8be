"""Settings of the evidence that a call writes."""

from dataclasses import dataclass

from colorunet.evidence.mark import Mark
from colorunet.evidence.record import Coloring
from colorunet.evidence.signing import SigningFiles


@dataclass(frozen=True)
class Evidence:
    """Evidence written into outputs and beside them.

    Args:
        mark: of the outputs; None writes none.
        record: content of the records beside the files; None writes none.
        signing: the files that outputs are signed with; None signs none.
        signed: content of the signatures.
        badge: draw a small sign into a corner.
    """

    mark: Mark | None = None
    record: Coloring | None = None
    signing: SigningFiles | None = None
    signed: Coloring | None = None
    badge: bool = False
