"""Updates of products in the store, on SQLite and on a real PostgreSQL: which value stays, and what a reader learns."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from resources.store import Store
from resources.store.product_updates import HIDDEN, KEPT_DAYS, FieldUpdate, ProductUpdates

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def updates(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ProductUpdates]:
    """An empty store on each database."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_uri").replace("postgresql://", "postgresql+psycopg2://")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE IF EXISTS product_updates, product_revision"))
        engine.dispose()
    store = Store(url)
    yield ProductUpdates(store.engine)
    store.close()


def test_of_each_field_the_newest_value_stays(updates: ProductUpdates) -> None:
    """Of a batch, of what comes late and of what comes again; fields that were not named stay."""
    batch = [
        ("p", {"price": 2.5}, NOON),
        ("p", {"price": 3.5, "tags": ["new", "é"]}, NOON + HOUR),
        ("q", {"price": None}, NOON),
    ]
    assert updates.record(batch, NOON + HOUR) == (2, 1)
    assert updates.record(batch, NOON + 2 * HOUR) == (0, 2)
    assert updates.record([("p", {"price": 9.0, "in_stock": False}, NOON)], NOON + 3 * HOUR) == (1, 3)
    revision, rows = updates.since(0)
    assert revision == updates.revision() == 3
    assert sorted(rows) == [
        FieldUpdate("p", "in_stock", False, NOON, NOON + 3 * HOUR),
        FieldUpdate("p", "price", 3.5, NOON + HOUR, NOON + HOUR),
        FieldUpdate("p", "tags", ["new", "é"], NOON + HOUR, NOON + HOUR),
        FieldUpdate("q", "price", None, NOON, NOON + HOUR),
    ]
    assert [one.field for one in updates.since(1)[1]] == ["in_stock"]
    assert updates.since(3) == (3, [])


def test_nothing_was_told_of_an_empty_store(updates: ProductUpdates) -> None:
    """Revision 0 and no rows."""
    assert updates.revision() == 0
    assert updates.since(0) == (0, [])


def test_a_window_has_what_arrived_in_it(updates: ProductUpdates) -> None:
    """By the time of arrival, half open, whatever the time from when on it is so."""
    for n in range(3):
        updates.record([(f"p{n}", {"price": n}, NOON - 5 * DAY)], NOON + n * HOUR)
    assert [one.product_id for one in updates.between(NOON, NOON + 2 * HOUR)] == ["p0", "p1"]


def test_what_every_release_has_by_now_is_forgotten_but_what_is_hidden(updates: ProductUpdates) -> None:
    """After KEPT_DAYS a price goes, and that a product was hidden once; one that is hidden stays so."""
    updates.record([("p", {"price": 1, HIDDEN: True}, NOON), ("q", {HIDDEN: False}, NOON)], NOON)
    updates.record([("r", {"price": 1}, NOON)], NOON + (KEPT_DAYS + 1) * DAY)
    assert sorted((one.product_id, one.field) for one in updates.since(0)[1]) == [("p", HIDDEN), ("r", "price")]


def test_writers_at_once_lose_nothing(updates: ProductUpdates) -> None:
    """Eight of them write the same products in different orders; who reads along by revision has all in the end."""
    products = [f"p{n:02d}" for n in range(40)]

    def write(n: int) -> None:
        rows = [(p, {"price": n}, NOON + n * HOUR) for p in (products if n % 2 else products[::-1])]
        updates.record(rows, NOON + n * HOUR)

    seen: dict[str, object] = {}
    last = 0
    with ThreadPoolExecutor(8) as pool:
        written = [pool.submit(write, n) for n in range(8)]
        while not all(one.done() for one in written) or last < updates.revision():
            last, rows = updates.since(last)
            seen |= {row.product_id: row.value for row in rows}
        assert [one.result() for one in written] == [None] * 8
    assert last == 8
    assert seen == dict.fromkeys(products, 7)
