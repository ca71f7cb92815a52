"""Which columns a table's columns are computed from, read off the statement that writes it."""

from functools import cache

import dagster as dg
from sqlglot import exp
from sqlglot.lineage import lineage

from assets.tables.sql import statement
from resources.tables import TABLES

__all__ = ["column_lineage"]

_SCHEMA = {table: dict.fromkeys(TABLES[table], "VARCHAR") for table in ("events", "orders")}
"""Tables whose columns stand in statements without the table's name."""


@cache
def column_lineage(name: str, table: str) -> dg.TableColumnLineage:
    """Of each column of ``table`` that the statement ``name`` yields, the columns of the lake that it comes from.

    What else a statement is given, such as the users that it is about, is no table of the lake and is left out.
    """
    sql = statement(name)
    yielded: set[str] = set(exp.maybe_parse(sql, dialect="duckdb").named_selects) & set(TABLES[table])
    deps = {}
    for column in sorted(yielded):
        leaves = lineage(column, sql, dialect="duckdb", schema=_SCHEMA).walk()
        origins = {
            (leaf.source.name, leaf.name.rpartition(".")[2]) for leaf in leaves if isinstance(leaf.source, exp.Table)
        }
        deps[column] = [
            dg.TableColumnDep(dg.AssetKey(of), origin) for of, origin in sorted(origins) if origin in TABLES.get(of, {})
        ]
    return dg.TableColumnLineage({column: origins for column, origins in deps.items() if origins})
