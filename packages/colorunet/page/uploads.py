"""Request bodies in memory, bounded in bytes and time."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from colorunet.page.limits import Limits
from colorunet.page.refusal import Refusal

T = TypeVar("T")
_FIELD_BYTES = 64 << 10  # of a field that is no file: numbers, and hints
_JSON_BYTES = 256 << 10
_NAME_BYTES = 200  # file systems take 255, and "-colorized-16.jpeg" is appended


@dataclass(frozen=True)
class Upload:
    """An uploaded photo.

    Args:
        name: of its file, without a folder.
        data: its bytes.
        fields: the other fields of the form.
    """

    name: str
    data: bytes
    fields: dict[str, str] = field(default_factory=dict)


class Uploads:
    """Reads request bodies within one memory limit that all requests share.

    Bytes are counted as they arrive, not as declared: otherwise a few clients that send nothing
    would use up the limit.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.nbytes = 0

    @asynccontextmanager
    async def photo(self, request: Request) -> AsyncIterator[Upload]:
        """Read a form with a file ``image``; its memory is counted until the block ends.

        Raises:
            Refusal: it isn't a form, too large, too slow, or memory is short.
        """
        self._refuse_too_long(request)
        held = [0]
        try:
            yield await self._form(request, held)
        finally:
            self.nbytes -= held[0]

    async def json(self, request: Request) -> bytes:
        """Return the body of a JSON request.

        Raises:
            Refusal: it is too large or too slow.
        """
        return await self._in_time(_joined(_body(request, _JSON_BYTES)))

    def _refuse_too_long(self, request: Request) -> None:
        limit = self._limits.upload_bytes
        text = request.headers.get("content-length", "")
        if text.isascii() and text.isdigit() and (len(text) > 19 or int(text) > limit):
            raise _too_large(limit)

    async def _counted(
        self, parts: AsyncIterator[bytes], held: list[int]
    ) -> AsyncGenerator[bytes, None]:
        async for part in parts:
            if self.nbytes + len(part) > self._limits.uploads_bytes:
                raise Refusal(
                    503, "too many photos are arriving; send it again in a moment", retry_after_s=2
                )
            self.nbytes += len(part)
            held[0] += len(part)
            yield part

    async def _form(self, request: Request, held: list[int]) -> Upload:
        kind = request.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "multipart/form-data":
            raise Refusal(415, f"content type {kind!r:.80}: expected multipart/form-data")
        stream = self._counted(_body(request, self._limits.upload_bytes), held)
        parser = MultiPartParser(
            request.headers, stream, max_files=1, max_fields=16, max_part_size=_FIELD_BYTES
        )
        parser.spool_max_size = self._limits.upload_bytes + 1  # above that it would be a file
        try:
            form = await self._in_time(parser.parse())
        except MultiPartException as error:
            raise Refusal(400, f"not a form that can be read: {error.message}") from None
        try:
            image = form.get("image")
            if not isinstance(image, UploadFile):
                raise Refusal(400, "image: expected a file of that name in the form")
            data = await image.read()
            fields = {key: value for key, value in form.items() if isinstance(value, str)}
            return Upload(_base_name(image.filename or ""), data, fields)
        finally:
            await form.close()

    async def _in_time(self, reading: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._limits.upload_s):
                return await reading
        except TimeoutError:
            raise Refusal(
                408, f"the request took longer than {self._limits.upload_s:g} s to arrive"
            ) from None


async def _body(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise _too_large(most)
            yield part
    except ClientDisconnect:
        raise Refusal(499, "the client left") from None


async def _joined(parts: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in parts])


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"too large: at most {most / (1 << 20):g} MB a request")


def _base_name(name: str) -> str:
    """Return a file's name without folders and control characters."""
    base = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in base if letter.isprintable() and letter not in '<>:"|?*')
    return plain.encode()[:_NAME_BYTES].decode(errors="ignore").strip(". ") or "photo"
