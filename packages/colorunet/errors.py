"""Errors that a user of colorunet can cause."""

from colorfiles.errors import ColorfilesError


class ColorunetError(ColorfilesError):
    """The message says what was wrong, with which item, and what to do; it is shown as it is."""


class InvalidRequest(ColorunetError):
    """Wrong usage: parts of a call exclude each other, or a path doesn't exist."""
