"""Names of photos on a page, instead of their keys."""

import re

_DIGEST = re.compile(r"-[0-9a-f]{10}$")
_SOURCES = {"folder": "", "sun": "SUN ", "flickr": "Flickr "}


def photo_name(key: str) -> str:
    """Return a readable name for the key of a sample or photo, without source, digest and view.

    ``folder-old-mill-310c5bf910-v2`` is "old mill", ``flickr-4711-v0`` "Flickr 4711".
    """
    photo = re.sub(r"-v\d+$", "", key)
    source, dash, rest = photo.partition("-")
    if not dash or source not in _SOURCES:
        return photo
    name = _DIGEST.sub("", rest).replace("-", " ").strip() or rest
    return _SOURCES[source] + name
