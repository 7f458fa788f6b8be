"""Errors that the page answers with."""


class Refusal(Exception):
    """An answer other than 200: shown to the client as JSON, ``{"error": message}``.

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
        """Whether the connection ends with it: what else arrives is a body that nobody reads."""
        return self.status in (401, 403, 408, 413, 415, 421, 429, 503)
