"""Days of logs that are too old to be kept, and dropping them from the lake.

What belongs here: which tables age, and which of their days. What does not: how long logs are kept, which is in the
shop's file, and deleting files that went out of use (`Lake.unused_files`). Things as last known (products, users,
judgments), the vectors of texts, and rows without a time do not age.
"""

from collections.abc import Collection
from datetime import date, timedelta

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from resources.contracts import CONTRACTS
from resources.lake.delta_lake import UNDATED, Lake
from resources.tables import TABLES

__all__ = ["AGING", "drop_up_to", "last_old_day", "rows_up_to", "versions_without"]

_LOGS = tuple(name for name, contract in CONTRACTS.items() if not contract.is_state)
_LASTING = {"product_embeddings", *(name for name, contract in CONTRACTS.items() if contract.is_state)}
AGING = tuple(table for table in TABLES if table not in _LASTING)
"""Tables whose days are of interest for a while: logs, their quarantines, and what is derived of them."""


def last_old_day(lake: Lake, logs_days: int, today: date) -> str | None:
    """The newest day that is too old, where ``logs_days`` stay up to the newest day of any log, or ``today`` at most.

    So neither a clock that is wrong nor a pipeline that stood still for long costs a log its days. None where there
    is no log.
    """
    newest = max((day for log in _LOGS for day in lake.files(log).days if day != UNDATED), default=None)
    if newest is None:
        return None
    return str(min(date.fromisoformat(newest), today) - timedelta(days=logs_days))


def drop_up_to(lake: Lake, last: str) -> dict[str, int]:
    """Drop the days up to ``last`` from every table that ages, one commit each.

    The files stay until they have been out of use for as long as versions are kept.

    Returns:
        Table → rows that it had of these days, of those that had any.
    """
    dropped = rows_up_to(lake, last)
    for table in dropped:
        lake.delete_rows(table, f"day <= '{last}'")
    return dropped


def rows_up_to(lake: Lake, last: str) -> dict[str, int]:
    """Table → rows of the days up to ``last``, of those that age and have any."""
    counts = {table: lake.count(table, None, last) for table in AGING}
    return {table: count for table, count in counts.items() if count}


def versions_without(lake: Lake, table: str, versions: Collection[int], last: str) -> frozenset[int]:
    """Those of ``versions`` of ``table`` that have no file of a day up to ``last``, or cannot be told."""
    if table not in AGING:
        return frozenset(versions)
    return frozenset(version for version in versions if not _has_day(lake, table, version, last))


def _has_day(lake: Lake, table: str, version: int, last: str) -> bool:
    try:
        delta = DeltaTable(lake.uri(table), version=version)
        return bool(delta.file_uris(file_pruning_predicate=f"day <= '{last}'"))
    except DeltaError:
        return False
