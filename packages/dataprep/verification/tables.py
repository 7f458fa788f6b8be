"""Checks of a shard's parquet: the place of each view and the provenance of its photo."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

import pyarrow as pa

from dataprep.photos.copy_prints import COPY_PRINT
from dataprep.photos.rows import OPTIONAL
from dataprep.shards.views import MAX_ELONGATION, View, ViewSettings, plan_views
from dataprep.shards.writer import TABLE_SCHEMA

_HASHES = {"sha256": re.compile(r"[0-9a-f]{64}"), "perceptual_hash": re.compile(r"[0-9a-f]{16}")}
_OF_A_VIEW = {f.name for f in fields(View)} | {"sample_key"}
_OF_A_PHOTO = [name for name in TABLE_SCHEMA.names if name not in _OF_A_VIEW]


def schema_faults(table: pa.Table) -> Iterator[str]:
    """Yield missing columns, and columns of another type."""
    for column in TABLE_SCHEMA:
        if column.name not in table.schema.names:
            if column.name in OPTIONAL:
                continue
            yield f"the column {column.name} is missing"
        elif table.schema.field(column.name).type != column.type:
            kind = table.schema.field(column.name).type
            yield f"the column {column.name}: expected {column.type}, found {kind}"


def view_of(row: Mapping[str, Any]) -> View:
    """Return the view that a row describes."""
    return View(**{f.name: row[f.name] for f in fields(View)})


def row_faults(row: Mapping[str, Any], split: str, settings: ViewSettings) -> Iterator[str]:
    """Yield the faults of one row.

    A view follows from the photo's key, its resized shape and the settings, so it is planned again.
    """
    absent = [name for name in TABLE_SCHEMA.names if row.get(name, "") is None]
    if absent:
        yield f"no value for {', '.join(absent)}"
        return
    if row["sample_key"] != f"{row['photo_key']}-v{row['view']}":
        yield f"its photo is {row['photo_key']} and its view {row['view']}: the key says another"
    if row["split"] != split:
        yield f"its split is {row['split']!r} in a shard of {split}"
    for name, pattern in _HASHES.items():
        if not pattern.fullmatch(row[name]):
            yield f"{name}: {row[name]!r:.80} isn't one"
    if (print_ := row.get("copy_print", "")) and not COPY_PRINT.fullmatch(print_):
        yield f"copy_print: {print_!r:.80} isn't one"
    resized = (row["resized_width"], row["resized_height"])
    if min(resized) != settings.size or max(resized) > (MAX_ELONGATION + 1) * settings.size:
        yield f"resized to {resized[0]} x {resized[1]}: expected {settings.size} at the short edge"
        return
    planned = plan_views(row["photo_key"], split, resized, settings)
    if not 0 <= row["view"] < len(planned):
        yield f"view {row['view']}: expected 0 to {len(planned) - 1}"
        return
    found, expected = asdict(view_of(row)), asdict(planned[row["view"]])
    for name, value in expected.items():
        if found[name] != value:
            yield f"{name}: expected {value} for this view, found {found[name]}"


def photo_fields(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the fields that all views of a photo share."""
    return tuple(row.get(name, "") for name in _OF_A_PHOTO)
