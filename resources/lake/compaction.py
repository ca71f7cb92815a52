"""Fewer and larger files of a table: what is in it stays the same.

What belongs here: Delta's compaction beside writers. What does not: deleting the files that it replaces
(`Lake.unused_files`), which stay for as long as an earlier version may be restored.
"""

from typing import NamedTuple

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from resources.lake.conflicts import again_on_conflict
from resources.lake.delta_lake import Lake

__all__ = ["Compacted", "compact"]

_TASKS = 1
"""Files that are written at once: memory counts more than time."""


class Compacted(NamedTuple):
    """Files of the newest version of a table, before and after."""

    before: int
    after: int


def compact(lake: Lake, table: str) -> Compacted | None:
    """Join the small files of each day of ``table`` in one commit; none where other writers were always faster.

    A writer whose day is being compacted is not held up: the one whose commit is refused begins anew.

    Raises:
        ValueError: If the table or one of its files cannot be read.
    """
    files = lake.files(table)
    if files.version is None:
        return Compacted(0, 0)
    try:
        again_on_conflict(lambda: DeltaTable(lake.uri(table)).optimize.compact(max_concurrent_tasks=_TASKS))
    except CommitFailedError:
        return None
    except DeltaError as error:
        raise ValueError(f"{table} cannot be compacted: {error}") from error
    return Compacted(len(files.uris), len(lake.files(table).uris))
