"""Errors that a user of trainer can cause."""

from colorfiles.errors import ColorfilesError


class TrainerError(ColorfilesError):
    """The message says what was wrong, with which item, and what to do; it is shown as it is."""


class BadSample(TrainerError):
    """One sample of a shard that can't be used; the message names the shard and the key."""


class BadShard(TrainerError):
    """A shard that is missing, cut short or not what its index says; the message names it."""
