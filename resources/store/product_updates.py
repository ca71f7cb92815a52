"""What a shop tells the running API of its products between two nightly runs: one row a product and field.

What belongs here: keeping such updates and reading what changed. What does not: how they change answers
(`serving.release.live_products`) and how they reach the lake (`resources.ingestion.updated_products`).

Of each field the newest value stays, by the time from when on it is so; the same update sent again changes nothing.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from resources.store.instants import instant, micros
from resources.store.store_tables import PRODUCT_REVISION, PRODUCT_UPDATES, insert_new, put_product_updates

__all__ = ["HIDDEN", "KEPT_DAYS", "MAX_ROWS", "FieldUpdate", "ProductUpdates", "Recorded"]

HIDDEN = "hidden"
"""The field that no source of the shop has: it holds until it is taken back."""
KEPT_DAYS = 60
"""How long other fields are kept: releases that may still be served, also after a rollback, have them by then."""
MAX_ROWS = 1_000_000
"""Rows that are read at once, the newest: a bound on memory."""
_AT_ONCE = 500
_PRUNED_AT_ONCE = 10_000


class FieldUpdate(NamedTuple):
    """One field of one product."""

    product_id: str
    field: str
    value: Any
    """As JSON has it; none where it is not known."""
    updated_at: datetime
    """From when on it is so (UTC)."""
    recorded_at: datetime
    """When it arrived (UTC)."""


class Recorded(NamedTuple):
    """What became of updates."""

    products: int
    """How many products have a field that is new or newer than what was on record."""
    revision: int
    """Number of the last change of the store."""


class ProductUpdates:
    """The updates in the operational store behind ``engine`` (`resources.store.Store.engine`)."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def record(self, updates: Iterable[tuple[str, Mapping[str, Any], datetime]], now: datetime) -> Recorded:
        """Keep updates, all in one transaction: (product, its fields with their values, from when on it is so).

        A field whose value on record is as new stays as it is.
        """
        newest: dict[tuple[str, str], dict[str, Any]] = {}
        for product, fields, at in updates:
            for field, value in fields.items():
                row = {"product_id": product, "field": field, "value": json.dumps(value), "updated_at_us": micros(at)}
                held = newest.get((product, field))
                if held is None or held["updated_at_us"] < row["updated_at_us"]:
                    newest[product, field] = row | {"recorded_at_us": micros(now)}
        backend = self._engine.dialect.name
        with self._engine.begin() as connection:
            # Whoever counts up first holds the row: writers come one after another, and no reader sees a revision
            # whose rows are not there yet.
            revision = _count_up(connection, backend)
            changed: set[str] = set()
            rows = [newest[key] | {"revision": revision} for key in sorted(newest)]
            for start in range(0, len(rows), _AT_ONCE):
                put = put_product_updates(backend, rows[start : start + _AT_ONCE])
                changed.update(connection.execute(put).scalars())
            _prune(connection, now)
        return Recorded(len(changed), revision)

    def revision(self) -> int:
        """Number of the last change; 0 before the first."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(PRODUCT_REVISION.c.revision)).scalar_one_or_none() or 0

    def since(self, revision: int) -> tuple[int, list[FieldUpdate]]:
        """The last revision, and the rows that changed after ``revision``, oldest change first."""
        with self._engine.connect() as connection:
            last = connection.execute(sa.select(PRODUCT_REVISION.c.revision)).scalar_one_or_none() or 0
            within = PRODUCT_UPDATES.c.revision > revision, PRODUCT_UPDATES.c.revision <= last
            query = sa.select(PRODUCT_UPDATES).where(*within).order_by(PRODUCT_UPDATES.c.revision.desc())
            rows = connection.execute(query.limit(MAX_ROWS)).all() if last > revision else []
        return last, _read(reversed(rows))

    def between(self, start: datetime, end: datetime) -> list[FieldUpdate]:
        """What arrived with ``start <= recorded_at < end``, by product."""
        c = PRODUCT_UPDATES.c
        within = (c.recorded_at_us >= micros(start)) & (c.recorded_at_us < micros(end))
        query = sa.select(PRODUCT_UPDATES).where(within).order_by(c.product_id, c.updated_at_us, c.field)
        with self._engine.connect() as connection:
            return _read(connection.execute(query).all())


def _count_up(connection: sa.Connection, backend: str) -> int:
    """The next revision."""
    c = PRODUCT_REVISION.c
    up = sa.update(PRODUCT_REVISION).values(revision=c.revision + 1).returning(c.revision)
    counted = connection.execute(up).scalar_one_or_none()
    if counted is None:
        connection.execute(insert_new(PRODUCT_REVISION, backend), {"id": 1, "revision": 0})
        counted = connection.execute(up).scalar_one()
    return int(counted)


def _prune(connection: sa.Connection, now: datetime) -> None:
    """Forget fields that arrived KEPT_DAYS ago, and that a product is hidden no more."""
    c = PRODUCT_UPDATES.c
    goes = sa.or_(c.field != HIDDEN, c.value == "false")
    old = sa.select(c.product_id, c.field).where(c.recorded_at_us < micros(now - timedelta(days=KEPT_DAYS)), goes)
    found = connection.execute(old.limit(_PRUNED_AT_ONCE)).all()
    if found:
        this = (c.product_id == sa.bindparam("product")) & (c.field == sa.bindparam("of"))
        connection.execute(sa.delete(PRODUCT_UPDATES).where(this), [{"product": p, "of": f} for p, f in found])


def _read(rows: Iterable[sa.Row[Any]]) -> list[FieldUpdate]:
    return [
        FieldUpdate(r.product_id, r.field, json.loads(r.value), instant(r.updated_at_us), instant(r.recorded_at_us))
        for r in rows
    ]
