"""Previews and coloured files of uploaded photos."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageFilter

from colorcore import Palette
from colorfiles.photos import ReadSettings, UnreadableImage, read_image
from colorunet.batch.images import GrayImage, read_gray
from colorunet.coloring.colorizer import Colorizer
from colorunet.coloring.composing import ColoredImage, in_8_bits
from colorunet.coloring.confidence import confidence
from colorunet.coloring.decoding import Decoding
from colorunet.coloring.options import PredictionOptions
from colorunet.coloring.steering.reference import Reference, referred
from colorunet.coloring.steering.seen_photo import SeenPhoto
from colorunet.coloring.steering.steer import (
    HintField,
    Steering,
    hint_field,
    hinted_uv,
    referred_logits,
)
from colorunet.coloring.steering.versions import Version
from colorunet.coloring.toning import Toning, as_vivid
from colorunet.errors import ColorunetError, UnusableImage
from colorunet.evidence.mark import Mark, today
from colorunet.evidence.sureness import png_of_confidence
from colorunet.page.hot_photos import HotPhotos
from colorunet.page.image_files import ImageFile, colored_file, preview_file
from colorunet.page.limits import Limits
from colorunet.page.look import Look
from colorunet.page.preview_planes import halved, rgb_in_8_bits
from colorunet.page.records import PageRecord
from colorunet.page.refusal import Refusal
from colorunet.page.store import KeptPhoto


class PhotoColoring:
    """Colours uploaded photos with one network.

    Previews are decoded from means of 2 × 2 logits: a quarter of the time, with colours a sixth of
    a level from those of the file on average. One thread makes all previews.

    Args:
        colorizer: what gives the colours.
        meta: of its run.
        limits: on pixels.
        mark: of AI, written into each file with its own date; None writes none.
    """

    def __init__(
        self,
        colorizer: Colorizer,
        meta: Mapping[str, Any],
        limits: Limits,
        mark: Mark | None = None,
    ) -> None:
        self.colorizer = colorizer
        self._meta = meta
        self._limits = limits
        self._mark = mark
        self._reading = ReadSettings(max_bytes=4 * limits.pixels, metadata=True)
        self._hot = HotPhotos()

    def opened(self, name: str, data: bytes) -> KeptPhoto:
        """Read an uploaded photo and run the network on it.

        Raises:
            Refusal: it can't be used.
        """
        gray = self._read(data, colors=True)
        luma = in_8_bits(gray.luma)
        seen = self.colorizer.see(luma)
        return KeptPhoto(
            name=name,
            data=data,
            size=seen.size,
            luma=self._shrunk(luma),
            alpha=None if gray.alpha is None else self._shrunk(in_8_bits(gray.alpha)),
            own=None if gray.own is None else self._shrunk(rgb_in_8_bits(gray.own)),
            seen_luma=seen.luma,
            logits=seen.logits.astype(np.float16),
            few_logits=halved(seen.logits).astype(np.float16),
            notes=gray.notes,
        )

    def preview(self, photo: KeptPhoto, look: Look) -> ImageFile:
        """Return the page's picture of a photo with a look.

        Raises:
            Refusal: a hint lies outside the photo.
        """
        field = self._preview_field(photo, look)
        logits, palette = self._few_logits(photo)
        uv = self._chroma(logits, palette, look, field=field, version=self._version(photo, look))
        own = photo.own if look.strength < 1 else None
        image = ColoredImage(photo.luma, uv, photo.alpha, own=own, strength=look.strength)
        return preview_file(Image.fromarray(np.concatenate(list(image.bands()))))

    def refer(self, photo: KeptPhoto, data: bytes | None) -> None:
        """Set another photo as the reference of a kept one; None removes it.

        Raises:
            Refusal: the other photo can't be read, or is gray.
        """
        photo.versions = ()
        if data is None:
            photo.reference = None
            return
        reference = self._reference(data)
        logits, palette = referred(self._hot.seen(photo), self.colorizer.palette, reference)
        photo.reference = reference, halved(logits).astype(np.float16), palette

    def _reference(self, data: bytes) -> Reference:
        try:
            rgb = read_image(io.BytesIO(data), self._reading).pixels.rgb()
            return Reference.of(rgb, sha256=hashlib.sha256(data).hexdigest())
        except UnreadableImage as error:
            raise Refusal(415, f"not a photo that can be used ({error.reason})") from None
        except ColorunetError as error:
            raise Refusal(415, str(error)) from None

    def gray(self, photo: KeptPhoto) -> ImageFile:
        """Return the photo as the network sees it, at the preview's size."""
        image = Image.fromarray(photo.luma)
        if photo.alpha is not None:
            image = Image.merge("LA", (image, Image.fromarray(photo.alpha)))
        return preview_file(image)

    def confidence(self, photo: KeptPhoto) -> ImageFile:
        """Return the network's confidence in each pixel as gray: white is certain."""
        logits, palette = self._few_logits(photo)
        levels = np.rint(confidence(logits, palette, self.colorizer.decoding) * 255)
        height, width = photo.luma.shape
        small = Image.fromarray(levels.astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
        return preview_file(small.resize((width, height), Image.Resampling.BICUBIC), lossless=True)

    def file(self, photo: KeptPhoto, look: Look, *, recorded: bool = False) -> ImageFile:
        """Return a kept photo in colour at its own size and in its format.

        Args:
            photo: as it is kept.
            look: how it is to look.
            recorded: with the record that an archive has beside it.

        Raises:
            Refusal: it can't be read or written.
        """
        gray = self._read(photo.data, colors=look.strength < 1)
        seen = self.colorizer.see(gray.luma)
        field = _field(seen, look)
        logits, palette = referred_logits(seen, self.colorizer.palette, _steering(photo))
        uv = self._chroma(logits, palette, look, field=field, version=self._version(photo, look))
        image = gray.colored(uv, look.strength, look.hints)
        file = colored_file(photo.name, photo.data, image, mark=self._dated(), notes=photo.notes)
        if not recorded:
            return file
        sure = png_of_confidence(confidence(logits, palette, self.colorizer.decoding))
        original, sha256 = (photo.name, photo.data), photo.reference_sha256
        return self._recorded(file, original, image, look=look, sureness=sure, reference=sha256)

    def files(self, name: str, data: bytes, look: Look, versions: int = 1) -> list[ImageFile]:
        """Return a photo in colour, or several versions of it, as ``colorunet`` writes them.

        Raises:
            Refusal: it can't be read or written, or a hint lies outside.
        """
        gray = self._read(data, colors=look.strength < 1)
        seen = self.colorizer.see(gray.luma)
        if versions == 1:
            uvs = [
                self._chroma(seen.logits, self.colorizer.palette, look, field=_field(seen, look))
            ]
        else:
            drawn = self.colorizer.versions(
                seen,
                versions,
                Steering(look.hints),
                decoding=self._decoding(look),
                toning=Toning(look.warmth),
            )
            uvs = [version.uv for version in drawn]
        made = []
        for number, uv in enumerate(uvs, start=1):
            image, version = gray.colored(uv, look.strength, look.hints), number * (versions > 1)
            file = colored_file(name, data, image, version, mark=self._dated(), notes=gray.notes)
            if version:
                sure = confidence(seen.logits, self.colorizer.palette, self.colorizer.decoding)
                file = self._recorded(
                    file,
                    (name, data),
                    image,
                    look=look,
                    sureness=png_of_confidence(sure),
                    version=version,
                )
            made.append(file)
        return made

    def _recorded(
        self,
        file: ImageFile,
        original: tuple[str, bytes],
        image: ColoredImage,
        *,
        look: Look,
        sureness: bytes,
        version: int = 0,
        reference: str = "",
    ) -> ImageFile:
        """Return a file with its record and, where needed, an XMP sidecar."""
        mark = self._dated()
        if mark is None:
            return file
        record = PageRecord(mark, self.colorizer, self._decoding(look), look, version, reference)
        xmp = image.metadata.xmp
        return replace(
            file,
            beside=lambda free: record.files(
                free, file, original, size=image.size, sureness=sureness, xmp=xmp
            ),
        )

    def _dated(self) -> Mark | None:
        return None if self._mark is None else replace(self._mark, day=today())

    def _read(self, data: bytes, *, colors: bool) -> GrayImage:
        try:
            return read_gray(data, self._reading, bits=None, colors=colors)
        except UnusableImage as unusable:
            status = 413 if str(unusable).startswith("too many pixels") else 415
            raise Refusal(status, f"not a photo that can be used ({unusable})") from None

    def _version(self, photo: KeptPhoto, look: Look) -> Version | None:
        """Return the version of a photo that a look selects; all are drawn once, without dials."""
        if not look.version:
            return None
        if not photo.versions:
            drawn = self.colorizer.versions(
                self._hot.seen(photo), self._limits.page_versions, _steering(photo)
            )
            photo.versions = tuple(drawn)
        return photo.versions[look.version]

    def _few_logits(self, photo: KeptPhoto) -> tuple[Float32[np.ndarray, "h w n"], Palette]:
        if photo.reference is None:
            return photo.few_logits.astype(np.float32), self.colorizer.palette
        return photo.reference[1].astype(np.float32), photo.reference[2]

    def _preview_field(self, photo: KeptPhoto, look: Look) -> HintField | None:
        if not look.hints:
            return None
        if photo.hinted is None or photo.hinted[0] != look.hints:
            field = _field(self._hot.seen(photo), look)
            assert field is not None
            small = HintField(halved(field.weight[..., None])[..., 0], halved(field.uv))
            photo.hinted = look.hints, small
        return photo.hinted[1]

    def _decoding(self, look: Look) -> Decoding:
        options = PredictionOptions(saturation=look.saturation, caution=look.caution)
        if look.vividness is not None:
            options = as_vivid(options, self._meta, look.vividness)
        return options.decoding(self._meta)

    def _chroma(
        self,
        logits: Float32[np.ndarray, "h w n"],
        palette: Palette,
        look: Look,
        *,
        field: HintField | None,
        version: Version | None = None,
    ) -> Float32[np.ndarray, "h w 2"]:
        decoding, toning = self._decoding(look), Toning(look.warmth)
        return hinted_uv(logits, field, palette, decoding, toning, version=version)

    def _shrunk(self, levels: UInt8[np.ndarray, "h w *c"]) -> UInt8[np.ndarray, "ph pw *c"]:
        scale = min(1.0, self._limits.preview_px / max(levels.shape[:2]))
        size = (max(1, round(levels.shape[1] * scale)), max(1, round(levels.shape[0] * scale)))
        return np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.BICUBIC))


def _steering(photo: KeptPhoto) -> Steering:
    return Steering(reference=None if photo.reference is None else photo.reference[0])


def _field(seen: SeenPhoto, look: Look) -> HintField | None:
    try:
        return hint_field(seen, look.hints) if look.hints else None
    except ColorunetError as error:
        raise Refusal(400, f"hints: {error}") from None
