"""Raw logs: the shop's sources to the canonical daily tables, bad rows to their quarantine.

One asset a canonical table, all from one factory. What belongs here: which table reads what. What does not: reading
(`resources.sources`) and writing (`resources.ingest`).
"""

import dagster as dg

from assets.checks import contract_check, contract_check_spec, volume_check, volume_check_spec
from assets.partitions import daily_asset, window
from resources.contracts import CONTRACTS, Contract
from resources.ingest import Feedback, Ingested, ingest
from resources.lake import Lake
from resources.shop import Shop
from resources.sources import Source
from resources.store import Store
from resources.tables import quarantine_of

__all__ = ["RAW_ASSETS"]


def _raw_asset(contract: Contract) -> dg.AssetsDefinition:
    @daily_asset(
        name=contract.name,
        group_name="raw",
        kinds={"deltalake", "polars"},
        check_specs=[contract_check_spec(contract.name), volume_check_spec(contract.name)],
        description=(
            f"{(contract.schema.__doc__ or '').strip()}\n\nRows that break the contract are in "
            f"`{quarantine_of(contract.name)}`, each with the rules that it broke and where it came from."
        ),
    )
    def raw_table(
        context: dg.AssetExecutionContext,
        shop: dg.ResourceParam[Shop],
        lake: dg.ResourceParam[Lake],
        source: dg.ResourceParam[Source],
        store: dg.ResourceParam[Store],
    ) -> dg.MaterializeResult:
        first, last = window(context.partition_keys)
        is_optional = contract.is_state or not shop.has(contract.name)
        report = ingest(
            contract,
            lake=lake,
            source=source if shop.has(contract.name) else None,
            feedback=_feedback(contract.name, store),
            first=first,
            last=last,
            shop_first_day=shop.first_day,
            progress=context.log.info,
        )
        return dg.MaterializeResult(
            metadata=_metadata(contract.name, shop, report),
            check_results=[
                contract_check(contract.name, report, limit=shop.limit(contract.name)),
                volume_check(contract.name, report, last_day=None if is_optional else str(last)),
            ],
        )

    return raw_table


def _feedback(table: str, store: Store) -> Feedback | None:
    """How serving's own records of ``table`` are read, if it keeps any."""
    return {"events": store.read_events, "banner_impressions": store.read_impressions}.get(table)


def _metadata(table: str, shop: Shop, report: Ingested) -> dict[str, dg.MetadataValue]:
    """What the UI shows of an ingestion."""
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.MetadataValue.int(report.rows),
        "quarantined_rows": dg.MetadataValue.int(report.quarantined),
        "rules_broken": dg.MetadataValue.json(dict(report.rules.most_common())),
    }
    if report.version is not None:
        metadata["delta_version"] = dg.MetadataValue.int(report.version)
    if not shop.has(table) and not report.rows:
        metadata["skipped"] = dg.MetadataValue.text(
            f"shop.toml declares no [tables.{table}], so there is nothing to read"
        )
    return metadata


RAW_ASSETS = [_raw_asset(contract) for contract in CONTRACTS.values()]
