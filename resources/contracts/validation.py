"""Which rows keep a contract, and which go to the quarantine with the rules that they break.

A column of lists also accepts text, split on ``|``. A value that cannot be read is quarantined as it stands.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from resources.contracts.attributes import UNREAD, unread_attributes
from resources.contracts.column_types import emptied, impossible, moment, normalised, unreadable_values, with_texts
from resources.contracts.declared import Contract
from resources.contracts.ids import odd_number
from resources.contracts.times import as_read, in_range, of_dates, out_of_range

__all__ = ["QUARANTINE_SCHEMA", "Validated", "validate"]

QUARANTINE_SCHEMA: Mapping[str, pl.DataType] = {
    "table": pl.String(),
    "rules": pl.List(pl.String()),
    "origin": pl.String(),
    "ts": pl.Datetime("us", "UTC"),
    "row": pl.String(),
}
"""Columns of the quarantine: ``rules`` that the row broke, its ``origin``, and the row itself as JSON."""


@dataclass(frozen=True, slots=True)
class Validated:
    """Rows that keep the contract, sorted by key, and rows that do not (columns: QUARANTINE_SCHEMA)."""

    rows: pl.DataFrame
    quarantined: pl.DataFrame
    emptied: Mapping[str, int] = field(default_factory=dict)
    """Column → values that were present and are none: ids such as the text ``NaN``, attributes such as infinity."""


def validate(contract: Contract, frame: pl.DataFrame, *, origin: str) -> Validated:
    """Split ``frame`` into rows that keep ``contract`` and rows that break it.

    Of several rows with one key on one day the first in the order of all columns stays, and the others break the
    rule ``primary_key``. Missing nullable columns are filled with nulls; columns that the contract lacks are ignored.

    Args:
        contract: The canonical table.
        frame: Rows as a source yields them, in any order.
        origin: Where the rows came from, for the quarantine.

    Raises:
        ValueError: If a column that may not be null is missing altogether, or has a type that no cast can change.
    """
    columns = contract.columns
    missing = [c for c in columns if c not in frame.columns]
    required = [c for c in missing if not contract.schema.columns()[c].nullable]
    if required:
        raise ValueError(
            f"{origin}: the query for '{contract.name}' yields no column {', '.join(map(repr, required))}, which the "
            f"contract requires; it yields {frame.columns}. Add the column to the query."
        )
    frame = frame.with_columns(pl.lit(None, dtype=columns[c]).alias(c) for c in missing)
    frame = with_texts(frame)
    _check_types(contract, frame, origin)
    told = (as_read(contract.time), out_of_range(contract.time), *map(odd_number, columns))
    unread = [name for name in told if name in frame.columns]
    unknown = unread_attributes(frame) if UNREAD in frame.columns else {}
    frame = frame.select(*columns, *unread).with_columns(unreadable_values(frame.schema, columns).alias("rules"))
    counts = frame.select(emptied(frame.schema, columns))
    lost = {name: int(count) for name, count in counts.row(0, named=True).items() if count} if counts.width else {}
    lost |= unknown
    unreadable = _as_quarantine(contract, frame.filter(pl.col("rules").list.len() > 0), origin)
    try:
        frame = frame.filter(pl.col("rules").list.len() == 0).select(
            normalised(c, dtype, frame.schema[c]) for c, dtype in columns.items()
        )
        good, failure = contract.schema.filter(frame, cast=True)
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError) as error:
        raise ValueError(
            f"{origin}: a column of the query for '{contract.name}' has a type that cannot become the contract's: "
            f"{error}. Cast it in the query; the contract wants {columns}."
        ) from error
    details = failure.details().rename({c: f"rule:{c}" for c in failure.details().columns if c not in columns})
    if details.is_empty():
        return Validated(good.sort(contract.key), unreadable, lost)
    details = _mark_rules(details, [c for c in details.columns if c.startswith("rule:")])
    # Within a day only: else what is kept of a day would depend on which other days were read along with it.
    day = pl.col(contract.time).cast(columns[contract.time]).dt.date()
    identity = pl.struct(*contract.key, day.alias("on"))
    others = pl.col("rules").list.eval(pl.element().filter(pl.element() != "primary_key"))
    details = details.with_columns(pl.when(identity.is_unique()).then(others).otherwise("rules").alias("rules"))
    only_key = others.list.len() == 0
    repeated = details.filter(only_key).sort(list(columns), nulls_last=True)
    firsts = repeated.filter(identity.is_first_distinct())
    rest = repeated.filter(~identity.is_first_distinct())
    kept = contract.schema.cast(firsts.select(list(columns)))
    # A key that also stands in a good row (the repeat differed only in a broken row) is not possible here: the
    # library marks every row of a repeated key, so `firsts` and `good` share no key.
    rows = pl.concat([pl.DataFrame(good), pl.DataFrame(kept)]).sort(*contract.key, contract.time)
    broken = pl.concat([details.filter(~only_key), rest])
    quarantined = pl.concat([unreadable, _as_quarantine(contract, broken, origin)])
    return Validated(rows, quarantined.sort("row", "rules"), lost)


def _check_types(contract: Contract, frame: pl.DataFrame, origin: str) -> None:
    """Refuse types of which no value is what the contract wants, and numbers as times.

    Whether a number counts seconds or milliseconds, and from when, is the query's to say.
    """
    for name, want in contract.columns.items():
        have = frame.schema[name]
        if why := impossible(name, want, have):
            raise ValueError(f"{origin}: the column '{name}' of '{contract.name}': {why}. Cast it in the query.")
        if isinstance(want, pl.Datetime) and not (have.is_temporal() or have in (pl.String, pl.Null)):
            raise ValueError(
                f"{origin}: the column '{name}' of '{contract.name}' is {have}, which is no time. Make it one in the "
                f"query: epoch_ms({name}) of milliseconds, to_timestamp({name}) of seconds since 1970."
            )


def _mark_rules(details: pl.DataFrame, rule_columns: list[str]) -> pl.DataFrame:
    """Gather the names of the broken rules of each row into the list column ``rules``."""
    names = [
        pl.when(pl.col(c).cast(pl.String) == "invalid").then(pl.lit(c.removeprefix("rule:"))) for c in rule_columns
    ]
    return details.with_columns(pl.concat_list(names).list.drop_nulls().alias("rules")).drop(rule_columns)


def _as_quarantine(contract: Contract, broken: pl.DataFrame, origin: str) -> pl.DataFrame:
    """Rows of the quarantine table, sorted so that the same input gives the same table."""
    as_time = pl.lit(None)
    if isinstance(broken.schema[contract.time], pl.Datetime):
        at = moment(pl.col(contract.time), broken.schema[contract.time])
        as_time = pl.when(in_range(at)).then(at)
    shown = broken.select(_readable(name, broken.schema) for name in contract.columns)
    rows = [json.dumps(r, default=str, sort_keys=True) for r in shown.iter_rows(named=True)]
    return (
        broken.select(
            pl.lit(contract.name).alias("table"),
            "rules",
            pl.lit(origin).alias("origin"),
            as_time.cast(pl.Datetime("us", "UTC")).alias("ts"),
            pl.Series("row", rows, dtype=pl.String),
        )
        .sort("row")
        .select(list(QUARANTINE_SCHEMA))
    )


def _readable(name: str, schema: pl.Schema) -> pl.Expr:
    """A column as the quarantine shows it: a time that is none, or out of range, as the source had it."""
    column = pl.col(name)
    if schema[name] == pl.Binary:
        return column.bin.encode("hex")
    if not isinstance(schema[name], pl.Date | pl.Datetime):
        return column
    if schema[name] == pl.Date:
        column = of_dates(column)
    is_time = in_range(moment(pl.col(name), schema[name]))
    text = pl.when(is_time).then(column.dt.to_string("iso")).otherwise(column.cast(pl.Int64).cast(pl.String))
    return pl.coalesce(as_read(name), text).alias(name) if as_read(name) in schema else text.alias(name)
