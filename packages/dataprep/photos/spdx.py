"""Licences as SPDX identifiers, from their addresses and names."""

import re

from dataprep.photos.folder import slug

__all__ = ["NO_ASSERTION", "spdx_id", "spdx_url"]

NO_ASSERTION = "NOASSERTION"  # SPDX's value for a licence that isn't stated
_SITE = r"https?://(?:www\.)?creativecommons\.org"
_CREATIVE_COMMONS = re.compile(
    rf"{_SITE}/licenses/(by(?:-nc)?(?:-nd|-sa)?)/(\d\.\d)(?:/|$)", re.IGNORECASE
)
_PUBLIC_DOMAIN = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}
_PUBLIC_DOMAIN_URL = re.compile(rf"{_SITE}/publicdomain/(zero|mark)/1\.0(?:/|$)", re.IGNORECASE)
_NAME = re.compile(r"cc[ -](by(?:-nc)?(?:-nd|-sa)?)[ -](\d\.\d)$", re.IGNORECASE)
_NAMES = {"cc0": "CC0-1.0", "cc0-1.0": "CC0-1.0", "public-domain-mark-1.0": "CC-PDM-1.0"}


def spdx_id(name: str, url: str = "") -> str:
    """Return the SPDX identifier of a licence.

    Creative Commons licences and public domain marks have one of SPDX's list; any other licence
    gets a ``LicenseRef-`` of its name, as SPDX has it for those that it doesn't list.
    """
    for pattern, text in ((_CREATIVE_COMMONS, url), (_NAME, name)):
        if found := pattern.match(text.strip()):
            return f"CC-{found[1].upper()}-{found[2]}"
    if found := _PUBLIC_DOMAIN_URL.match(url.strip()):
        return _PUBLIC_DOMAIN[found[1].lower()]
    plain = name.strip().lower().replace(" ", "-")
    if plain in _NAMES:
        return _NAMES[plain]
    if not (name.strip() or url.strip()):
        return NO_ASSERTION
    return f"LicenseRef-{slug(name or url, 60) or 'other'}"


def spdx_url(identifier: str) -> str:
    """Return the page of a licence in SPDX's list; "" for one that isn't in it."""
    if identifier == NO_ASSERTION or identifier.startswith("LicenseRef-"):
        return ""
    return f"https://spdx.org/licenses/{identifier}.html"
