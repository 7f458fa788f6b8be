"""Photos from an incomplete archive, replaced when a complete one is read."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from colorfiles.files import discard, write_atomically
from colorfiles.outside.documents import parse_json, text
from colorfiles.outside.files import read_regular
from dataprep.errors import DataprepError
from dataprep.photos.folder import PhotoFolder
from dataprep.photos.rows import Photo

_NAME = ".sun-provisional.json"
_MOST_BYTES = 16 << 20
SUPERSEDED = "superseded: the whole archive had others to draw"


class Provisional:
    """Keys of photos from an incomplete stream, in a file beside the manifest."""

    def __init__(self, root: Path) -> None:
        self._path = root / _NAME
        self._keys: set[str] = set()
        if self._path.exists():
            try:
                keys = parse_json(read_regular(self._path, most=_MOST_BYTES, within=root))
                if not isinstance(keys, list):
                    raise ValueError("expected a list of keys")
                self._keys = {text(key, "key") for key in keys}
            except (OSError, ValueError) as error:
                raise DataprepError(f"{self._path}: {error}; delete it") from None

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def note(self, keys: Iterable[str]) -> None:
        """Store keys before their photos are stored."""
        self._write(self._keys | set(keys))

    def settle(self, folder: PhotoFolder, drawn: set[str], *, classes: set[str]) -> Iterator[Photo]:
        """After a complete pass over ``classes``, yield rows that reject what it didn't draw."""
        left = set()
        for key in sorted(self._keys):
            photo = folder.get(key)
            if photo is not None and photo.class_name not in classes:
                left.add(key)
            elif photo is not None and photo.status == "kept" and key not in drawn:
                yield replace(photo, path="", status="rejected", reason=SUPERSEDED)
        self._write(left)

    def _write(self, keys: set[str]) -> None:
        if keys == self._keys:
            return
        self._keys = keys
        if keys:
            with write_atomically(self._path) as temporary:
                temporary.write_text(json.dumps(sorted(keys)), encoding="utf-8")
        else:
            discard(self._path)
