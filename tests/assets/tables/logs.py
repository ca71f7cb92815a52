"""Small logs, and a statement run over them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from assets.tables.sql import statement
from resources.engine import Engine, Relation
from resources.tables import TABLES

US, MINUTE, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(days=1)
NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


def run(name: str, relations: Mapping[str, Relation]) -> pl.DataFrame:
    """Rows of a statement; nobody is a robot, and half an hour ends a session, unless ``relations`` say so."""
    given: dict[str, Relation] = {"robots": pl.DataFrame(schema=dict(TABLES["robots"]))}
    if name == "sessions":
        given["limits"] = pl.DataFrame({"idle_minutes": [30]})
    return Engine(memory_limit_gb=0.5, threads=2).query(statement(name), {**given, **relations})


def _table(name: str, rows: list[dict[str, Any]], prefix: str, key: str) -> pl.DataFrame:
    """Rows of a table: ``day`` is that of ``ts``, the key counts up, other columns are null."""
    columns = TABLES[name]
    filled = [
        {key: f"{prefix}{i:03d}", **row, "day": row["ts"].date().isoformat()} for i, row in enumerate(rows, start=1)
    ]
    return pl.DataFrame([{c: row.get(c) for c in columns} for row in filled], schema=dict(columns))


def events(*rows: tuple[datetime, str, dict[str, Any]]) -> pl.DataFrame:
    """Events from (ts, kind, other columns); user u looks at product p unless they say otherwise."""
    return _table(
        "events",
        [{"user_id": "u", "product_id": "p", "ts": ts, "kind": kind, **more} for ts, kind, more in rows],
        "e",
        "event_id",
    )


def orders(*rows: tuple[datetime, str, dict[str, Any]]) -> pl.DataFrame:
    """Order lines from (ts, kind, other columns): user u, one product p for 10 unless they say otherwise."""
    line = {"line": 1, "user_id": "u", "product_id": "p", "quantity": 1, "unit_price": 10.0}
    return _table("orders", [{**line, "ts": ts, "kind": kind, **more} for ts, kind, more in rows], "o", "order_id")
