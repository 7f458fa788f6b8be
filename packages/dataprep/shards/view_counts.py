"""Number of views per photo, where a split file asks for fewer."""

import csv
import io
from pathlib import Path

from colorfiles.outside.files import read_text
from dataprep.errors import DataprepError

VARYING = "as the split file says"


def read_view_counts(path: Path, most: int) -> dict[str, int]:
    """Read the column ``views`` of a split file, by photo key; empty without one.

    Args:
        path: a CSV that ``read_split_file`` reads; where ``views`` is empty the photo has all.
        most: the views of a training photo; a photo can only have fewer.

    Raises:
        DataprepError: it can't be read, or a number isn't one from 1 to ``most``.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataprepError(f"{path}: not a CSV that can be read ({error})") from None
    counts = {}
    for row in rows:
        given = row.get("views") or ""
        if not given:
            continue
        if not (given.isdecimal() and len(given) < 9) or not 1 <= int(given) <= most:
            raise DataprepError(
                f"{path}: photo {row.get('key')}: expected 1 to {most} views, given {given!r:.40}"
            )
        counts[row.get("key") or ""] = int(given)
    return counts
