"""C2PA 2.x signatures of coloured photos (extra ``c2pa``)."""

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from colorfiles.files import write_atomically
from colorfiles.outside.files import read_regular
from colorunet.errors import ColorunetError
from colorunet.evidence.mark import Mark
from colorunet.evidence.vocabulary import DIGITAL_SOURCE_TYPE, SOFTWARE

MIME = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
}
RECORD_LABEL = "org.colorunet.record"
_MOST_BYTES = 1 << 20  # of a certificate chain or a key


@dataclass(frozen=True)
class SigningFiles:
    """Certificate and key of a signature.

    Args:
        certificate: the chain in PEM, the signer's own first.
        key: its private key in PEM, PKCS #8.
    """

    certificate: Path
    key: Path


def mime_of(path: Path) -> str:
    """Return the MIME type of a file that can be signed, by its suffix; "" for others."""
    return MIME.get(path.suffix.lower(), "")


def require_signing(files: SigningFiles) -> None:
    """Raise ColorunetError if the extra or a file is missing, or the key doesn't sign."""
    if find_spec("c2pa") is None:
        raise ColorunetError("--sign needs the extra c2pa: pip install '.[c2pa]'")
    _signer(files).close()


def sign_photo(
    original: Path, output: Path, files: SigningFiles, mark: Mark, record: dict[str, Any]
) -> None:
    """Add a C2PA manifest to a coloured photo.

    Args:
        original: the photo, the ingredient ``parentOf``.
        output: the coloured one; it is replaced by the signed one.
        files: certificate and key.
        mark: software and network.
        record: how the colours were made, without the output's hash; an assertion of its own.

    Raises:
        ColorunetError: its format can't be signed, or the library refuses.
    """
    import c2pa  # noqa: PLC0415 - an extra

    mime = mime_of(output)
    if not mime:
        raise ColorunetError(f"{output.name}: a format that C2PA manifests aren't embedded in")
    try:
        with (
            _signer(files) as signer,
            c2pa.Builder(json.dumps(_manifest(output, mime, mark, record))) as builder,
            write_atomically(output) as temporary,
        ):
            with original.open("rb") as parent:
                ingredient = {"title": original.name, "relationship": "parentOf", "label": "parent"}
                builder.add_ingredient(json.dumps(ingredient), mime_of(original) or mime, parent)
            with output.open("rb") as source, temporary.open("w+b") as target:
                builder.sign(signer, mime, source, target)
    except c2pa.C2paError as error:
        raise ColorunetError(f"{output.name}: can't be signed: {str(error)[:200]}") from None


def _manifest(output: Path, mime: str, mark: Mark, record: dict[str, Any]) -> dict[str, Any]:
    agent = {"name": SOFTWARE, "version": mark.version}
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent"]}}
    edited = {
        "action": "c2pa.color_adjustments",
        "digitalSourceType": DIGITAL_SOURCE_TYPE,
        "softwareAgent": agent,
        "description": mark.parameters,
    }
    return {
        "title": output.name,
        "format": mime,
        "claim_generator_info": [agent],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [opened, edited]}},
            {"label": RECORD_LABEL, "data": record},
        ],
    }


def _signer(files: SigningFiles) -> Any:
    import c2pa  # noqa: PLC0415 - an extra

    try:
        chain, key = (
            read_regular(path, most=_MOST_BYTES) for path in (files.certificate, files.key)
        )
    except OSError as error:
        raise ColorunetError(f"--sign: {error.filename}: {error.strerror}") from None
    try:
        return c2pa.Signer.from_info(c2pa.C2paSignerInfo(_algorithm(key), chain, key, None))
    except c2pa.C2paError as error:
        raise ColorunetError(
            f"--sign: {files.certificate} and {files.key} don't sign: {str(error)[:200]}; expected "
            "a chain and a PKCS #8 key in PEM, ES256 (P-256), ES384 (P-384) or Ed25519"
        ) from None


def _algorithm(key: bytes) -> bytes:
    """Return C2PA's name of a key's algorithm."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415 - of c2pa
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_private_key,
    )

    try:
        private = load_pem_private_key(key, None)
    except (TypeError, ValueError) as error:
        raise ColorunetError(f"--sign: the key can't be read: {str(error)[:120]}") from None
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return {256: b"es256", 384: b"es384", 521: b"es512"}[private.curve.key_size]
    return b"ps256"
