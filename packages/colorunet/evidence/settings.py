"""What a call writes as evidence beside the colours."""

from dataclasses import dataclass

from colorunet.evidence.mark import Mark
from colorunet.evidence.record import Coloring
from colorunet.evidence.signing import SigningFiles


@dataclass(frozen=True)
class Evidence:
    """What is written into outputs and beside them.

    Args:
        mark: that outputs bear; None writes none.
        record: what records tell beside the files; None writes none.
        signing: the files that outputs are signed with; None signs none.
        signed: what signatures tell.
        badge: draw a small sign into a corner.
    """

    mark: Mark | None = None
    record: Coloring | None = None
    signing: SigningFiles | None = None
    signed: Coloring | None = None
    badge: bool = False
