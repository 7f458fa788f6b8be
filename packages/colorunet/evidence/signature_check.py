"""Check of a file's C2PA signature by the c2pa library, if that is installed."""

import json
from importlib.util import find_spec
from pathlib import Path

from colorunet.evidence.signing import MIME, mime_of


def check_signature(path: Path) -> tuple[str, str]:
    """Return ``none``, ``valid``, ``invalid`` or ``unchecked``, and an explanation."""
    if mime_of(path) not in MIME.values() or not _may_be_signed(path):
        return "none", "no C2PA signature"
    if find_spec("c2pa") is None:
        return "unchecked", "a C2PA signature, not checked: pip install '.[c2pa]'"
    import c2pa  # noqa: PLC0415 - an extra

    try:
        with path.open("rb") as file, c2pa.Reader(mime_of(path), file) as reader:
            content = json.loads(reader.json())
    except c2pa.C2paError as error:
        if "ManifestNotFound" in type(error).__name__ or "ManifestNotFound" in str(error):
            return "none", "no C2PA signature"
        return "invalid", f"the C2PA signature can't be read: {str(error)[:200]}"
    return _judged(content)


def _judged(content: dict[str, object]) -> tuple[str, str]:
    """Return the verdict on a manifest store; an unknown issuer is reported, not a fault."""
    statuses = content.get("validation_status") or []
    assert isinstance(statuses, list)
    codes = [str(status.get("code", "")) for status in statuses]
    faults = [code for code in codes if code != "signingCredential.untrusted"]
    if faults:
        return "invalid", f"the C2PA signature doesn't hold: {', '.join(sorted(set(faults)))}"
    known = "" if not codes else "; its certificate is in no list of trust that was given"
    return "valid", f"the C2PA signature holds: nothing in the file was changed since{known}"


def _may_be_signed(path: Path) -> bool:
    """Whether a file contains a manifest store; otherwise the library isn't loaded."""
    with path.open("rb") as file:
        previous = b""
        while chunk := file.read(1 << 20):
            if b"c2pa" in previous[-8:] + chunk:
                return True
            previous = chunk
    return False
