"""Reading Parquet from outside: types and sizes are held to limits before rows are made of it."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

_MOST_ROWS = 20_000_000
_MOST_BYTES = 8 << 30  # unpacked, as the file tells
_MOST_IN_A_BATCH = 256 << 20
_ROWS_AT_ONCE = 1_000


def read_table(file: BinaryIO, columns: list[str] | None = None) -> pa.Table:
    """Return a table, or some of its columns; ValueError where it is beyond the limits.

    Raises:
        ValueError, pa.ArrowException, OSError: it can't be read.
    """
    opened = _opened(file)
    batches = list(_batches(opened, columns))
    schema = batches[0].schema if batches else opened.schema_arrow
    return pa.Table.from_batches(batches, schema)


def read_rows(file: BinaryIO, schema: pa.Schema) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table that has the columns of ``schema``, others left out.

    Of what type their values are is for the caller to check.

    Raises:
        ValueError, pa.ArrowException, OSError: it hasn't, or can't be read.
    """
    opened = _opened(file)
    present = opened.schema_arrow
    for column in schema:
        if column.name not in present.names:
            raise ValueError(f"the column {column.name} is missing")
    for batch in _batches(opened, schema.names):
        yield from batch.to_pylist()


def _opened(file: BinaryIO) -> pq.ParquetFile:
    opened = pq.ParquetFile(file)
    facts = opened.metadata
    groups = [facts.row_group(n).total_byte_size for n in range(facts.num_row_groups)]
    unpacked = sum(groups)
    if (
        facts.num_rows > _MOST_ROWS
        or unpacked > _MOST_BYTES
        or max(groups, default=0) > _MOST_IN_A_BATCH
    ):
        raise ValueError(f"{facts.num_rows:,} rows of {unpacked:,} bytes: too large")
    if len(set(opened.schema_arrow.names)) != len(opened.schema_arrow.names):
        raise ValueError("two columns of one name")
    return opened


def _batches(opened: pq.ParquetFile, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
    # One value of a dictionary may stand in every row: what a group holds once, a batch holds as
    # often as it has rows.
    facts = opened.metadata
    groups = (facts.row_group(n).total_byte_size for n in range(facts.num_row_groups))
    rows = max(1, min(_ROWS_AT_ONCE, _MOST_IN_A_BATCH // max(1, *groups)))
    for batch in opened.iter_batches(rows, columns=columns):
        if batch.nbytes > _MOST_IN_A_BATCH:
            raise ValueError(f"{batch.num_rows:,} rows of {batch.nbytes:,} bytes: too large")
        yield batch
