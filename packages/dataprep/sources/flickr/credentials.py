"""API key and secret from the environment or an env file, kept out of output."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from colorfiles.outside.files import read_text
from dataprep.errors import DataprepError

KEY, SECRET = "FLICKR_API_KEY", "FLICKR_API_SECRET"
WHERE_TO_GET_ONE = "https://www.flickr.com/services/apps/create/"
DEFAULT_ENV_FILE = Path(".env")


@dataclass(frozen=True)
class Credentials:
    """Key and secret, which ``repr`` doesn't show."""

    key: str = field(repr=False)
    secret: str = field(default="", repr=False)

    def scrub(self, text: str) -> str:
        """Remove key and secret from ``text``, in case a server echoes them."""
        for hidden in (self.secret, self.key):
            if hidden:
                text = text.replace(hidden, "***")
        return text


def read_credentials(env_file: Path | None, environ: Mapping[str, str] = os.environ) -> Credentials:
    """Read the key from the environment, or from a file of ``NAME=value`` lines.

    Args:
        env_file: such a file; where it is None, ``.env`` of the current folder if there is one.
        environ: goes before the file.

    Raises:
        DataprepError: there is no key, or the file can't be read.
    """
    from_file = _read_env_file(env_file or DEFAULT_ENV_FILE, required=env_file is not None)
    key = environ.get(KEY, "").strip() or from_file.get(KEY, "")
    secret = environ.get(SECRET, "").strip() or from_file.get(SECRET, "")
    if not key:
        raise DataprepError(
            f"no API key: set {KEY} (and {SECRET}) in the environment or in an env file; "
            f"get one at {WHERE_TO_GET_ONE}"
        )
    if not (key + secret).isascii() or not (key + secret).isprintable():
        raise DataprepError(f"{KEY}: not a key, it has odd characters; see {WHERE_TO_GET_ONE}")
    return Credentials(key, secret)


def _read_env_file(path: Path, *, required: bool) -> dict[str, str]:
    try:
        lines = read_text(path).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        if not required:
            return {}
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise DataprepError(
            f"{path}: {reason}; give a file with {KEY}=… and {SECRET}=…, or set them"
        ) from None
    variables = {}
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.lstrip().startswith("#"):
            variables[name.strip()] = value.strip().strip("\"'")
    return variables
