"""Rewards, on SQLite and on a real PostgreSQL: late, twice, out of order, of impressions that are not on record."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from resources.store import ArmCount, Given, Impression, Reward, Rewarded, Store
from resources.store.rewards import KEPT_DAYS, credit_early, keep_from_early
from resources.store.store_tables import IMPRESSIONS

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def shown(key: str, banner: str = "a", ts: datetime = NOON) -> Impression:
    """An impression of ``banner`` in the slot home."""
    return Impression(key, ts, "home", 1, banner, 0.5)


def rewards_of(store: Store) -> dict[str, float]:
    """Impression → reward, of all days."""
    frame = store.read_impressions(NOON - DAY, NOON + 10 * DAY)
    return dict(frame.select("impression_id", "reward").rows())


def test_each_of_a_batch_hears_what_became_of_it(store: Store) -> None:
    """New, the same again with another value, one on record from before, another slot, and one that never was."""
    store.record_impressions([shown("i1"), shown("i2", "b"), shown("i3")])
    store.record_reward("i2", 0.25)
    given = [Given("i1", 1.0), Given("i1", 0.0), Given("i2", 1.0), Given("i3", 1.0, "cart"), Given("never", 1.0)]
    first, second = Reward("i1", "home", "a", 1.0), Reward("i2", "home", "b", 0.25)
    assert store.record_rewards(given) == [
        Rewarded("new", first),
        Rewarded("repeated", first),
        Rewarded("repeated", second),
        Rewarded("unknown", None),
        Rewarded("unknown", None),
    ]
    assert store.record_rewards([Given("i1", 0.5, "home")]) == [Rewarded("repeated", first)]
    assert store.counts("home") == {"a": ArmCount(2, 1.0), "b": ArmCount(1, 0.25)}
    assert rewards_of(store) == {"i1": 1.0, "i2": 0.25, "i3": 0.0}
    # What names another slot than the impression's will never be right, and is not kept.
    assert store.early_rewards() == 1
    assert store.record_rewards([]) == []


def test_a_reward_counts_on_the_day_of_its_impression(store: Store) -> None:
    """However late it comes; those of several days and banners in one batch."""
    store.record_impressions([shown("i1"), shown("i2", "b", NOON + DAY), shown("i3", "b", NOON + DAY)])
    store.record_rewards([Given("i1", 1.0), Given("i2", 1.0), Given("i3", 0.5)])
    assert store.daily_counts("home", after=date(2025, 2, 1)) == {
        date(2025, 3, 1): {"a": ArmCount(1, 1.0)},
        date(2025, 3, 2): {"b": ArmCount(2, 1.5)},
    }


def test_a_reward_before_its_impression_counts_once_it_comes(store: Store) -> None:
    """The first of two, once; one for another slot stays apart; the impression again changes nothing."""
    early = [Given("i1", 1.0, "home"), Given("i1", 0.0), Given("i2", 0.5), Given("i3", 1.0, "cart")]
    assert [one.outcome for one in store.record_rewards(early)] == ["unknown"] * 4
    assert store.early_rewards() == 3
    assert store.record_impressions([shown("i1"), shown("i2", "b"), shown("i3"), shown("i4")]) == [True] * 4
    counts = {"a": ArmCount(3, 1.0), "b": ArmCount(1, 0.5)}
    assert store.counts("home") == counts
    assert store.early_rewards() == 1
    assert store.record_impressions([shown("i1")]) == [False]
    assert store.record_reward("i1", 0.0) == Reward("i1", "home", "a", 1.0)
    assert store.counts("home") == counts
    assert rewards_of(store) == {"i1": 1.0, "i2": 0.5, "i3": 0.0, "i4": 0.0}


def test_early_rewards_are_given_up(store: Store) -> None:
    """One of an impression that has not come for KEPT_DAYS goes when the next one is put apart."""
    store.record_reward("never", 1.0, at=NOON)
    store.record_reward("i1", 1.0, at=NOON + timedelta(days=KEPT_DAYS, seconds=-1))
    assert store.early_rewards() == 2
    store.record_reward("i2", 1.0, at=NOON + timedelta(days=KEPT_DAYS, seconds=1))
    assert store.early_rewards() == 2
    store.record_impressions([shown("never"), shown("i1")])
    assert store.counts("home") == {"a": ArmCount(2, 1.0)}


def test_one_out_of_range_keeps_none(store: Store) -> None:
    """The batch is refused whole."""
    store.record_impressions([shown("i1")])
    with pytest.raises(ValueError, match=r"reward 1.5 of impression 'i2' is outside \[0, 1\]"):
        store.record_rewards([Given("i1", 1.0), Given("i2", 1.5)])
    assert store.counts("home") == {"a": ArmCount(1, 0.0)}
    assert store.early_rewards() == 0


def test_impressions_and_rewards_at_once_lose_nothing(store: Store) -> None:
    """Impressions and their rewards race, in batches of every order, each reward twice: all count, each once."""
    names = [f"i{n}" for n in range(400)]
    order = random.Random(5)  # noqa: S311
    batches: list[list[Given] | list[Impression]] = []
    for _ in range(2):
        given = [Given(name, 1.0) for name in order.sample(names, len(names))]
        batches += [given[start : start + 20] for start in range(0, len(names), 20)]
    impressions = [shown(name, "ab"[int(name[1:]) % 2]) for name in order.sample(names, len(names))]
    batches += [impressions[start : start + 20] for start in range(0, len(names), 20)]
    order.shuffle(batches)

    def write(batch: list[Given] | list[Impression]) -> list[str]:
        if isinstance(batch[0], Impression):
            store.record_impressions(batch)  # type: ignore[arg-type]
            return []
        return [one.outcome for one in store.record_rewards(batch)]  # type: ignore[arg-type]

    with ThreadPoolExecutor(6) as pool:
        outcomes = Counter(outcome for found in pool.map(write, batches) for outcome in found)
    assert store.counts("home") == {"a": ArmCount(200, 200.0), "b": ArmCount(200, 200.0)}
    assert set(rewards_of(store).values()) == {1.0}
    assert store.early_rewards() == 0
    assert outcomes["new"] + outcomes["repeated"] + outcomes["unknown"] == 800
    assert outcomes["new"] <= 400


def test_a_reward_waits_for_the_impression_that_is_being_written(store: Store) -> None:
    """A transaction has written an impression and looked for its reward, and has not ended: the reward is not lost."""
    store.ping()
    with ThreadPoolExecutor(1) as pool:
        with store.engine.begin() as connection:
            keep_from_early(connection)
            row = shown("i1")._asdict() | {"ts_us": 1_740_830_400_000_000}
            row.pop("ts")
            connection.execute(sa.insert(IMPRESSIONS).values(row))
            assert credit_early(connection, {"i1": ("home", "a", "2025-03-01")}, 0) == {}
            rewarded = pool.submit(store.record_reward, "i1", 1.0)
            with pytest.raises(TimeoutError):
                rewarded.result(timeout=0.3)
        assert rewarded.result(timeout=30) == Reward("i1", "home", "a", 1.0)
    assert store.early_rewards() == 0
