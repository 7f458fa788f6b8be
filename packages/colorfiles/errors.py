"""What can go wrong for a user, in whatever part of the house."""


class ColorfilesError(Exception):
    """The message says what was wrong, with which item, and what to do; it is shown as it is.

    The root of every package's own error, so that each command line shows all of them alike.
    """
