"""Licences of Flickr by id, short name and group."""

import re
from dataclasses import dataclass

from dataprep.errors import DataprepError

_CC = "https://creativecommons.org"


@dataclass(frozen=True)
class License:
    """One licence; ``short`` is what ``--license`` takes."""

    id: str
    short: str
    name: str
    url: str


# The live reply of flickr.photos.licenses.getInfo, 2025-06.
LICENSES = {
    license.id: license
    for license in (
        License("0", "all-rights-reserved", "All Rights Reserved", ""),
        License("1", "by-nc-sa-2.0", "CC BY-NC-SA 2.0", f"{_CC}/licenses/by-nc-sa/2.0/"),
        License("2", "by-nc-2.0", "CC BY-NC 2.0", f"{_CC}/licenses/by-nc/2.0/"),
        License("3", "by-nc-nd-2.0", "CC BY-NC-ND 2.0", f"{_CC}/licenses/by-nc-nd/2.0/"),
        License("4", "by-2.0", "CC BY 2.0", f"{_CC}/licenses/by/2.0/"),
        License("5", "by-sa-2.0", "CC BY-SA 2.0", f"{_CC}/licenses/by-sa/2.0/"),
        License("6", "by-nd-2.0", "CC BY-ND 2.0", f"{_CC}/licenses/by-nd/2.0/"),
        License(
            "7",
            "no-known-copyright",
            "No known copyright restrictions",
            "https://www.flickr.com/commons/usage/",
        ),
        License(
            "8",
            "us-government",
            "United States Government Work",
            "https://www.usa.gov/copyright.shtml",
        ),
        License("9", "cc0", "CC0 1.0", f"{_CC}/publicdomain/zero/1.0/"),
        License("10", "pdm", "Public Domain Mark 1.0", f"{_CC}/publicdomain/mark/1.0/"),
        License("11", "by-4.0", "CC BY 4.0", f"{_CC}/licenses/by/4.0/"),
        License("12", "by-sa-4.0", "CC BY-SA 4.0", f"{_CC}/licenses/by-sa/4.0/"),
        License("13", "by-nd-4.0", "CC BY-ND 4.0", f"{_CC}/licenses/by-nd/4.0/"),
        License("14", "by-nc-4.0", "CC BY-NC 4.0", f"{_CC}/licenses/by-nc/4.0/"),
        License("15", "by-nc-sa-4.0", "CC BY-NC-SA 4.0", f"{_CC}/licenses/by-nc-sa/4.0/"),
        License("16", "by-nc-nd-4.0", "CC BY-NC-ND 4.0", f"{_CC}/licenses/by-nc-nd/4.0/"),
    )
}

# All rights reserved and ND are in no group: training makes derivatives.
GROUPS = {
    "derivatives": ("1", "2", "4", "5", "7", "8", "9", "10", "11", "12", "14", "15"),
    "commercial": ("4", "5", "7", "8", "9", "10", "11", "12"),
    "public-domain": ("7", "8", "9", "10"),
}
DEFAULT = "derivatives"
_OTHER_NAMES = {
    "arr": "all-rights-reserved",
    "0": "all-rights-reserved",
    "cc-zero": "cc0",
    "cc0-1.0": "cc0",
    "zero": "cc0",
    "public-domain-mark": "pdm",
    "pdm-1.0": "pdm",
    "publicdomain": "public-domain",
    "no-known-copyright-restrictions": "no-known-copyright",
    "us-government-work": "us-government",
    "united-states-government-work": "us-government",
    "attribution": "by",
}


def license_ids(text: str) -> tuple[str, ...]:
    """Return the sorted ids of licences given by name or group, with commas between them.

    ``by`` means every version of BY, ``by-2.0`` or ``CC BY 2.0`` the one, ``4`` the id.

    Raises:
        DataprepError: a name is unknown.
    """
    ids: set[str] = set()
    for name in text.split(","):
        ids.update(_ids_of(name))
    return tuple(sorted(ids, key=int))


def _ids_of(name: str) -> tuple[str, ...]:
    key = re.sub(r"[\s_]+", "-", name.strip().lower()).removesuffix("-license")
    key = _OTHER_NAMES.get(key, key)
    if key in LICENSES:
        return (key,)
    if key in GROUPS:
        return GROUPS[key]
    key = _OTHER_NAMES.get(key.removeprefix("cc-"), key.removeprefix("cc-"))
    ids = tuple(
        license.id
        for license in LICENSES.values()
        if key in (license.short, re.sub(r"-\d\.\d$", "", license.short))
    )
    if not ids:
        names = sorted({re.sub(r"-\d\.\d$", "", license.short) for license in LICENSES.values()})
        raise DataprepError(
            f"licence {name.strip()!r}: not known; give a group ({', '.join(GROUPS)}) "
            f"or names of {', '.join(names)}"
        )
    return ids
