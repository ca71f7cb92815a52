"""A user's history in the operational store, on SQLite and on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from resources.store import Store, StoreError
from resources.store.erasure import erase_from_store
from resources.store.forgotten import ForgottenUsers
from resources.store.store_tables import TAKEN_OUT
from resources.store.user_history import NOTHING_ON_RECORD, on_record, take_out_product
from tests.resources.store.test_forgotten import store as _store

store = _store
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fill(store: Store) -> None:
    """User u looks at a, searches, looks at b and again at a, minutes apart; v looks at a."""
    acts = [("view", "u", "a"), ("search", "u", None), ("click", "u", "b"), ("view", "u", "a"), ("view", "v", "a")]
    store.add_events(
        [
            {
                "event_id": f"e{n}",
                "ts": NOON + timedelta(minutes=n),
                "kind": kind,
                "user_id": user,
                "product_id": product,
                "query": "lamp" if kind == "search" else None,
            }
            for n, (kind, user, product) in enumerate(acts)
        ]
    )


def test_events_are_read_newest_first(store: Store) -> None:
    """As many as asked for, of all kinds or of some; of nobody else."""
    fill(store)
    assert [e.event_id for e in on_record(store.engine, "u", 10).events] == ["e3", "e2", "e1", "e0"]
    assert [e.event_id for e in on_record(store.engine, "u", 2, kinds=("view", "search")).events] == ["e3", "e1"]
    (_, _, search, _) = on_record(store.engine, "u", 10).events
    at = int((NOON + timedelta(minutes=1)).timestamp()) * 1_000_000
    assert search == ("e1", at, "search", None, None, "lamp", None)
    assert on_record(store.engine, "w", 10) == NOTHING_ON_RECORD


def test_a_product_is_taken_out_for_good(store: Store) -> None:
    """Its events go, others stay; when it was is on record, again when it is asked again."""
    fill(store)
    before = int(datetime.now(UTC).timestamp() * 1e6)
    assert take_out_product(store.engine, "u", "a") == 2
    told = on_record(store.engine, "u", 10)
    assert [e.event_id for e in told.events] == ["e2", "e1"]
    assert list(told.taken_out) == ["a"]
    assert before <= told.taken_out["a"]
    assert take_out_product(store.engine, "u", "a") == 0
    assert on_record(store.engine, "u", 10).taken_out["a"] > told.taken_out["a"]
    assert len(on_record(store.engine, "v", 10).events) == 1


@pytest.mark.parametrize("by_id", [True, False])
def test_nothing_is_left_of_who_is_forgotten(store: Store, *, by_id: bool) -> None:
    """Nor is anything kept in mind afterwards, though models may still hold the user's rows."""
    fill(store)
    for user in ("u", "v"):
        take_out_product(store.engine, user, "a")
    users = ForgottenUsers(store.engine).request({"u": 1})
    erase_from_store(store.engine, users, ids=["u"] if by_id else [])
    assert take_out_product(store.engine, "u", "b") == 0
    assert on_record(store.engine, "u", 10) == NOTHING_ON_RECORD._replace(is_forgotten=True)
    with store.engine.connect() as connection:
        assert list(connection.execute(sa.select(TAKEN_OUT.c.user_id)).scalars()) == ["v"]


def test_a_database_that_is_away_is_said(store: Store) -> None:
    """By name of the error, without what was asked for."""
    with store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE taken_out_of_histories RENAME TO elsewhere"))
    try:
        with pytest.raises(StoreError, match=r"^the history of a user could not be read: \w+$"):
            on_record(store.engine, "u", 10)
    finally:
        with store.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO taken_out_of_histories"))
