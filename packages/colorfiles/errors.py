"""What can go wrong for a user, in whatever part of the house."""


class ColorfilesError(Exception):
    """The message says what was wrong, with which item, and what to do; it is shown as it is.

    The root of every package's own error, so that each command line shows all of them alike.
    """


class Interrupted(ColorfilesError):
    """The user asked a command to stop."""

    def __init__(self) -> None:
        super().__init__("interrupted; what is finished stays, the same command may be run again")


class UnreadableImage(ColorfilesError):
    """An image that can't be used; the message is the reason, without the file's name.

    A reason starts with a fixed phrase to count by, then may give details after a colon:
    ``undecodable: not a known image``, ``too many pixels: …``, ``too small: 87 x 65``.
    """

    @property
    def reason(self) -> str:
        """The reason, for a manifest or a line on stderr."""
        return str(self)
