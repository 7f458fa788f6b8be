"""What a call writes as evidence beside the colours."""

from dataclasses import dataclass

from colorunet.evidence.mark import Mark


@dataclass(frozen=True)
class Evidence:
    """What is written into outputs and beside them.

    Args:
        mark: that outputs bear; None writes none.
    """

    mark: Mark | None = None
