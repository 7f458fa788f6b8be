"""Errors of colorunet: those that a user can cause, and files that can't be used."""

from colorfiles.errors import ColorfilesError


class ColorunetError(ColorfilesError):
    """The message says what was wrong, with which item, and what to do; it is shown as it is."""


class InvalidRequest(ColorunetError):
    """Wrong usage: parts of a call exclude each other, or a path doesn't exist."""


class UnusableImage(Exception):
    """An image file or clip that can't be used; the message is the reason, without the path."""
