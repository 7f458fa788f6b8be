"""Check of a record against the coloured file and its original."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from colorunet.evidence.hashes import file_sha256
from colorunet.evidence.record import read_record


def check_record(output: Path, original: Path | None = None) -> tuple[str, str]:
    """Return ``none``, ``fits`` or ``differs``, and an explanation.

    Raises:
        OSError: a file can't be read.
    """
    record = read_record(output)
    if record is None:
        return "none", "no record beside it"
    wrong = [
        what
        for what, path in (("output", output), ("original", original))
        if path is not None and _sha256_in(record, what) != file_sha256(path)
    ]
    if wrong:
        return "differs", f"the record is of another {' and another '.join(wrong)}"
    film = "; a film is checked by mark and record alone" if "frames" in record else ""
    return "fits", f"the record fits: the file is byte for byte the one that was written{film}"


def _sha256_in(record: Mapping[str, Any], what: str) -> object:
    named = record.get(what)
    return named.get("sha256") if isinstance(named, Mapping) else None
