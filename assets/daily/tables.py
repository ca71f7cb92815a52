"""What every derived table has in common: a run replaces a range of days, and says what was read and written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from assets.daily.declared import Check, Declared
from assets.daily.faults import made, reason_of
from assets.daily.inputs import DeclaredLake, DeclaredModels, Reads
from assets.daily.partitions import first_and_last
from assets.daily.windows import Window
from assets.models.manifest import asset_and_campaign, part_of
from resources.engine import Engine
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.settings import Settings
from resources.shop import Shop
from resources.tables import DESCRIPTIONS, TABLES

__all__ = ["PREVIEW_ROWS", "Span", "Written", "about_table", "column_schema", "daily_table", "shown_rows"]

PREVIEW_ROWS = 5


def column_schema(table: str) -> dict[str, dg.TableSchema]:
    """Metadata of a table's asset: its columns with their types and what they hold."""
    columns = [
        dg.TableColumn(name, str(kind), description=DESCRIPTIONS[table][name]) for name, kind in TABLES[table].items()
    ]
    return {"dagster/column_schema": dg.TableSchema(columns)}


def about_table(lake: Lake, table: str, first: date, last: date) -> dict[str, Any]:
    """Metadata of a run: where the table lies, its version, and a few rows of the days ``first`` to ``last``."""
    metadata: dict[str, Any] = {"path": dg.MetadataValue.path(lake.uri(table))}
    if (version := lake.files(table, str(first), str(last)).version) is not None:
        metadata["delta_version"] = version
    rows = lake.head(table, str(first), str(last), PREVIEW_ROWS)
    if rows.height:
        metadata["preview"] = shown_rows(rows)
    return metadata


def shown_rows(rows: pl.DataFrame) -> dg.MetadataValue:
    """Rows, at least one, as a table that the UI shows."""
    records = [dg.TableRecord({name: _shown(value) for name, value in row.items()}) for row in rows.to_dicts()]
    return dg.MetadataValue.table(records)


def _shown(value: object) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


@dataclass(frozen=True, slots=True)
class Span:
    """What a table is written with over the days ``first`` to ``last``, both inclusive: its declared inputs."""

    table: str
    first: date
    last: date
    days: tuple[str, ...]
    """The days in order, as partition keys."""
    settings: Settings
    shop: Shop
    lake: DeclaredLake
    engine: Engine
    models: DeclaredModels
    log: Callable[[str], None]
    campaign: str | None = None
    """Of several campaigns the one that it is of."""

    def write(self, frame: pl.DataFrame, first: date, last: date) -> None:
        """Replace the days ``first`` to ``last`` of the table; ``frame`` has its columns, and may have others."""
        if "campaign" in TABLES[self.table]:
            frame = frame.with_columns(pl.lit(self.campaign, dtype=pl.String).alias("campaign"))
        rows = frame.select(list(TABLES[self.table]))
        self.lake.replace_partition(self.table, rows, str(first), str(last), campaign=self.campaign)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the days: rows written, and what the UI shows beside them."""

    rows: int
    metadata: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[dg.AssetCheckResult] = ()
    """One of each check of the table."""


def daily_table(
    *, group: str, kinds: set[str], reads: Mapping[str, Window], checks: Sequence[Check] = ()
) -> Callable[[Callable[[Span], Written]], Declared]:
    """Declare a table by the function that writes days of it; its name and docstring are the table's.

    The function may read what ``reads`` names, of these days, and nothing else. The versions of the tables that were
    read, and the one that was written, are in the run's metadata.
    """

    def declare(write: Callable[[Span], Written]) -> Declared:
        name = write.__name__

        def compute(
            context: dg.AssetExecutionContext,
            settings: dg.ResourceParam[Settings],
            shop: dg.ResourceParam[Shop],
            lake: dg.ResourceParam[Lake],
            engine: dg.ResourceParam[Engine],
            models: dg.ResourceParam[ModelStore],
        ) -> dg.MaterializeResult:
            first, last = first_and_last(context.partition_keys)
            _, campaign = asset_and_campaign(context.asset_key.to_user_string())
            shop = shop.of_campaign(campaign)
            inputs = Reads(name, reads, shop, str(first), str(last), campaign)
            declared = DeclaredLake(lake, inputs)
            days = tuple(sorted(context.partition_keys))
            sources = declared, engine, DeclaredModels(models, inputs)
            span = Span(name, first, last, days, settings, shop, *sources, context.log.info, campaign)
            written = write(span) if campaign is None else _apart(write, span, models)
            metadata = {"dagster/row_count": written.rows, "delta_versions_read": declared.versions, **written.metadata}
            metadata |= about_table(lake, name, first, last)
            if missing := sorted(table for table, at in declared.versions.items() if at is None and table != name):
                metadata["skipped"] = f"no rows of {', '.join(missing)} have ever been read"
            return dg.MaterializeResult(metadata=metadata, check_results=written.checks)

        description = (write.__doc__ or "").strip()
        return Declared(
            name, group, frozenset(kinds), reads, description, compute, write, tuple(checks), column_schema(name)
        )

    return declare


def _apart(write: Callable[[Span], Written], span: Span, models: ModelStore) -> Written:
    """Write the table of one of several campaigns; of days that a fault kept from being written there are no rows.

    Whether a day was written is recorded as of a model, so that what reads the table can say why it has no rows.
    """
    part, faults = part_of(span.table, span.campaign), list[str]()
    try:
        written = write(span)
    except Exception as error:  # whatever it is, the other campaigns go on
        reason, _ = reason_of(error, span.campaign)
        span.log(f"{part}: {reason}")
        faults.append(str(reason))
        span.write(pl.DataFrame(schema=dict(TABLES[span.table])), span.first, span.last)
        written = Written(0, {"skipped": str(reason)})
    for day in span.days:
        if faults:
            models.mark_unavailable(part, day, Unavailable(faults[0], expected=True))
        else:
            with models.writing(part, day):
                pass
    return replace(written, checks=[*written.checks, *made(span.campaign, faults)])
