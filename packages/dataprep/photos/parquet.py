"""Untrusted Parquet files: sizes are checked before rows are read."""

from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_MOST_ROWS = 20_000_000  # bounds the memory; ImageNet has 1.3 million photos
_MOST_BYTES = 8 << 30  # uncompressed, as the file states
_MOST_IN_A_BATCH = 256 << 20  # bytes, unpacked
_ROWS_AT_ONCE = 1_000
_USUAL_ROW = 4096  # bytes of a row at most, on average, where there are many


def read_table(file: BinaryIO, columns: list[str] | None = None) -> pa.Table:
    """Return a table, or some of its columns; ValueError if it is beyond the limits.

    Raises:
        ValueError, pa.ArrowException, OSError: it can't be read.
    """
    opened = _opened(file)
    batches = list(_batches(opened, columns))
    schema = batches[0].schema if batches else opened.schema_arrow
    return pa.Table.from_batches(batches, schema)


def read_rows(
    file: BinaryIO, schema: pa.Schema, *, optional: Collection[str] = ()
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, without the columns that aren't in ``schema``.

    The caller checks the types of the values.

    Raises:
        ValueError, pa.ArrowException, OSError: a column that isn't ``optional`` is missing, or the
            file can't be read.
    """
    opened = _opened(file)
    present = opened.schema_arrow
    for column in schema:
        if column.name not in present.names and column.name not in optional:
            raise ValueError(f"the column {column.name} is missing")
    names = [name for name in schema.names if name in present.names]
    for batch in _batches(opened, names):
        yield from batch.to_pylist()


def _opened(file: BinaryIO) -> pq.ParquetFile:
    facts = pq.read_metadata(file)
    groups = [facts.row_group(n).total_byte_size for n in range(facts.num_row_groups)]
    unpacked = sum(groups)
    if facts.num_rows > _MOST_ROWS or unpacked > _MOST_BYTES:
        raise ValueError(f"{facts.num_rows:,} rows of {unpacked:,} bytes: too large")
    if max(groups, default=0) > _MOST_IN_A_BATCH:
        raise ValueError(f"a row group of {max(groups):,} bytes: too large; write smaller ones")
    columns = [facts.schema.column(n) for n in range(facts.num_columns)]
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    opened = pq.ParquetFile(file, metadata=facts, read_dictionary=texts)
    if len(set(opened.schema_arrow.names)) != len(opened.schema_arrow.names):
        raise ValueError("two columns of one name")
    return opened


def _batches(opened: pq.ParquetFile, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
    # A text may stand once in the file and in every row of it: batches come with each text once.
    rows = total = 0
    for batch in opened.iter_batches(_ROWS_AT_ONCE, columns=columns):
        unpacked = sum(_unpacked_bytes(column) for column in batch.columns)
        rows, total = rows + batch.num_rows, total + unpacked
        if unpacked > _MOST_IN_A_BATCH or total > _MOST_IN_A_BATCH + rows * _USUAL_ROW:
            raise ValueError(f"{rows:,} rows of {total:,} bytes: too large")
        yield pa.RecordBatch.from_arrays(
            [_with_texts(column) for column in batch.columns], batch.schema.names
        )


def _unpacked_bytes(column: pa.Array) -> int:
    """Return a column's bytes with a separate text for each row."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return _unpacked_bytes(column.flatten())
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary).take(column.indices)
    return int(pc.sum(lengths).as_py() or 0)


def _with_texts(column: pa.Array) -> pa.Array:
    """Return a column of dictionary indices as one of texts, lists of them likewise."""
    if pa.types.is_dictionary(column.type):
        return column.dictionary_decode()
    if pa.types.is_list(column.type) and pa.types.is_dictionary(column.type.value_type):
        return column.cast(pa.list_(column.type.value_type.value_type))
    return column
