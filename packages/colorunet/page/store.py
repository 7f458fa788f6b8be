"""In-memory store of uploaded photos: bounded, with expiry."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float16, UInt8

from colorcore import Palette
from colorunet.coloring.steering.hints import Hint
from colorunet.coloring.steering.reference import Reference
from colorunet.coloring.steering.steer import HintField
from colorunet.coloring.steering.versions import Version
from colorunet.page.limits import Limits
from colorunet.page.refusal import Refusal

_LATER_BYTES = 4 << 20  # reserved for versions, hints and a reference, which are added on request


@dataclass(eq=False)
class KeptPhoto:
    """An uploaded photo, kept between requests.

    Args:
        name: that its file had, without a folder.
        data: the file.
        size: width and height, upright.
        luma: of the preview.
        alpha: of the preview, where the photo has some.
        seen_luma: at the network's working size.
        logits: likewise; half precision, whose steps are below those of colours.
        few_logits: means of two by two of them, which previews are decoded from.
        own: colours of the preview, where the photo has some.
        notes: what had to be assumed in reading it.
        versions: drawn for it, on the first request.
        reference: whose colours are a prior; with the logits for previews and the palette that it
            makes of this photo's.
        network: its name, "" for the default.
        hinted: the last hints and what they say at the preview's chroma size.
        id: random, so that it can't be guessed.
    """

    name: str
    data: bytes
    size: tuple[int, int]
    luma: UInt8[np.ndarray, "h w"]
    alpha: UInt8[np.ndarray, "h w"] | None
    seen_luma: UInt8[np.ndarray, "hw ww"]
    logits: Float16[np.ndarray, "hw ww n"]
    few_logits: Float16[np.ndarray, "hf wf n"]
    own: UInt8[np.ndarray, "h w 3"] | None = None
    notes: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    reference: tuple[Reference, Float16[np.ndarray, "hf wf n"], Palette] | None = None
    network: str = ""
    hinted: tuple[tuple[Hint, ...], HintField] | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def reference_sha256(self) -> str:
        """Digest of the photo whose colours are a prior; "" for none."""
        return "" if self.reference is None else self.reference[0].sha256

    @property
    def nbytes(self) -> int:
        """Upper bound on its memory."""
        arrays = [self.luma, self.seen_luma, self.logits, self.few_logits]
        arrays += [array for array in (self.alpha, self.own) if array is not None]
        return _LATER_BYTES + len(self.data) + sum(array.nbytes for array in arrays)


class PhotoStore:
    """Photos by id; beyond the limits the least recently used are deleted.

    Args:
        limits: on bytes and time.
        clock: seconds.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._photos: OrderedDict[str, tuple[KeptPhoto, float]] = OrderedDict()
        self.nbytes = 0

    def __len__(self) -> int:
        """Number of kept photos."""
        return len(self._photos)

    def add(self, photo: KeptPhoto) -> None:
        """Keep a photo."""
        self._photos[photo.id] = photo, self._clock()
        self.nbytes += photo.nbytes
        while self.nbytes > self._limits.kept_bytes and len(self._photos) > 1:
            self.remove(next(iter(self._photos)))
        self.forget_unused()

    def get(self, photo_id: str) -> KeptPhoto:
        """Return a photo and renew its expiry.

        Raises:
            Refusal: it isn't there, or no longer.
        """
        self.forget_unused()
        if photo_id not in self._photos:
            raise Refusal(404, "no such photo, or no longer: it was unused for long; send it again")
        photo, _ = self._photos.pop(photo_id)
        self._photos[photo_id] = photo, self._clock()
        return photo

    def remove(self, photo_id: str) -> None:
        """Delete a photo, if it is there."""
        if photo_id in self._photos:
            photo, _ = self._photos.pop(photo_id)
            self.nbytes -= photo.nbytes

    def forget_unused(self) -> None:
        """Delete photos that are unused for too long."""
        before = self._clock() - self._limits.kept_s
        while self._photos:
            photo_id, (_, used) = next(iter(self._photos.items()))
            if used >= before:
                return
            self.remove(photo_id)
