"""The check of what a table was read from: files that were left out, and columns that are not what they were."""

from collections.abc import Mapping

import dagster as dg

from assets.daily.declared import Check
from resources.contracts import CONTRACTS
from resources.ingestion.ingested import Ingested

__all__ = ["COLUMNS", "SOURCE", "columns_before", "source_check"]

SOURCE = Check("source", "Every file of the source could be read, and has the columns that it had the night before.")
COLUMNS = "source_columns"
"""Metadata of a run: the columns that the source yielded, with their types."""

_FILES = 5
"""How many files a description names."""
_NUMBERS = ("Int", "UInt", "Float", "Decimal")


def columns_before(context: dg.AssetExecutionContext) -> Mapping[str, str]:
    """What the source yielded when the table was read last; nothing where it never was, or by an older version."""
    event = context.instance.get_latest_materialization_event(context.asset_key)
    found = event.asset_materialization.metadata.get(COLUMNS) if event and event.asset_materialization else None
    data = found.value if found is not None else None
    return {str(name): str(kind) for name, kind in data.items()} if isinstance(data, dict) else {}


def source_check(table: str, report: Ingested, before: Mapping[str, str]) -> dg.AssetCheckResult:
    """Tell which files were left out and why, and which columns came, went or changed their type since ``before``.

    It fails, and blocks nothing, where files were left out, or where columns that are read went or have another type.
    """
    files, read = report.left_out.files, {*CONTRACTS[table].columns, *before}
    now, ours = report.columns, CONTRACTS[table].columns
    gone = [name for name in before if name not in now] if now else []
    changed = [name for name in now if name in before and not _alike(before[name], now[name])]
    came = [name for name in now if name not in before] if before else []
    lost = [name for name in gone if name in ours]
    words = [
        *(f"{file} was left out: {why}" for file, why in list(files.items())[:_FILES]),
        *([f"and {len(files) - _FILES} files more (`upshelf quarantine {table}`)"] if len(files) > _FILES else []),
        *(f"column {name} is lacking in {file}, which earlier files have: it is null in its rows"
          for name, file in report.left_out.columns.items() if name in read),
        *(f"column {name} is gone, and null in every row that was read" for name in lost),
        *(f"column {name}, which is not read, is gone" for name in gone if name not in ours),
        *(f"column {name} was {before[name]} and is {now[name]}" for name in changed),
        *(f"column {name} is new" + (", and read from now on" if name in ours else ", and not read") for name in came),
    ]  # fmt: skip
    passed = not (files or report.left_out.columns or lost or any(name in ours for name in changed))
    remedy = [] if passed else [_remedy(table, bool(files))]
    return dg.AssetCheckResult(
        check_name=SOURCE.name,
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR if files or lost else dg.AssetCheckSeverity.WARN,
        description="; ".join([*words, *remedy]) or "all of the source could be read, with the columns that it had",
        metadata={"left_out": dict(files), "gone": gone, "retyped": changed, "new": came},
    )


def _alike(one: str, other: str) -> bool:
    """Whether two types are one, or numbers both; a column without a value has no type of its own."""
    return one == other or "Null" in (one, other) or (one.startswith(_NUMBERS) and other.startswith(_NUMBERS))


def _remedy(table: str, files: bool) -> str:
    if files:
        return "repair or remove the files and run `tables` over their days again; days that would lose rows were kept"
    return f"if it is meant, correct the query of [tables.{table}] in shop.toml; else repair the source, and read again"
