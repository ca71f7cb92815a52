"""From a source to the lake: rows that keep the contract to their table, the others to its quarantine.

A day is read whole and replaces what the lake held of it, so reading it again is idempotent, and repaired rows leave
the quarantine. A state table (products, users, judgments) is merged by key instead. Memory is bounded by
CHUNK_DAYS of rows.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from resources.contracts import Contract, Validated, validate
from resources.lake import UNDATED, Lake
from resources.sources import Source
from resources.tables import TABLES, quarantine_of

__all__ = ["CHUNK_DAYS", "Feedback", "Ingested", "ingest", "midnight"]

CHUNK_DAYS = 31
"""How many days are held in memory and written in one commit."""

Feedback = Callable[[datetime, datetime], pl.DataFrame]
"""Reads what serving recorded in a half-open window, with the contract's columns."""


@dataclass(slots=True)
class Ingested:
    """What one ingestion did."""

    rows: int = 0
    quarantined_dated: int = 0
    quarantined_undated: int = 0
    """Rows without a readable time: every window yields them again, so they are counted once."""
    rules: Counter[str] = field(default_factory=Counter)
    """How many rows broke each rule; a row may break several."""
    rows_by_day: dict[str, int] = field(default_factory=dict)
    version: int | None = None

    @property
    def quarantined(self) -> int:
        """How many rows broke the contract."""
        return self.quarantined_dated + self.quarantined_undated

    table_rows: int = 0
    """Rows of the whole table after the write."""
    is_state: bool = False

    @property
    def share_quarantined(self) -> float:
        """Largest share of rows that broke the contract: of those read and, for rows without a time, of the table.

        A state table is judged as a whole: a day may change three products of many thousand.
        """
        if self.is_state:
            return self.quarantined / max(self.table_rows + self.quarantined, 1)
        undated = self.quarantined_undated / max(self.table_rows + self.quarantined_undated, 1)
        return max(self.quarantined_dated / max(self.rows + self.quarantined_dated, 1), undated)


def midnight(day: date) -> datetime:
    """The instant at which ``day`` begins, in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)


def ingest(
    contract: Contract,
    *,
    lake: Lake,
    source: Source | None,
    feedback: Feedback | None,
    first: date,
    last: date,
    shop_first_day: date,
    progress: Callable[[str], None],
) -> Ingested:
    """Read the days ``first`` to ``last`` (inclusive) of one canonical table into the lake.

    Args:
        contract: The table.
        lake: Where to write.
        source: The shop's logs; none where the shop lacks the table.
        feedback: What serving recorded; none where it records nothing of the table.
        first: First day.
        last: Last day, inclusive.
        shop_first_day: On this day, and while it is empty, a state table is read from the beginning of time.
        progress: Called with a line of text after each chunk.
    """
    report = Ingested(is_state=contract.is_state)
    start = first
    while start <= last:
        end = min(start + timedelta(days=CHUNK_DAYS), last + timedelta(days=1))
        origin_of_time = contract.is_state and (start <= shop_first_day or not lake.count(contract.name))
        window = (None if origin_of_time else midnight(start), midnight(end))
        validated = [
            validate(contract, frame, origin=origin)
            for origin, frame in _read(contract, source, feedback, window, midnight(start))
        ]
        _write(contract, lake, validated, start, end - timedelta(days=1), report)
        progress(f"{contract.name}: {start} to {end - timedelta(days=1)} read, {report.rows:,} rows so far")
        start = end
    report.table_rows = lake.count(contract.name)
    return report


def _read(
    contract: Contract,
    source: Source | None,
    feedback: Feedback | None,
    window: tuple[datetime | None, datetime],
    start: datetime,
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield (origin, rows) of the window; a source's frames are joined so that repeated keys are seen."""
    if source is not None:
        frames = list(source.read(contract.name, *window))
        if frames:
            yield source.describe(contract.name), pl.concat(frames, how="vertical_relaxed")
    if feedback is not None:
        recorded = feedback(start, window[1])
        if recorded.height:
            yield "feedback", recorded


def _write(
    contract: Contract, lake: Lake, validated: list[Validated], first: date, last: date, report: Ingested
) -> None:
    """Write one chunk's rows and quarantine, and add them to the report."""
    day = pl.col(contract.time).dt.strftime("%Y-%m-%d").alias("day")
    rows = pl.concat([contract.empty(), *(v.rows for v in validated)]).with_columns(day)
    rows = rows.unique([*contract.key, "day"], keep="first", maintain_order=True).select(list(TABLES[contract.name]))
    if contract.is_state:
        report.version = lake.merge(contract.name, rows, contract.key)
    else:
        report.version = lake.replace_partition(contract.name, rows, str(first), str(last))
    quarantine = quarantine_of(contract.name)
    broken = pl.concat([pl.DataFrame(schema=_without_day(TABLES[quarantine])), *(v.quarantined for v in validated)])
    # A state from before the shop's first day is read with that day, and quarantined with it.
    clipped = pl.max_horizontal(pl.col("ts").dt.strftime("%Y-%m-%d"), pl.lit(str(first)))
    dated = pl.when(pl.col("ts").is_null()).then(pl.lit(UNDATED)).otherwise(clipped).alias("day")
    broken = broken.with_columns(dated).select(list(TABLES[quarantine]))
    lake.replace_partition(quarantine, broken, str(first), str(last), undated=True)
    report.rows += rows.height
    undated = broken["day"] == UNDATED
    report.quarantined_undated = int(undated.sum())
    report.quarantined_dated += broken.height - report.quarantined_undated
    report.rules.update(broken.filter(~undated)["rules"].explode().drop_nulls().to_list())
    if report.quarantined_undated:
        report.rules[f"{contract.time} is missing or no time"] = report.quarantined_undated
    for name, count in rows.group_by("day").len().sort("day").iter_rows():
        report.rows_by_day[name] = report.rows_by_day.get(name, 0) + count


def _without_day(schema: Mapping[str, pl.DataType]) -> dict[str, pl.DataType]:
    return {name: dtype for name, dtype in schema.items() if name != "day"}
