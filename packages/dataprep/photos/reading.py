"""Reading the manifest of a photo folder, local or at an address."""

from pathlib import Path

from colorfiles.storage import Storage
from dataprep.errors import DataprepError
from dataprep.photos.folder import MANIFEST, PhotoFolder
from dataprep.photos.rows import Photo, read_manifest


def kept_photos(address: str) -> list[Photo]:
    """Return the rows of kept photos, sorted by key.

    Raises:
        DataprepError: no photo folder is there, or it has no photo that was kept.
    """
    storage = Storage(address)
    if storage.local is not None:
        photos = PhotoFolder(Path(storage.local)).kept()
    else:
        if not storage.exists(MANIFEST):
            raise DataprepError(f"{address}: no {MANIFEST} there; copy a photo folder there first")
        with storage.open(MANIFEST) as file:
            rows = read_manifest(file, storage.at(MANIFEST))
            photos = sorted((p for p in rows if p.status == "kept"), key=lambda p: p.key)
    if not photos:
        raise DataprepError(f"{address}: the photo folder has no photo that was kept")
    return photos
