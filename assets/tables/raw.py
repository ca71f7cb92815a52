"""Raw logs: the shop's sources to the canonical daily tables, bad rows to their quarantine.

One asset a canonical table, all from one factory. What belongs here: which table reads what. What does not: reading
(`resources.sources`) and writing (`resources.ingestion.ingest`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import dagster as dg
import polars as pl

from assets.daily.declared import Declared
from assets.daily.partitions import first_and_last
from assets.daily.tables import PREVIEW_ROWS, about_table, column_schema, shown_rows
from assets.tables.checks import (
    ACCEPT_TAG,
    CONTRACT,
    SHRUNK,
    VOLUME,
    contract_check,
    shrunk_check,
    volume_check,
)
from assets.tables.source_check import COLUMNS, SOURCE, columns_before, source_check
from resources.contracts import CONTRACTS, Contract, counted_in_words
from resources.ingestion.ingest import Feedback, ingest, midnight
from resources.ingestion.ingested import Ingested, ShrinkGuard
from resources.ingestion.quarantine import quarantined
from resources.ingestion.updated_products import add_product_updates
from resources.lake import Lake
from resources.shop import Shop
from resources.sources import Source, SourceError
from resources.store import Store
from resources.store.forgotten import ForgottenUsers
from resources.store.product_updates import ProductUpdates
from resources.tables import quarantine_of

__all__ = ["RAW_TABLES", "source_tables"]

WAITS = (2, 8, 30)
"""Seconds before a source that may come back is asked again."""


def _raw_table(contract: Contract) -> Declared:
    def compute(
        context: dg.AssetExecutionContext,
        shop: dg.ResourceParam[Shop],
        lake: dg.ResourceParam[Lake],
        source: dg.ResourceParam[Source],
        store: dg.ResourceParam[Store],
    ) -> dg.MaterializeResult:
        first, last = first_and_last(context.partition_keys)
        limit = shop.shrink_limit(contract.name)
        accepted = frozenset(part.strip() for part in (context.run.tags.get(ACCEPT_TAG) or "").split(","))
        is_optional = contract.is_state or not shop.has(contract.name)
        before = columns_before(context)
        with _asked_again(context.retry_number):
            report = ingest(
                contract,
                lake=lake,
                source=source if shop.has(contract.name) else None,
                feedback=_feedback(contract.name, store),
                first=first,
                last=last,
                shop_first_day=shop.first_day,
                progress=context.log.info,
                guard=ShrinkGuard(limit, accepted),
                full=shop.is_full(contract.name),
                forgotten=ForgottenUsers(store.engine).everyone(),
            )
        if contract.name == "products":
            told = ProductUpdates(store.engine).between(midnight(first), midnight(last + timedelta(days=1)))
            report.updated = add_product_updates(lake, told)
        columns: dict[str, Any] = {COLUMNS: found} if (found := report.columns or dict(before)) else {}
        broken = quarantined(lake, contract.name, str(first), str(last), PREVIEW_ROWS)
        return dg.MaterializeResult(
            metadata=about_table(lake, contract.name, first, last)
            | _metadata(contract, shop, report, broken)
            | columns,
            check_results=[
                contract_check(contract.name, report, limit=shop.limit(contract.name)),
                shrunk_check(contract.name, report, limit=limit),
                volume_check(report, last_day=None if is_optional else str(last)),
                source_check(contract.name, report, before),
            ],
        )

    description = (
        f"{(contract.schema.__doc__ or '').strip()}\n\nRows that break the contract are in "
        f"`{quarantine_of(contract.name)}`, each with the rules that it broke and where it came from."
    )
    kinds = frozenset({"deltalake", "polars"})
    metadata, checks = column_schema(contract.name), (CONTRACT, SHRUNK, VOLUME, SOURCE)
    return Declared(
        contract.name,
        "raw",
        kinds,
        {},
        description,
        compute,
        compute,
        checks,
        metadata,
        outside=lambda shop: [_source_key(contract.name)] if shop.has(contract.name) else [],
    )


@contextmanager
def _asked_again(tries: int) -> Iterator[None]:
    """Have the asset's step tried again after what may pass by itself, such as a server that is being restarted."""
    try:
        yield
    except SourceError as error:
        if not error.may_pass or tries >= len(WAITS):
            raise
        raise dg.RetryRequested(max_retries=len(WAITS), seconds_to_wait=WAITS[tries]) from error


def _source_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["source", table])


def source_tables(shop: Shop) -> list[dg.AssetSpec]:
    """The shop's own tables, which raw ones are read from: external assets, so that lineage begins where data does."""
    kind = shop.source.__struct_config__.tag
    return [
        dg.AssetSpec(
            _source_key(table),
            group_name="sources",
            kinds={str(kind)},
            description=f"What the query of [tables.{table}] in shop.toml yields, or the simulated shop's log.",
            metadata={"query": dg.MetadataValue.md(f"```sql\n{query.query.strip()}\n```")}
            if (query := shop.tables.get(table))
            else {},
        )
        for table in CONTRACTS
        if shop.has(table)
    ]


def _feedback(table: str, store: Store) -> Feedback | None:
    """How serving's own records of ``table`` are read, if it keeps any."""
    return {"events": store.read_events, "banner_impressions": store.read_impressions}.get(table)


def _metadata(contract: Contract, shop: Shop, report: Ingested, broken: pl.DataFrame) -> dict[str, Any]:
    """What the UI shows of an ingestion; ``broken`` are the newest rows that went to quarantine."""
    table = contract.name
    metadata: dict[str, Any] = {
        "dagster/row_count": report.rows,
        "quarantined_rows": report.quarantined,
        "rules_broken": counted_in_words(contract, report.rules),
    }
    if broken.height:
        metadata["quarantine"] = shown_rows(broken.with_columns(pl.col("rules").list.join("; ")))
    if report.left_out.files:
        metadata["files_left_out"] = dict(report.left_out.files)
    if report.forgotten:
        metadata["rows_of_forgotten_users"] = report.forgotten
    if report.updated:
        metadata["updated_by_the_api"] = report.updated
    if report.removed:
        metadata["left_the_shop"] = report.removed
    if not (shop.has(table) or report.rows or report.updated):
        metadata["skipped"] = f"shop.toml declares no [tables.{table}], so there is nothing to read"
    return metadata


RAW_TABLES = tuple(_raw_table(contract) for contract in CONTRACTS.values())
