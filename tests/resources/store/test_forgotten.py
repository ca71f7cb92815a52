"""Who is to be forgotten, on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from resources.store import Impression, Store
from resources.store.forgotten import Forgotten, ForgottenUsers
from resources.store.store_tables import METADATA

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store on each database."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_uri").replace("postgresql://", "postgresql+psycopg2://")
        engine = sa.create_engine(url)
        METADATA.drop_all(engine)
        engine.dispose()
    made = Store(url)
    yield made
    made.close()


def test_a_request_waits_until_it_is_finished_and_is_known_for_ever(store: Store) -> None:
    """The key is kept while it waits; the digest stays; who is asked for again waits again."""
    record = ForgottenUsers(store.engine)
    assert (len(record.everyone()), record.pending()[1]) == (0, [])
    asked = record.request({"u1": 2**64 - 1, "ü'2": 5})
    assert record.request({"u1": 2**64 - 1}).digests < asked.digests
    waiting, keys = record.pending()
    assert (waiting, sorted(keys)) == (asked, [5, 2**64 - 1])
    record.finish([asked.digest("u1")])
    assert record.pending()[1] == [5]
    assert record.everyone() == asked
    assert [record.everyone().has(user) for user in ("u1", "ü'2", "u", "u11")] == [True, True, False, False]
    record.request({"u1": 7})
    assert sorted(record.pending()[1]) == [5, 7]


def test_no_id_is_on_record_and_every_store_has_its_own_salt(store: Store, tmp_path: Path) -> None:
    """Digests of two stores cannot be joined."""
    other = Store(f"sqlite:///{tmp_path / 'other.db'}")
    here, there = (ForgottenUsers(of.engine).request({"user-one": 1}) for of in (store, other))
    other.close()
    assert here.digests.isdisjoint(there.digests)
    with store.engine.connect() as connection:
        tables = [connection.execute(sa.select(table)).all() for table in METADATA.sorted_tables]
    assert "user-one" not in repr(tables)


def test_events_of_a_forgotten_user_are_not_kept(store: Store) -> None:
    """The other events of a batch are, and so are those of nobody."""
    ForgottenUsers(store.engine).request({"gone": 1})
    batch = [
        {"event_id": key, "ts": NOON, "kind": "view", "user_id": user, "session_id": "s", "product_id": "p"}
        for key, user in (("a", "gone"), ("b", "here"), ("c", None))
    ]
    assert store.add_events(batch) == 2
    assert store.read_events(NOON, NOON.replace(hour=13))["event_id"].to_list() == ["b", "c"]


def test_a_banner_shown_to_a_forgotten_user_does_not_name_them(store: Store) -> None:
    """The impression counts, without its context; others keep theirs, whatever it is."""
    ForgottenUsers(store.engine).request({"gone": 1})
    contexts = ['{"user_id":"gone"}', '{"user_id":"here"}', '{"user_id":7}', r'{"page":"\"user_id\""}', None]
    shown = [Impression(f"i{n}", NOON, "home", 1, "b", 0.5, context) for n, context in enumerate(contexts)]
    assert store.record_impressions(shown) == [True] * 5
    assert store.read_impressions(NOON, NOON.replace(hour=13))["context"].to_list() == [None, *contexts[1:]]
    assert store.counts("home")["b"].impressions == 5


def test_users_are_told_apart_in_a_column() -> None:
    """A null is nobody, and of nobody nothing is known."""
    ids = pl.Series(["a", None, "b", "a"])
    users = Forgotten("salt", frozenset()).also(["a", "z"])
    assert users.among(ids).to_list() == [True, False, False, True]
    assert users.but(["a"]).among(ids).to_list() == [False] * 4
    assert users.known(["b", None, "z", "a"]) == ["a", "z"]
    assert Forgotten("", frozenset()).among(ids).to_list() == [False] * 4
