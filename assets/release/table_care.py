"""The weekly care of tables: old days of logs go, small files become few, files of old versions are deleted.

What belongs here: what is done, in which order, and what is said of it. What does not: how (`resources.lake`), and what
models and releases go (`assets.release.retention`), which an operator deletes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import dagster as dg

from assets.release.retention import used_tables
from resources.lake import Lake
from resources.lake.aging import drop_up_to, last_old_day
from resources.lake.compaction import Compacted, compact
from resources.registry import Registry
from resources.shop import Retention, Shop
from resources.tables import TABLES

__all__ = ["Cared", "care_for_tables", "table_care_job"]


@dataclass(slots=True)
class Cared:
    """What was done, table by table."""

    last_day: str | None = None
    """The newest day that is too old; none where all are kept."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Rows of days that were too old."""
    compacted: dict[str, Compacted] = field(default_factory=dict)
    """Files before and after, where there are fewer now."""
    deleted: dict[str, int] = field(default_factory=dict)
    """Files that no version which is kept needs."""
    left: dict[str, str] = field(default_factory=dict)
    """Why a table was left as it was; the others were cared for."""


def care_for_tables(lake: Lake, registry: Registry, retention: Retention, *, today: date) -> Cared:
    """Drop days beyond ``logs_days``, compact every table, and delete files of versions beyond ``versions_days``.

    Files that a release in use was made from stay, but where they hold days that are too old.

    Raises:
        RegistryError: If it cannot be told what the releases in use were made from.
    """
    cared = Cared()
    if retention.logs_days is not None:
        cared.last_day = last_old_day(lake, retention.logs_days, today)
    if cared.last_day is not None:
        cared.dropped = drop_up_to(lake, cared.last_day)
    used = used_tables(lake, registry, registry.needed(), cared.last_day)
    for table in TABLES:
        try:
            files = compact(lake, table)
            if files is None:
                cared.left[table] = "other writers were always faster than its compaction"
            elif files.after < files.before:
                cared.compacted[table] = files
            unused = lake.unused_files(table, retention.versions_days, used.get(table, frozenset()), delete=True)
        except ValueError as reason:  # such as a log that Delta has cleaned up: other tables need not wait for it
            cared.left[table] = str(reason)
            continue
        if unused:
            cared.deleted[table] = len(unused)
    return cared


@dg.op(
    name="care_for_tables",
    description="Drops days of logs that are too old, joins small files, deletes those that no version needs.",
    tags={"kind": "deltalake"},
)
def _care_op(
    context: dg.OpExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    registry: dg.ResourceParam[Registry],
) -> None:
    cared = care_for_tables(lake, registry, shop.retention, today=datetime.now(UTC).date())
    context.add_output_metadata(
        {
            "dropped_up_to": cared.last_day or "nothing: shop.toml says no [retention] logs_days",
            "rows_dropped": dict(cared.dropped),
            "files_before_and_after": {table: list(files) for table, files in cared.compacted.items()},
            "files_deleted": cared.deleted,
            "left_as_they_were": cared.left,
        }
    )
    for table, reason in cared.left.items():
        context.log.warning(f"{table} was left as it was: {reason}")


@dg.job(name="table_care", description="The weekly care of tables, for lakes that grow for years.")
def table_care_job() -> None:
    """One step: it begins anew where a kill has cut it off."""
    _care_op()
