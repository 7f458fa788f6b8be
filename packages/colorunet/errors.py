"""What can go wrong for a user of colorunet."""

from colorfiles.errors import ColorfilesError


class ColorunetError(ColorfilesError):
    """The message says what was wrong, with which item, and what to do; it is shown as it is."""


class LogitsNotFinite(ColorunetError):
    """A network gave NaN or infinity, of which no colour can be made."""

    def __init__(self) -> None:
        super().__init__(
            "the network gives NaN or infinity: its parameters are damaged, or its training ran "
            "away; take another checkpoint"
        )
