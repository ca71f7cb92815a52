"""Deleting users from the operational store, on SQLite and on a real PostgreSQL."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from resources.store import Impression, Store
from resources.store.assignments import Assignment, read_assignments, record_assignments
from resources.store.erasure import StoreRows, compact, erase_from_store
from resources.store.forgotten import ForgottenUsers
from tests.resources.store.test_forgotten import store as _store

store = _store
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
GONE = "ga'ne \"é%_"
"""An id that SQL, JSON and LIKE each have a reason to stumble over."""


def fill(store: Store) -> None:
    """A session of the user's own, with an event of nobody; one that another user shares; banners for both."""
    rows = [
        ("own", GONE, "mine"),
        ("nobodys", None, "mine"),
        ("shared", GONE, "ours"),
        ("other", "u2", "ours"),
        ("whose", None, "ours"),
        ("alone", None, "else"),
        ("bare", GONE, None),
    ]
    store.add_events(
        [
            {"event_id": e, "ts": NOON, "kind": "view", "user_id": u, "session_id": s, "product_id": "p"}
            for e, u, s in rows
        ]
    )
    contexts = {
        "i1": json.dumps({"user_id": GONE}),
        "i2": json.dumps({"user_id": GONE}, ensure_ascii=False),
        "i3": json.dumps({"user_id": "u2", "page": GONE}),
        "i4": "{no json " + json.dumps(GONE),
        "i5": None,
    }
    store.record_impressions([Impression(k, NOON, "home", 1, "b", 0.5, text) for k, text in contexts.items()])

    arms = ((GONE, "user"), ("u2", "user"), ("mine", "session"), ("ours", "session"))
    record_assignments(store, [Assignment("e", unit, kind, "champion", 0.5, NOON, "r") for unit, kind in arms])


def left(store: Store) -> tuple[list[str], list[str]]:
    """Events and impressions that there are."""
    window = NOON, NOON + timedelta(hours=1)
    return (
        store.read_events(*window)["event_id"].to_list(),
        store.read_impressions(*window)["impression_id"].to_list(),
    )


@pytest.mark.parametrize("by_name", [True, False])
def test_a_users_rows_go_and_all_others_stay(store: Store, by_name: bool) -> None:
    """By the id, or by its digest alone: the user's events, nobody's in the user's own session, banners, arms."""
    fill(store)
    users = ForgottenUsers(store.engine).request({GONE: 1})
    ids = [GONE] if by_name else []
    before = left(store)
    assert erase_from_store(store.engine, users, ids=ids, apply=False) == StoreRows(4, 2, 2)
    assert left(store) == before
    assert erase_from_store(store.engine, users, ids=ids) == StoreRows(4, 2, 2)
    assert left(store) == (["alone", "other", "whose"], ["i3", "i4", "i5"])
    assert erase_from_store(store.engine, users, ids=ids) == StoreRows(0, 0, 0)
    assert read_assignments(store, "e", LATER)["unit"].to_list() == ["ours", "u2"]
    assert store.counts("home")["b"].impressions == 5
    assert compact(store.engine)


def test_nothing_is_left_in_the_pages_of_a_file(tmp_path: Path) -> None:
    """Neither in free pages nor in the write-ahead log."""
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    rows = [
        {"event_id": f"e{n}", "ts": NOON, "kind": "view", "user_id": f"user-{n}", "product_id": "p"} for n in range(500)
    ]
    store.add_events(rows)
    assert b"user-77" in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    erase_from_store(store.engine, ForgottenUsers(store.engine).request({"user-77": 1}), ids=["user-77"])
    assert compact(store.engine)
    found = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()
    assert b"user-77" not in found
    assert b"user-78" in found
