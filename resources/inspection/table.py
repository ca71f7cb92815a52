"""What is wrong with one table: the rows of its sample, judged by the contract.

What belongs here: one table's rows. What does not: reading them (`resources.inspection.sample`), their columns
(`resources.inspection.columns`), and what only several tables together show (`resources.contracts.overlap`).
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import polars as pl

from resources.contracts import CONTRACTS, Contract, rule_words, validate
from resources.contracts.column_types import normalised, with_texts
from resources.contracts.ids import is_id
from resources.inspection.columns import attribute_faults, column_faults, impossible_columns
from resources.inspection.fault import Fault
from resources.inspection.sample import Sample
from resources.shop import Shop

__all__ = ["Inspected", "inspect_table"]

_EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class Inspected:
    """A table of which a sample could be read."""

    found: str
    """How many rows of which days, in words."""
    rows: pl.DataFrame
    """The rows that keep the contract."""
    ids: pl.DataFrame
    """The columns of ids of all rows, as the contract has them."""
    is_whole: bool
    """Whether all rows of the shop's days were looked at."""
    faults: list[Fault] = field(default_factory=list)


def inspect_table(shop: Shop, file: str, table: str, sample: Sample) -> Inspected:
    """Judge a sample; ``file`` is named in the faults. The attributes of users are columns of the sample still."""
    contract, rows = CONTRACTS[table], with_texts(sample.rows)
    at = partial(Fault, file=file, table=table)
    faults = list(_days(shop, at, contract, sample))
    if rows.is_empty():
        rule, remedy = "the query yields no row", f"Correct it, or leave [tables.{table}] out if the shop has none"
        return Inspected("no rows", contract.empty(), contract.empty(), True, faults or [at(rule=rule, remedy=remedy)])
    faults += column_faults(shop, file, table, rows.columns)
    if table == "users":
        faults += attribute_faults(shop, file, rows)
    impossible = dict(impossible_columns(contract, rows))
    faults += [at(column=name, rule=why, remedy="Cast it in the query") for name, why in impossible.items()]
    absent = {name for name in contract.columns if name not in rows.columns} | set(impossible)
    # What is lacking has been told; the other columns are judged as if it were there.
    nulls = [pl.lit(None, dtype=contract.columns[name]).alias(name) for name in sorted(absent)]
    judged = rows.drop(impossible).with_columns(nulls)
    ids = judged.select(
        normalised(name, dtype, judged.schema[name]) for name, dtype in contract.columns.items() if is_id(name)
    )
    try:
        checked = validate(contract, judged, origin=table)
    except ValueError as error:
        faults.append(at(rule=str(error).rstrip("."), remedy=""))
        return Inspected(_found(contract, sample), contract.empty(), ids, sample.is_whole, faults)
    faults += _rule_faults(shop.limit(table), at, contract, checked.quarantined, rows.height, absent)
    for name, count in checked.emptied.items():
        rule = f"{count:,} of {rows.height:,} values are words that mean there is none, such as 'NaN'"
        faults.append(at(column=name, rule=rule, remedy="They are read as missing", stops=False))
    return Inspected(_found(contract, sample), checked.rows, ids, sample.is_whole, faults)


def _found(contract: Contract, sample: Sample) -> str:
    """How many rows of which days."""
    rows = sample.rows
    count = f"{rows.height:,} rows" if sample.is_whole else f"{rows.height:,} rows looked at, of more"
    if not isinstance(rows.schema[contract.time], pl.Datetime):
        return count
    moments = rows.select(pl.col(contract.time).min().alias("first"), pl.col(contract.time).max().alias("last"))
    first, last = moments.row(0)
    return count if first is None else f"{count}, {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _days(shop: Shop, at: partial[Fault], contract: Contract, sample: Sample) -> Iterator[Fault]:
    """A log whose rows all lie outside of the shop's days."""
    if sample.newest is None:
        return
    if sample.newest < shop.first_day:
        rule = f"its newest row is of {sample.newest}, before first_day {shop.first_day}, so that none is read"
        yield at(column=contract.time, rule=rule, remedy="Set first_day earlier, or correct the time in the query")
    elif sample.rows.is_empty():
        rule = f"it has rows up to {sample.newest}, and none from {shop.first_day} to {shop.last_day}"
        yield at(column=contract.time, rule=rule, remedy="Correct first_day and last_day")


def _rule_faults(
    limit: float, at: partial[Fault], contract: Contract, broken: pl.DataFrame, rows: int, absent: set[str]
) -> Iterator[Fault]:
    """The rules that rows break, each with its share and examples; what follows from ``absent`` columns is left out."""
    follow = {f"{name}|nullability" for name in absent}
    for rule, columns in (
        ("primary_key", contract.key),
        ("has_actor", ("user_id", "session_id")),
        ("has_subject", ("kind", "query", "product_id")),
        ("kind_is_known", ("kind",)),
    ):
        if not absent.isdisjoint(columns):
            follow.add(rule)
    others = pl.col("rules").list.set_difference(sorted(follow))
    told = broken.with_columns(others).filter(pl.col("rules").list.len() > 0)
    stops = told.height > limit * rows
    counts = Counter(rule for rules in told["rules"].to_list() for rule in rules)
    for rule, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        column, words, remedy = rule_words(contract, rule)
        having = told.filter(pl.col("rules").list.contains(rule)).head(_EXAMPLES)
        examples = "; ".join(_example(contract, column, json.loads(row)) for row in having["row"])
        within = "" if stops else f", which go to quarantine within the limit of {limit:.1%}"
        yield at(
            column=column,
            rule=f"{words}: broken by {count:,} of {rows:,} rows ({count / rows:.1%}){within}, such as {examples}",
            remedy=remedy,
            stops=stops,
        )


def _example(contract: Contract, column: str | None, row: dict[str, object]) -> str:
    """A row by its key, with the value that is wrong."""
    key = ", ".join(f"{name} {row[name]!r}" for name in contract.key if name not in (column, contract.time))
    if column is None:
        return key
    return f"{column} {row[column]!r}" + (f" ({key})" if key else "")
