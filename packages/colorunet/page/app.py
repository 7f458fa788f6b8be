"""Routes of the page and its API."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from colorunet.coloring.steering.hints import MOST_HINTS
from colorunet.coloring.steering.versions import MOST_VERSIONS
from colorunet.page.answers import image_answer, json_answer, not_routed, refused
from colorunet.page.archive import zip_response
from colorunet.page.coloring import PhotoColoring
from colorunet.page.image_files import ImageFile
from colorunet.page.limits import Limits
from colorunet.page.look import Look, count_of, json_object, look_of_fields, look_of_object
from colorunet.page.metrics import CONTENT_TYPE, Metrics
from colorunet.page.networks import Networks
from colorunet.page.refusal import Refusal
from colorunet.page.store import KeptPhoto, PhotoStore
from colorunet.page.turns import T, Turns
from colorunet.page.uploads import Uploads

STATIC = Path(__file__).parent / "static"
_SWEEP_S = 30.0  # between removals of expired photos
_WORDS = {
    "formats": "JPEG, PNG, TIFF, WebP and more",
    "file": "in the format of the photo",
    "privacy": "Photos stay in this server's memory, for half an hour at most.",
}


class PageApp:
    """State shared by the routes.

    Args:
        networks: what colours photos.
        limits: on everything.
        threads: that colour photos at once; one more draws previews.
    """

    def __init__(self, networks: Networks, *, limits: Limits, threads: int = 1) -> None:
        self._networks = networks
        self._limits = limits
        self._store = PhotoStore(limits)
        self._uploads = Uploads(limits)
        # Previews while a dial moves mustn't wait behind whole photos.
        self._photos = Turns("photos", threads=threads, limits=limits)
        self._previews = Turns("previews", threads=1, limits=limits)
        self.metrics = Metrics()

    def asgi(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/", self.page),
                Route("/health", self.health),
                Route("/metrics", self.show_metrics),
                Route("/api/about", self.about),
                Route("/api/photos", self.add_photo, methods=["POST"]),
                Route("/api/photos/{id}", self.forget_photo, methods=["DELETE"]),
                Route("/api/photos/{id}/reference", self.set_reference, methods=["POST"]),
                Route("/api/photos/{id}/reference", self.remove_reference, methods=["DELETE"]),
                Route("/api/photos/{id}/gray", self.gray),
                Route("/api/photos/{id}/confidence", self.confidence),
                Route("/api/photos/{id}/preview", self.preview, methods=["POST"]),
                Route("/api/photos/{id}/file", self.file, methods=["POST"]),
                Route("/api/zip", self.zip, methods=["POST"]),
                Route("/api/colorize", self.colorize, methods=["POST"]),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            exception_handlers={Refusal: refused, HTTPException: not_routed},
            lifespan=self._lifespan,
        )

    async def page(self, _: Request) -> Response:
        """Return the page."""
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    async def health(self, _: Request) -> Response:
        """Return 200 while the server runs."""
        return json_answer({"status": "ok", "network": self._networks.default})

    async def show_metrics(self, _: Request) -> Response:
        """Return counters, gauges and durations for Prometheus."""
        gauges = {
            "waiting": ("Requests in line.", self._photos.waiting + self._previews.waiting),
            "kept_photos": ("Photos kept between two requests.", len(self._store)),
            "kept_bytes": ("Memory that they take.", self._store.nbytes),
            "upload_bytes": ("Memory of photos that arrive or wait.", self._uploads.nbytes),
        }
        return PlainTextResponse(self.metrics.text(gauges), media_type=CONTENT_TYPE)

    async def about(self, _: Request) -> Response:
        """Return networks, dials and limits for the page."""
        limits = self._limits
        return json_answer(
            {
                "networks": self._networks.described(),
                "limits": {
                    "upload_bytes": limits.upload_bytes,
                    "pixels": limits.pixels,
                    "hints": MOST_HINTS,
                    "zip_photos": limits.zip_photos,
                },
                "versions": limits.page_versions,
                "words": _WORDS,
            }
        )

    async def add_photo(self, request: Request) -> Response:
        """Receive a photo, run the network on it, and keep it for a while."""
        async with self._uploads.photo(request) as upload:
            network = upload.fields.get("network", "")

            def open_photo() -> KeptPhoto:
                return self._networks.get(network).opened(upload.name, upload.data)

            photo = await self._in_turn(request, open_photo)
            photo.network = network
        self._store.add(photo)
        return json_answer(
            {
                "id": photo.id,
                "name": photo.name,
                "width": photo.size[0],
                "height": photo.size[1],
                "notes": photo.notes,
            },
            201,
        )

    async def forget_photo(self, request: Request) -> Response:
        """Delete a kept photo at once."""
        self._store.remove(request.path_params["id"])
        return Response(status_code=204)

    async def set_reference(self, request: Request) -> Response:
        """Set a kept photo's reference, whose palette and tones are a prior."""
        photo = self._photo_of(request)
        async with self._uploads.photo(request) as upload:
            await self._in_turn(request, lambda: self._of(photo).refer(photo, upload.data))
        return Response(status_code=204)

    async def remove_reference(self, request: Request) -> Response:
        """Remove a kept photo's reference."""
        photo = self._photo_of(request)
        await self._soon(request, lambda: self._of(photo).refer(photo, None))
        return Response(status_code=204)

    async def gray(self, request: Request) -> Response:
        """Return a kept photo without colour, at the preview's size."""
        photo = self._photo_of(request)
        return image_answer(await self._soon(request, lambda: self._of(photo).gray(photo)))

    async def confidence(self, request: Request) -> Response:
        """Return the network's confidence in each pixel's colour."""
        photo = self._photo_of(request)
        return image_answer(await self._soon(request, lambda: self._of(photo).confidence(photo)))

    async def preview(self, request: Request) -> Response:
        """Return a kept photo in colour, at the preview's size."""
        photo = self._photo_of(request)
        look = await self._look(request)
        return image_answer(await self._soon(request, lambda: self._of(photo).preview(photo, look)))

    async def file(self, request: Request) -> Response:
        """Return a kept photo in colour, at its own size and in its own format."""
        photo = self._photo_of(request)
        look = await self._look(request)
        return image_answer(await self._in_turn(request, lambda: self._of(photo).file(photo, look)))

    async def zip(self, request: Request) -> Response:
        """Return several kept photos in one archive."""
        photos = self._listed(json_object(await self._uploads.json(request)))

        async def work(photo_id: str, look: Look) -> ImageFile:
            photo = self._store.get(photo_id)  # only now, or all photos would stay in memory
            return await self._in_turn(
                request, lambda: self._of(photo).file(photo, look, recorded=True)
            )

        files = [(photo.name, partial(work, photo.id, look)) for photo, look in photos]
        return zip_response(files, name="colorized.zip")

    async def colorize(self, request: Request) -> Response:
        """Return an uploaded photo in colour, or a zip of versions; nothing is kept."""
        async with self._uploads.photo(request) as upload:
            look = look_of_fields(upload.fields)
            versions = count_of(
                "versions", upload.fields.get("versions") or "1", least=1, most=MOST_VERSIONS
            )
            files = await self._in_turn(
                request,
                lambda: self._networks.get(upload.fields.get("network", "")).files(
                    upload.name, upload.data, look, versions
                ),
            )
        if versions == 1:
            return image_answer(files[0])
        return zip_response(
            [(file.name, partial(_itself, file)) for file in files], name="versions.zip"
        )

    async def _look(self, request: Request) -> Look:
        return look_of_object(json_object(await self._uploads.json(request)), self._limits)

    def _of(self, photo: KeptPhoto) -> PhotoColoring:
        return self._networks.get(photo.network)

    def _photo_of(self, request: Request) -> KeptPhoto:
        return self._store.get(request.path_params["id"])

    def _listed(self, given: dict[str, object]) -> list[tuple[KeptPhoto, Look]]:
        listed = given.get("photos")
        if not isinstance(listed, list) or not 0 < len(listed) <= self._limits.zip_photos:
            raise Refusal(400, f"photos: expected a list of 1 to {self._limits.zip_photos} objects")
        if not all(isinstance(one, dict) for one in listed):
            raise Refusal(400, "photos: expected objects, each with an id")
        return [
            (self._store.get(str(one.get("id"))), look_of_object(one.get("look"), self._limits))
            for one in listed
        ]

    async def _in_turn(self, request: Request, work: Callable[[], T]) -> T:
        return await self._photos.run(_client(request), work, gone=request.is_disconnected)

    async def _soon(self, request: Request, work: Callable[[], T]) -> T:
        return await self._previews.run(_client(request), work, gone=request.is_disconnected)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            self._photos.close()
            self._previews.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            self._store.forget_unused()


async def _itself(file: ImageFile) -> ImageFile:
    return file


def _client(request: Request) -> str:
    """Return the client for the queue: an open page, or all programs at one address."""
    address = request.client.host if request.client else ""
    return f"{address} {request.headers.get('x-page', '')[:40]}"
