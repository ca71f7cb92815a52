"""Statements use what DuckDB and Spark have in common."""

from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

import assets.tables.sql
from assets.tables.sql import statement

STATEMENTS = sorted(path.stem for path in Path(assets.tables.sql.__file__).parent.glob("*.sql"))
PORTABLE = frozenset(
    [
        "AND",
        "CASE",
        "CAST",
        "COALESCE",
        "COUNT",
        "DATEDIFF",
        "GREATEST",
        "IF",
        "LAG",
        "LEAST",
        "LOWER",
        "MAX",
        "MIN",
        "NULLIF",
        "OR",
        "ROW_NUMBER",
        "SUM",
    ]
)
"""Functions, as sqlglot names them, that mean the same on DuckDB and on Spark."""


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_use_portable_functions_only(name: str) -> None:
    """One statement a file, of functions that are on the list."""
    (tree,) = sqlglot.parse(statement(name), read="duckdb")
    assert tree is not None
    used = {f.name.upper() if isinstance(f, exp.Anonymous) else f.sql_name() for f in tree.find_all(exp.Func)}
    assert used <= PORTABLE


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_transpile_to_spark(name: str) -> None:
    """Without anything that sqlglot calls unsupported, and what it writes is Spark's SQL again."""
    (text,) = sqlglot.transpile(
        statement(name), read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE
    )
    assert sqlglot.parse_one(text, read="spark").find(exp.Select) is not None
