"""Tables that an earlier version of Upshelf wrote: whole-number columns become floats where fractions are kept now.

What belongs here: one commit that rewrites a table's files. Delta itself would write 0.35 into a column of whole
numbers as 0, without a word. What does not: reading such a table as it is (`resources.lake`).
"""

import json
import time
from collections.abc import Mapping
from uuid import uuid4

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Field, Schema
from deltalake.exceptions import CommitFailedError
from deltalake.fs import DeltaStorageHandler
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction
from pyarrow.fs import PyFileSystem

__all__ = ["widen"]

_WHOLE = [PrimitiveType(name) for name in ("byte", "short", "integer", "long")]
_DOUBLE = PrimitiveType("double")


def widen(delta: DeltaTable, columns: Mapping[str, pl.DataType]) -> int:
    """Make floats of the whole-number columns of ``delta`` that are floats in ``columns``; none: nothing is written.

    All files are rewritten, one in memory at a time, in one commit: until then, and where the process is killed,
    the table is as it was. Earlier versions stay readable.

    Returns:
        The version that has the floats.

    Raises:
        CommitFailedError: If another process changed the table meanwhile, other than by doing the same.
    """
    narrow = _narrow(delta, columns)
    if not narrow:
        return int(delta.version())
    files, partition_by = PyFileSystem(DeltaStorageHandler(delta.table_uri)), delta.metadata().partition_columns
    actions = pl.DataFrame(delta.get_add_actions(flatten=True))
    partitions = actions.select(pl.col(f"partition.{name}").alias(name) for name in partition_by)
    rewritten = [
        _rewritten(files, path, values, narrow)
        for path, values in zip(actions["path"], partitions.iter_rows(named=True), strict=True)
    ]
    fields = [
        Field(of.name, _DOUBLE if of.name in narrow else of.type, nullable=of.nullable, metadata=of.metadata)
        for of in delta.schema().fields
    ]
    try:
        delta.create_write_transaction(rewritten, "overwrite", Schema(fields), partition_by)
    except CommitFailedError:
        if _narrow(DeltaTable(delta.table_uri), columns):
            raise
    return int(DeltaTable(delta.table_uri).version())


def _narrow(delta: DeltaTable, columns: Mapping[str, pl.DataType]) -> set[str]:
    """Names of the columns that are whole numbers in ``delta`` and floats in ``columns``."""
    fields = delta.schema().fields
    return {of.name for of in fields if of.type in _WHOLE and columns.get(of.name) == pl.Float64}


def _rewritten(files: PyFileSystem, path: str, values: Mapping[str, str | None], narrow: set[str]) -> AddAction:
    """Write the rows of the file ``path`` beside it with floats; ``values`` are those of its partition."""
    with files.open_input_file(path) as stored:
        rows = pq.ParquetFile(stored).read()
    rows = rows.cast(
        pa.schema([field.with_type(pa.float64()) if field.name in narrow else field for field in rows.schema])
    )
    target = f"{path.rpartition('/')[0]}/part-{uuid4()}.parquet"
    pq.write_table(rows, target, filesystem=files)
    return AddAction(
        path=target,
        size=files.get_file_info(target).size,
        partition_values=values,
        modification_time=time.time_ns() // 1_000_000,
        data_change=True,
        stats=json.dumps({"numRecords": rows.num_rows}),
    )
