"""Errors of dataprep that users see."""

from colorfiles.errors import ColorfilesError


class DataprepError(ColorfilesError):
    """The message says what was wrong, with which item, and what to do; it is shown as it is."""


class UnusablePhoto(Exception):
    """A photo that can't be used; the message is the reason that goes into the manifest.

    A reason starts with a fixed phrase to count by, then may give details after a colon:
    ``too small: 87 x 65``.
    """

    @property
    def reason(self) -> str:
        """The reason as in the manifest."""
        return str(self)
