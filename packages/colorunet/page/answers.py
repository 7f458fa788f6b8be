"""Responses: images, JSON, and errors as one line of JSON."""

from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from colorunet.page.image_files import ImageFile
from colorunet.page.refusal import Refusal

_NEVER_STORED = {"Cache-Control": "no-store"}


def json_answer(content: Any, status: int = 200) -> Response:
    """Return a JSON response that isn't cached."""
    return JSONResponse(content, status, _NEVER_STORED)


def image_answer(file: ImageFile) -> Response:
    """Return an image response; with a name it is a download."""
    headers = dict(_NEVER_STORED)
    if file.name:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
    return Response(file.data, media_type=file.kind, headers=headers)


def refusal_answer(refusal: Refusal) -> Response:
    """Return the response of a refusal."""
    headers = dict(_NEVER_STORED)
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.closes:
        headers["Connection"] = "close"
    return JSONResponse({"error": str(refusal)}, refusal.status, headers)


async def refused(_: Request, error: Exception) -> Response:
    """Turn a refusal raised by a route into a response."""
    assert isinstance(error, Refusal)
    return refusal_answer(error)


async def not_routed(_: Request, error: Exception) -> Response:
    """Respond to an unknown address or method."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, dict(error.headers or {}))
