"""How many views single photos get, where a split file says so: fewer of what there is much of."""

import csv
from pathlib import Path

from dataprep.errors import DataprepError

VARYING = "as the split file says"


def read_view_counts(path: Path, most: int) -> dict[str, int]:
    """Read the column ``views`` of a split file, by photo key; empty where there is no such column.

    Args:
        path: a CSV that ``read_split_file`` reads; where ``views`` is empty the photo has all.
        most: the views of a training photo; a photo can only have fewer.

    Raises:
        DataprepError: a number isn't one from 1 to ``most``.
    """
    counts = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            given = row.get("views") or ""
            if not given:
                continue
            if not given.isdecimal() or not 1 <= int(given) <= most:
                raise DataprepError(
                    f"{path}: photo {row['key']}: expected 1 to {most} views, given {given!r}"
                )
            counts[row["key"]] = int(given)
    return counts
