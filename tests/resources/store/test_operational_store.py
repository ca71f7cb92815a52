"""The operational store, on SQLite and on a real PostgreSQL: idempotence, day counts, canonical columns."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from resources.contracts import CONTRACTS, validate
from resources.store import MAX_CONTEXT_CHARS, ArmCount, Impression, Reward, Store
from resources.store.store_tables import EVENTS, METADATA

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def shown(key: str, banner: str = "b1", ts: datetime = NOON) -> Impression:
    """An impression of ``banner`` in the slot home."""
    return Impression(key, ts, "home", 1, banner, 0.25, '{"page":"home"}', "thompson", "7", "0123456789abcdef")


def event(key: str, ts: datetime = NOON, **more: str) -> dict[str, object]:
    """A view that keeps the contract."""
    return {"event_id": key, "ts": ts, "kind": "view", "user_id": "u1", "product_id": "p1"} | more


def test_an_impression_and_its_reward_count_once(store: Store) -> None:
    """Two impressions, one repeated; one rewarded twice: 2 shown, 1 reward, and the first reward stays."""
    assert [store.record_impression(shown(k)) for k in ("i1", "i2", "i1")] == [True, True, False]
    assert store.record_reward("i1", 1.0) == Reward("i1", "home", "b1", 1.0)
    assert store.record_reward("i1", 0.0) == Reward("i1", "home", "b1", 1.0)
    assert store.counts("home") == {"b1": ArmCount(2, 1.0)}
    assert store.record_reward("never", 1.0) is None


def test_counts_leave_out_what_the_priors_hold(store: Store) -> None:
    """A release as of March 1 counts only impressions from March 2 on, whenever their reward came."""
    store.record_impression(shown("old", ts=NOON))
    store.record_impression(shown("new", ts=NOON + DAY))
    store.record_reward("old", 1.0, at=NOON + DAY)
    assert store.counts("home", after=date(2025, 3, 1)) == {"b1": ArmCount(1, 0.0)}
    assert store.counts("home") == {"b1": ArmCount(2, 1.0)}
    assert store.counts("elsewhere") == {}


def test_events_are_new_once_and_the_first_stays(store: Store) -> None:
    """A batch with a repeat inside and a batch that overlaps: 2 new, then 1 new; the first version of each stays."""
    assert store.add_events([event("e1"), event("e2"), event("e1", user_id="other")]) == 2
    assert store.add_events([event("e2", user_id="late"), event("e3")]) == 1
    assert store.add_events([]) == 0
    frame = store.read_events(NOON, NOON + DAY)
    assert frame.get_column("event_id").to_list() == ["e1", "e2", "e3"]
    assert set(frame.get_column("user_id")) == {"u1"}


def test_a_day_reads_back_in_canonical_columns(store: Store) -> None:
    """Half-open window; the rows keep their contracts; a reward that has not come is 0."""
    midnight = datetime(2025, 3, 2, tzinfo=UTC)
    store.add_events([event("e1", midnight - timedelta(microseconds=1)), event("e2", midnight)])
    store.record_impression(shown("i1"))
    store.record_impression(shown("i2"))
    store.record_reward("i2", 0.5)
    events = store.read_events(midnight - DAY, midnight)
    assert events.get_column("event_id").to_list() == ["e1"]
    assert events.item(0, "ts") == midnight - timedelta(microseconds=1)
    impressions = store.read_impressions(midnight - DAY, midnight)
    assert impressions.get_column("reward").to_list() == [0.0, 0.5]
    assert impressions.select("policy", "release", "context_hash").unique().rows() == [
        ("thompson", "7", "0123456789abcdef")
    ]
    for name, frame in (("events", events), ("banner_impressions", impressions)):
        assert dict(frame.schema) == CONTRACTS[name].columns
        assert validate(CONTRACTS[name], frame, origin="store").quarantined.is_empty()
    assert store.read_events(midnight + DAY, midnight + 2 * DAY).is_empty()


def test_last_feedback_day(store: Store) -> None:
    """The later of the last impression and the last event; none in an empty store."""
    assert store.last_feedback_day() is None
    store.record_impression(shown("i1"))
    assert store.last_feedback_day() == date(2025, 3, 1)
    store.add_events([event("e1", NOON + DAY)])
    assert store.last_feedback_day() == date(2025, 3, 2)


def test_rewards_from_several_threads_count_once(store: Store) -> None:
    """40 impressions, each rewarded by four threads: 40 shown, 40 rewards."""
    for i in range(40):
        store.record_impression(shown(f"i{i}"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: store.record_reward(f"i{i % 40}", 1.0), range(160)))
    assert store.counts("home") == {"b1": ArmCount(40, 40.0)}


@pytest.mark.parametrize("reward", [-0.1, 1.1])
def test_a_reward_outside_its_range_is_refused(store: Store, reward: float) -> None:
    """Rewards lie in [0, 1]."""
    with pytest.raises(ValueError, match=r"outside \[0, 1\]"):
        store.record_reward("i1", reward)


def test_a_bad_impression_is_refused(store: Store) -> None:
    """Propensity 0, a context too long, a time without a zone."""
    with pytest.raises(ValueError, match="outside"):
        store.record_impression(shown("i1")._replace(propensity=0.0))
    with pytest.raises(ValueError, match="context"):
        store.record_impression(shown("i1")._replace(context="x" * (MAX_CONTEXT_CHARS + 1)))
    with pytest.raises(ValueError, match="no zone"):
        store.record_impression(shown("i1")._replace(ts=datetime(2025, 3, 1)))


def test_another_database_is_refused() -> None:
    """Only SQLite and PostgreSQL."""
    with pytest.raises(ValueError, match="runs on"):
        Store("mysql://x/y")


def test_last_products_of_a_session_or_a_user(store: Store) -> None:
    """Products of views, clicks and cart additions alone, oldest first; the last ones, in key order at one instant."""
    second = timedelta(seconds=1)
    store.add_events(
        [
            event("e2", NOON, session_id="s1", product_id="b"),
            event("e1", NOON, session_id="s1", product_id="a"),
            event("e3", NOON + second, session_id="s1", product_id="a", kind="click"),
            event("e4", NOON + 2 * second, session_id="s1", product_id="c", kind="remove_from_cart"),
            event("e5", NOON + 3 * second, session_id="s2", product_id="d", kind="add_to_cart"),
            event("e6", NOON + 4 * second, session_id="s3", product_id="e", user_id="u2"),
        ]
    )
    assert store.last_products(50, session_id="s1") == ["a", "b", "a"]
    assert store.last_products(2, session_id="s1") == ["b", "a"]
    assert store.last_products(50, session_id="s1", user_id="u2") == ["a", "b", "a"]
    assert store.last_products(3, user_id="u1") == ["b", "a", "d"]
    assert store.last_products(50, session_id="never") == []
    with pytest.raises(ValueError, match="session_id or a user_id"):
        store.last_products(50)


def opened(url: str) -> Store:
    """A store that has been used."""
    store = Store(url)
    store.ping()
    return store


def test_a_store_that_is_not_used_makes_nothing(tmp_path: Path) -> None:
    """Neither the folder nor a file; the first use makes both."""
    store = Store(f"sqlite:///{tmp_path / 'sub' / 'store.db'}")
    assert list(tmp_path.iterdir()) == []
    store.ping()
    assert (tmp_path / "sub" / "store.db").exists()
    store.close()


def test_a_store_made_before_an_index_gets_it(tmp_path: Path) -> None:
    """Opened again, an older store has the indexes that requests need, and its last products come from one."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    opened(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX ix_feedback_events_session"))
    # A connection kept open would plan with the schema that it has read.
    engine.dispose()
    opened(url).close()
    with engine.connect() as connection:
        plan = connection.execute(
            sa.text(
                "EXPLAIN QUERY PLAN SELECT product_id FROM feedback_events WHERE session_id = 's1' "
                "ORDER BY ts_us DESC, event_id DESC LIMIT 50"
            )
        ).all()
    engine.dispose()
    assert [row[-1] for row in plan] == ["SEARCH feedback_events USING INDEX ix_feedback_events_session (session_id=?)"]


def test_a_store_made_before_a_column_gets_it(store: Store) -> None:
    """Impressions of before stay, without a policy; those that come have one."""
    store.record_impression(shown("old"))
    with store.engine.begin() as connection:
        for column in ("policy", "release", "context_hash"):
            connection.execute(sa.text(f"ALTER TABLE banner_impressions DROP COLUMN {column}"))
    again = Store(store.engine.url.render_as_string(hide_password=False))
    again.record_impression(shown("new"))
    frame = again.read_impressions(NOON, NOON + DAY)
    assert dict(frame.select("impression_id", "policy").rows()) == {"old": None, "new": "thompson"}
    assert opened(again.engine.url.render_as_string(hide_password=False)).counts("home") == {"b1": ArmCount(2, 0.0)}
    again.close()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_processes_that_start_at_once_make_one_schema(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    """Eight open a new store together, then one that lacks an index: none fails, and everything is there."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    if database == "postgresql":
        url = request.getfixturevalue("postgres_url")
    engine = sa.create_engine(url)
    for again in (
        [
            "DROP TABLE IF EXISTS banner_impressions",
            "DROP TABLE IF EXISTS early_rewards",
            "DROP TABLE IF EXISTS banner_counts",
            "DROP TABLE IF EXISTS feedback_events",
        ],
        ["DROP INDEX ix_feedback_events_session"],
    ) * 3:
        with engine.begin() as connection:
            for statement in again:
                connection.execute(sa.text(statement))
        engine.dispose()
        together = Barrier(8)

        def start(together: Barrier = together) -> None:
            together.wait()
            opened(url).close()

        with ThreadPoolExecutor(8) as pool:
            for started in [pool.submit(start) for _ in range(8)]:
                started.result()
        found = sa.inspect(engine)
        assert set(METADATA.tables) <= set(found.get_table_names())
        assert {i.name for i in EVENTS.indexes} <= {i["name"] for i in found.get_indexes("feedback_events")}
    engine.dispose()
