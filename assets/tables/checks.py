"""Asset checks: what is asserted of a table, what it means when it fails, and what to do.

Each check is a pair: what the asset declares and a function that judges a report. They are evaluated by the run that
writes the table, over the same days.
"""

from collections.abc import Sequence

import dagster as dg
import polars as pl

from assets.daily.declared import Check
from assets.tables.answered import answered
from resources.contracts import CONTRACTS, counted_in_words
from resources.contracts.overlap import LOW_OVERLAP, MIN_OVERLAP, Overlap
from resources.ingestion.ingested import Ingested

__all__ = [
    "ACCEPT_TAG",
    "ANSWERED",
    "CONTRACT",
    "IDS_JOIN",
    "ROBOTS",
    "SHRUNK",
    "VOLUME",
    "answered_check",
    "contract_check",
    "ids_join_check",
    "robots_check",
    "shrunk_check",
    "volume_check",
]

ACCEPT_TAG = "upshelf/accept_shrunk"
"""Tag of a run that may take rows away: days with commas between them, or ``all``."""

CONTRACT = Check(
    "contract", "The share of rows that break the contract is within the shop's `quarantine_limit`.", blocking=True
)
SHRUNK = Check("shrunk", "No day has lost most of its rows since it was read before; one that has is kept as it was.")
VOLUME = Check("volume", "Days read are not far emptier than their fellows.")
ANSWERED = Check("answered", "Searches lead to products: otherwise nothing can be learnt of search.")
IDS_JOIN = Check("ids_join", "Ids of one meaning are the same in all tables: otherwise nothing is learnt across them.")
ROBOTS = Check("robots", "Few visitors are taken for robots; if many are, the shop's limits or its logs are wrong.")

_MAX_ROBOTS = 0.2
_DAYS = 5
"""How many days a description lists."""
_RULES = 3
"""How many of the rules that were broken a description names."""


def contract_check(table: str, report: Ingested, *, limit: float) -> dg.AssetCheckResult:
    """Judge the share of quarantined rows."""
    share = report.share_quarantined
    passed = share <= limit
    rules = counted_in_words(CONTRACTS[table], report.rules)
    message = (
        f"{report.quarantined:,} of {report.rows + report.quarantined:,} rows read broke the contract ({share:.2%})"
    )
    if rules:
        message += ": " + "; ".join(f"{words} ({count:,})" for words, count in list(rules.items())[:_RULES])
    remedy = (
        ""
        if passed
        else (
            f"; the limit is {limit:.2%}. `upshelf quarantine {table}` shows the rows (table quarantine_{table}). "
            f"Repair the source and materialise these days again, or raise quarantine_limit in shop.toml if these rows "
            f"are not wanted."
        )
    )
    ids = CONTRACTS[table].columns
    none = "".join(
        f"; {count:,} values of {column} mean that there is none, such as 'NaN', and were read so"
        if column in ids
        else f"; {count:,} values of the attribute {column} are no numbers or dates, such as infinity, and are unknown"
        for column, count in sorted(report.emptied.items())
    )
    return dg.AssetCheckResult(
        check_name="contract",
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=message + none + remedy,
        metadata={
            "quarantined": report.quarantined,
            "share": share,
            "rules": rules,
            "read_as_missing": dict(report.emptied),
        },
    )


def shrunk_check(table: str, report: Ingested, *, limit: float) -> dg.AssetCheckResult:
    """Tell of days that the source has nearly lost: they are kept until somebody accepts that they shrink."""
    counts = [f"{day} had {before:,} rows and would have {left:,}" for day, (before, left) in report.shrunk.items()]
    more = f" and {len(counts) - _DAYS} days more" if len(counts) > _DAYS else ""
    lost = ", ".join(counts[:_DAYS]) + more
    accepted = "all" if more else f"{','.join(report.shrunk)} (or all)"
    message = "no day has lost most of its rows"
    if lost:
        message = (
            f"{lost}: kept as before, since {_why_kept(report, limit)}. If it is right, run `tables` over "
            f"these days with the tag {ACCEPT_TAG} = {accepted}, as `upshelf run --accept-shrunk` does, or "
            f"set shrink_limit of [tables.{table}] in shop.toml"
        )
    if report.moved:
        days = ", ".join(f"{rows:,} of {day}" for day, rows in sorted(report.moved.items()))
        message += f"; rows that have another date now left their old day ({days})"
        if stale := sorted(set(report.moved) - set(report.rows_by_day)):
            message += f": run `tables` over {', '.join(stale)} again"
    return dg.AssetCheckResult(
        check_name="shrunk",
        passed=not lost,
        severity=dg.AssetCheckSeverity.ERROR,
        description=message,
        metadata={
            "days": {day: list(counts) for day, counts in report.shrunk.items()},
            "moved": dict(report.moved),
        },
    )


def _why_kept(report: Ingested, limit: float) -> str:
    if report.left_out.files:
        return "files of the source could not be read (check `source`)"
    return (
        f"a fall by more than {limit:.0%} is mostly a source that is being reloaded, or keys that are not unique over "
        "all days"
    )


def robots_check(robots: pl.DataFrame, events: pl.DataFrame) -> dg.AssetCheckResult:
    """Say who was taken for a robot, and warn where that is more than a fifth of all visitors.

    Args:
        robots: Rows of the table.
        events: ``day``, ``user_id`` and ``session_id`` of the same days.
    """
    visitor = pl.coalesce(pl.format("s/{}", "session_id"), pl.format("u/{}", "user_id"))
    visitors = events.select("day", visitor.alias("visitor")).n_unique() if events.height else 0
    share = robots.height / max(visitors, 1)
    worst = robots.sort("looks", "visitor", descending=[True, False]).head(5)
    examples = ", ".join(f"{of} ({looks:,} looks)" for of, looks in worst.select("visitor", "looks").iter_rows())
    message = f"{robots.height:,} of {visitors:,} visitors ({share:.2%}) are taken for robots"
    return dg.AssetCheckResult(
        check_name=ROBOTS.name,
        passed=share <= _MAX_ROBOTS,
        severity=dg.AssetCheckSeverity.WARN,
        description=message + (f", such as {examples}; the limits are [robots] in shop.toml" if examples else ""),
        metadata={"robots": robots.height, "visitors": visitors},
    )


def answered_check(searches: pl.DataFrame) -> dg.AssetCheckResult:
    """Warn where hardly any search leads to a product: search then learns nothing, and is measured on nothing.

    Args:
        searches: ``search_id`` and ``product_id`` (null where a search led to nothing).
    """
    counted = answered(searches)
    return dg.AssetCheckResult(
        check_name=ANSWERED.name,
        passed=counted.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(filter(None, (counted.words, counted.remedy))),
        metadata={"searches": counted.searches, "answered": counted.answered},
    )


def ids_join_check(overlaps: Sequence[Overlap]) -> dg.AssetCheckResult:
    """Warn of tables whose ids of one meaning hardly overlap, with examples of both sides."""
    apart = [overlap for overlap in overlaps if not overlap.joins or overlap.loses_rows]
    least = f"fewer than {MIN_OVERLAP:.0%} is no join"
    if any(overlap.joins for overlap in apart):
        least += f", and fewer than {LOW_OVERLAP:.0%} of users or products loses most of a log"
    remedy = f"; {least}. Let both queries yield the ids in the same form"
    return dg.AssetCheckResult(
        check_name=IDS_JOIN.name,
        passed=not apart,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(overlap.words for overlap in apart or overlaps) + (remedy if apart else ""),
        metadata={
            f"{left} and {right} by {column}": round(overlap.share, 4)
            for overlap in overlaps
            for left, right, column in [overlap.join]
        },
    )


def volume_check(report: Ingested, *, last_day: str | None) -> dg.AssetCheckResult:
    """Warn of a source that yields nothing, an empty last day, and days below a tenth of the median of those read.

    Args:
        report: What was read.
        last_day: The newest day that was read, which must have rows; none for a state, and where the shop lacks it.
    """
    counts = sorted(report.rows_by_day.values())
    median = counts[len(counts) // 2] if counts else 0
    thin = [day for day, rows in report.rows_by_day.items() if rows * 10 < median]
    empty = last_day is not None and last_day not in report.rows_by_day
    message = f"{len(counts)} days with rows, median {median:,} rows"
    if empty:
        message += f"; {last_day} has none. Was the source complete when read? Is the query's time column in UTC?"
    elif thin:
        message += f"; below a tenth of that: {', '.join(thin[:5])}. Check whether the source was complete when read."
    return dg.AssetCheckResult(
        check_name="volume", passed=not thin and not empty, severity=dg.AssetCheckSeverity.WARN, description=message
    )
