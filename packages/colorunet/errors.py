"""What can go wrong for a user of colorunet."""

from colorfiles.errors import ColorfilesError


class ColorunetError(ColorfilesError):
    """The message says what was wrong, with which item, and what to do; it is shown as it is."""
