"""What is wrong with the columns that a table's query yields: their names, their types, and the attributes of users."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from functools import partial

import polars as pl

from resources.contracts import CONTRACTS, Contract
from resources.contracts.column_types import impossible, normalised
from resources.inspection.fault import Fault
from resources.shop import Shop

__all__ = ["attribute_faults", "column_faults", "impossible_columns"]

_NEAR, _VERY_NEAR = 0.6, 0.8
"""How alike two names must be to be taken for one: of columns that are needed, and of those that may be missing."""
_EXAMPLES, _LOOKED_AT = 3, 1_000


def column_faults(shop: Shop, file: str, table: str, yielded: Collection[str]) -> Iterator[Fault]:
    """Columns that are missing, and those that are nearly named like one that may be."""
    contract = CONTRACTS[table]
    others = {"numeric", "categorical", *shop.user_attributes.numeric, *shop.user_attributes.categorical}
    missing = [name for name in contract.columns if name not in yielded and not (table == "users" and name in others)]
    spare = [name for name in yielded if name not in contract.columns and not (table == "users" and name in others)]
    for name in missing:
        at = partial(Fault, file=file, table=table, column=name)
        if contract.schema.columns()[name].nullable:
            for near in get_close_matches(name, spare, n=1, cutoff=_VERY_NEAR):
                rule = f"the query yields {near!r}, which is not read, and no {name!r}"
                yield at(rule=rule, remedy=f"Write {near} AS {name}, if that is it")
            continue
        likely = get_close_matches(name, spare, n=1, cutoff=_NEAR)
        about = contract.descriptions[name].rstrip(".")
        yield at(
            rule=f"the query yields no column {name!r}, which is needed; it yields {', '.join(yielded)}",
            remedy=f"Write {likely[0]} AS {name}, if that is it" if likely else f"Let the query yield it: {about}",
        )


def attribute_faults(shop: Shop, file: str, rows: pl.DataFrame) -> Iterator[Fault]:
    """Attributes that the query of users does not yield, that are no numbers, or that nobody has."""
    declared = shop.user_attributes
    named = (*declared.numeric, *declared.categorical)
    spare = [name for name in rows.columns if name not in named and name not in CONTRACTS["users"].columns]
    for name in named:
        at = partial(Fault, file=file, table="users", column=name)
        values = rows[name].drop_nulls() if name in rows.columns else None
        if values is None:
            near = get_close_matches(name, spare, n=1, cutoff=_NEAR)
            hint = f"did you mean {near[0]!r}? Else let" if near else "let"
            yield at(
                rule=f"[user_attributes] names {name!r}, which the query does not yield",
                remedy=f"{hint} the query yield it, or take the name out of [user_attributes]",
            )
        elif values.is_empty():
            rule = f"the attribute {name!r} is missing in all {rows.height:,} rows"
            yield at(rule=rule, remedy="Correct the query, or take the name out of [user_attributes]")
        elif name in declared.numeric and (why := impossible(name, pl.Float64(), values.dtype)):
            yield at(rule=why, remedy="Make it a number in the query, or declare the attribute as categorical")
        elif name in declared.numeric and (wrong := _no_numbers(values)).len():
            examples = ", ".join(sorted({repr(value) for value in wrong.head(_LOOKED_AT).to_list()})[:_EXAMPLES])
            yield at(
                rule=f"{wrong.len():,} of {values.len():,} values of a numeric attribute are no number: {examples}",
                remedy="They count as missing: convert them in the query, or declare the attribute as categorical",
                stops=wrong.len() == values.len(),
            )


def _no_numbers(values: pl.Series) -> pl.Series:
    try:
        return values.filter(values.cast(pl.Float64, strict=False).is_null())
    except pl.exceptions.PolarsError:  # lists and the like: none is a number
        return values


def impossible_columns(contract: Contract, rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Columns of a type that no cast can change to the contract's, each with the reason in words."""
    for name, want in contract.columns.items():
        if name not in rows.columns:
            continue
        have = rows.schema[name]
        if why := impossible(name, want, have):
            yield name, why
            continue
        first = rows.select(pl.col(name).drop_nulls().head(1))
        try:
            first.select(normalised(name, want, have).cast(want, strict=False))
        except pl.exceptions.PolarsError:
            yield name, f"its type {have} cannot become {want}"
