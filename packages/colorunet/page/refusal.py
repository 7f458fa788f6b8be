"""Errors with an HTTP status, shown to the client."""


class Refusal(Exception):
    """A response other than 200: JSON of the form ``{"error": message}``.

    Args:
        status: of HTTP.
        message: what was wrong, with which item, and what to do.
        retry_after_s: when to ask again; None where that wouldn't help.
    """

    def __init__(self, status: int, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def closes(self) -> bool:
        """Whether the connection is closed, because the rest of the body isn't read."""
        return self.status in (401, 403, 408, 413, 415, 421, 429, 503)
