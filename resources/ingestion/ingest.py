"""From a source to the lake: rows that keep the contract to their table, the others to its quarantine.

A day is read whole and replaces what the lake held of it, so reading it again is idempotent, and repaired rows leave
the quarantine. A state table (products, users, judgments, banners) is merged by key instead. Memory is bounded by
CHUNK_DAYS of rows.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from resources.contracts import Contract, Validated, validate
from resources.ingestion.departures import departures
from resources.ingestion.ingested import Ingested, ShrinkGuard
from resources.ingestion.moved_rows import MOVED_DAYS, Moves, moves
from resources.ingestion.quarantine import of_files
from resources.lake import UNDATED, Lake
from resources.lake.erasure import without_users
from resources.sources import Source, read_whole
from resources.store.forgotten import Forgotten
from resources.tables import TABLES, quarantine_of

__all__ = ["CHUNK_DAYS", "Feedback", "ingest", "midnight"]

CHUNK_DAYS = 31
"""How many days are held in memory and written in one commit."""

DAY = timedelta(days=1)

Feedback = Callable[[datetime, datetime], pl.DataFrame]
"""Reads what serving recorded in a half-open window, with the contract's columns."""


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
    guard: ShrinkGuard | None = None,
    full: bool = False,
    forgotten: Forgotten | None = None,
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
        guard: Which days of a log may lose rows; none for all.
        full: Whether the source always holds every product; those that it lacks on ``last`` have then left the shop.
        forgotten: Users whose rows are left out, and so reach neither the table nor its quarantine.
    """
    report = Ingested(is_state=contract.is_state)
    start = first
    while start <= last:
        end = min(start + timedelta(days=CHUNK_DAYS), last + DAY)
        origin_of_time = contract.is_state and (start <= shop_first_day or not lake.count(contract.name))
        window = (None if origin_of_time else midnight(start), midnight(end))
        validated = [
            validate(contract, frame, origin=origin)
            for origin, frame in _read(contract, source, feedback, window, midnight(start), report)
        ]
        if forgotten:
            validated = [_left_out(contract, of, forgotten, report) for of in validated]
        if guard is not None:
            guard = replace(guard, is_whole=not report.left_out.files)
        _write(contract, lake, validated, start, end - timedelta(days=1), report, guard)
        progress(f"{contract.name}: {start} to {end - timedelta(days=1)} read, {report.rows:,} rows so far")
        start = end
    if full and source is not None:
        _follow_full_feed(contract, lake, source, last, report, guard or ShrinkGuard())
    report.table_rows = lake.count(contract.name)
    return report


def _read(
    contract: Contract,
    source: Source | None,
    feedback: Feedback | None,
    window: tuple[datetime | None, datetime],
    start: datetime,
    report: Ingested,
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield (origin, rows) of the window; a source's frames are joined so that repeated keys are seen."""
    if source is not None:
        frames = read_whole(source, contract.name, *window)
        report.left_out = source.left_out(contract.name)
        if frames:
            read = pl.concat(frames, how="vertical_relaxed")
            report.columns = {name: str(kind) for name, kind in read.schema.items() if " " not in name}
            yield source.describe(contract.name), read
    if feedback is not None:
        recorded = feedback(start, window[1])
        if recorded.height:
            yield "feedback", recorded


def _left_out(contract: Contract, read: Validated, forgotten: Forgotten, report: Ingested) -> Validated:
    """What was read, without the rows of these users."""
    rows = without_users(contract.name, read.rows, forgotten)
    quarantined = without_users(quarantine_of(contract.name), read.quarantined, forgotten)
    report.forgotten += read.rows.height - rows.height + read.quarantined.height - quarantined.height
    return Validated(rows, quarantined, read.emptied)


def _write(
    contract: Contract,
    lake: Lake,
    validated: list[Validated],
    first: date,
    last: date,
    report: Ingested,
    guard: ShrinkGuard | None,
) -> None:
    """Write one chunk's rows and quarantine, and add them to the report."""
    day = pl.col(contract.time).dt.strftime("%Y-%m-%d").alias("day")
    rows = pl.concat([contract.empty(), *(v.rows for v in validated)]).with_columns(day)
    rows = rows.unique([*contract.key, "day"], keep="first", maintain_order=True).select(list(TABLES[contract.name]))
    report.rows += rows.height
    if contract.is_state:
        report.version = lake.merge(contract.name, rows, contract.key)
    else:
        before = lake.read(contract.name, str(first), str(last)) if guard is not None else rows.clear()
        shrunk = {} if guard is None else guard.shrunk(before, rows)
        report.shrunk |= shrunk
        rows = pl.concat([rows.filter(~_of_days(shrunk)), before.filter(_of_days(shrunk)).select(rows.columns)])
        moving = None if guard is None else _moving(contract, lake, rows, first, last, guard)
        if moving is not None:
            rows = rows.join(moving.gone, on=[*contract.key, "day"], how="anti", maintain_order="left")
        report.version = lake.replace_partition(contract.name, rows, str(first), str(last))
        if moving is not None:
            _move(contract, lake, moving, first, last, report)
    quarantine = quarantine_of(contract.name)
    files = of_files(contract.name, report.left_out.files)
    broken = pl.concat([files, *(v.quarantined for v in validated)])
    # A state from before the shop's first day is read with that day, and quarantined with it.
    clipped = pl.max_horizontal(pl.col("ts").dt.strftime("%Y-%m-%d"), pl.lit(str(first)))
    dated = pl.when(pl.col("ts").is_null()).then(pl.lit(UNDATED)).otherwise(clipped).alias("day")
    broken = broken.with_columns(dated).select(list(TABLES[quarantine]))
    lake.replace_partition(quarantine, broken, str(first), str(last), undated=True)
    for of in validated:
        report.emptied.update(of.emptied)
    undated = broken["day"] == UNDATED
    report.quarantined_undated = int(undated.sum()) - files.height
    report.quarantined_dated += int((~undated).sum())
    report.rules.update(broken.filter(~undated)["rules"].explode().drop_nulls().to_list())
    if report.quarantined_undated:
        report.rules[f"{contract.time} is missing, no time, or out of range"] = report.quarantined_undated
    for name, count in rows.group_by("day").len().sort("day").iter_rows():
        report.rows_by_day[name] = report.rows_by_day.get(name, 0) + count


def _moving(contract: Contract, lake: Lake, rows: pl.DataFrame, first: date, last: date, guard: ShrinkGuard) -> Moves:
    """Which rows of ``first`` to ``last``, and of the days around, have another day now: a date was corrected."""
    around = (first - timedelta(days=MOVED_DAYS), first - DAY), (last + DAY, last + timedelta(days=MOVED_DAYS))
    keys, counts = rows.select(contract.key), dict(rows.group_by("day").len().iter_rows())
    held = [lake.having(contract.name, keys, str(since), str(until)) for since, until in around]

    def rows_of(day: str) -> int:
        return counts[day] if str(first) <= day <= str(last) else lake.count(contract.name, day, day)

    return moves(
        rows.select(*contract.key, "day"), pl.concat(held), last=last, rows_of=rows_of, may_lose=guard.may_lose
    )


def _move(contract: Contract, lake: Lake, moving: Moves, first: date, last: date, report: Ingested) -> None:
    """Take the rows that leave the days around ``first`` to ``last`` out of these."""
    for day in moving.moved:
        if not str(first) <= day <= str(last):
            after = lake.read(contract.name, day, day)
            after = after.join(moving.gone, on=[*contract.key, "day"], how="anti", maintain_order="left")
            report.version = lake.replace_partition(contract.name, after, day, day)
    report.shrunk |= moving.kept
    report.moved.update(moving.moved)


def _follow_full_feed(
    contract: Contract, lake: Lake, source: Source, last: date, report: Ingested, guard: ShrinkGuard
) -> None:
    """Let products leave that the feed lacks as of ``last``; if they are very many the feed is not believed.

    A feed says what is offered now, so a day that has others after it is left as it was; so is every day if a file of
    the feed cannot be read.
    """
    if lake.head(contract.name, str(last + DAY), None, 1).height:
        return
    read = _read(contract, source, None, (None, midnight(last + DAY)), midnight(last), report)
    offered = pl.concat([contract.empty(), *(validate(contract, rows, origin=origin).rows for origin, rows in read)])
    if report.left_out.files:
        return
    states = departures(lake.read(contract.name, None, str(last)).drop("day"), offered, midnight(last))
    left = offered["product_id"].n_unique()
    gone = int(states["removed"].sum())
    if gone and not (guard.may_lose(str(last), left + gone, left) and (left or guard.accepts(str(last)))):
        report.shrunk[str(last)] = (left + gone, left)
        states = states.filter(~pl.col("removed"))
        gone = 0
    day = pl.col(contract.time).dt.strftime("%Y-%m-%d").alias("day")
    rows = states.with_columns(day).select(list(TABLES[contract.name]))
    report.version = lake.merge(contract.name, rows, contract.key)
    report.removed = gone


def _of_days(days: Collection[str]) -> pl.Expr:
    return pl.col("day").is_in(list(days))
