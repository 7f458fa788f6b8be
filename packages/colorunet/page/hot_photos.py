"""Cache of path distances in the photos with the latest hints."""

import weakref
from collections import OrderedDict
from threading import RLock

import numpy as np

from colorunet.coloring.steering.seen_photo import SeenPhoto
from colorunet.page.store import KeptPhoto

_MOST_BYTES = 48 << 20  # of logits


class HotPhotos:
    """Least-recently-used cache of ``SeenPhoto``."""

    def __init__(self) -> None:
        self._photos: OrderedDict[str, SeenPhoto] = OrderedDict()
        self._lock = RLock()  # a photo may be forgotten by the very thread that holds it

    def seen(self, photo: KeptPhoto) -> SeenPhoto:
        """Return the logits of a kept photo, with cached distances if it was used lately."""
        with self._lock:
            seen = self._photos.pop(photo.id, None)
            if seen is None:
                seen = SeenPhoto(photo.logits.astype(np.float32), photo.seen_luma, photo.size)
                weakref.finalize(photo, self._forget, photo.id)
            self._photos[photo.id] = seen
            while len(self._photos) > 1 and self._bytes() > _MOST_BYTES:
                self._photos.popitem(last=False)
            return seen

    def _bytes(self) -> int:
        return sum(seen.logits.nbytes for seen in list(self._photos.values()))

    def _forget(self, photo_id: str) -> None:
        with self._lock:
            self._photos.pop(photo_id, None)
