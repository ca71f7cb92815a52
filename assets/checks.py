"""Asset checks: what is asserted of a table, what it means when it fails, and what to do.

Each check is a pair: a spec for the asset's decorator and a function that judges a report. They are evaluated by the
run that writes the table, over the same days.
"""

import dagster as dg

from resources.ingest import Ingested

__all__ = [
    "contract_check",
    "contract_check_spec",
    "index_recall_check",
    "index_recall_check_spec",
    "volume_check",
    "volume_check_spec",
]

INDEX_RECALL_FLOOR = 0.95


def contract_check_spec(table: str) -> dg.AssetCheckSpec:
    """The share of rows in quarantine is within the shop's limit; blocks what is downstream."""
    return dg.AssetCheckSpec(
        "contract",
        asset=table,
        blocking=True,
        description="The share of rows that break the contract is within the shop's `quarantine_limit`.",
    )


def contract_check(table: str, report: Ingested, *, limit: float) -> dg.AssetCheckResult:
    """Judge the share of quarantined rows."""
    share = report.share_quarantined
    passed = share <= limit
    told = f"{report.quarantined:,} of {report.rows + report.quarantined:,} rows read broke the contract ({share:.2%})"
    remedy = (
        ""
        if passed
        else (
            f"; the limit is {limit:.2%}. Look at quarantine_{table} for the rules, repair the source and materialise "
            f"these days again, or raise quarantine_limit in shop.toml if these rows are not wanted."
        )
    )
    return dg.AssetCheckResult(
        check_name="contract",
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=told + remedy,
        metadata={"quarantined": report.quarantined, "share": share, "rules": dict(report.rules)},
    )


def volume_check_spec(table: str) -> dg.AssetCheckSpec:
    """Days read are not far emptier than their fellows, and the last one is not empty; warns."""
    return dg.AssetCheckSpec("volume", asset=table, description="Days read are not far emptier than their fellows.")


def volume_check(table: str, report: Ingested, *, last_day: str | None) -> dg.AssetCheckResult:
    """Warn of a source that yields nothing, an empty last day, and days below a tenth of the median of those read.

    Args:
        table: The table.
        report: What was read.
        last_day: The newest day that was read, which must have rows; none for a state, and where the shop lacks it.
    """
    counts = sorted(report.rows_by_day.values())
    median = counts[len(counts) // 2] if counts else 0
    thin = [day for day, rows in report.rows_by_day.items() if rows * 10 < median]
    empty = last_day is not None and last_day not in report.rows_by_day
    told = f"{len(counts)} days with rows, median {median:,} rows"
    if empty:
        told += f"; {last_day} has none. Was the source complete when read? Is the query's time column in UTC?"
    elif thin:
        told += f"; below a tenth of that: {', '.join(thin[:5])}. Check whether the source was complete when read."
    return dg.AssetCheckResult(
        check_name="volume", passed=not thin and not empty, severity=dg.AssetCheckSeverity.WARN, description=told
    )


def index_recall_check_spec(asset: str) -> dg.AssetCheckSpec:
    """The approximate index finds what exact search finds; blocks what is downstream."""
    return dg.AssetCheckSpec(
        "recall", asset=asset, blocking=True, description="Recall@10 of the vector index against exact search."
    )


def index_recall_check(recall: float | None) -> dg.AssetCheckResult:
    """Judge recall@10 (0 to 1) of the vector index against exact search; none where there is no index."""
    told = "there is no index" if recall is None else f"recall@10 against exact search is {recall:.3f}"
    return dg.AssetCheckResult(
        check_name="recall",
        passed=recall is None or recall >= INDEX_RECALL_FLOOR,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{told}; wanted at least {INDEX_RECALL_FLOOR}",
        metadata={} if recall is None else {"recall_at_10": recall},
    )
