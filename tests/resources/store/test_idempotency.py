"""The record of idempotency keys, on SQLite and on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from resources.store import Store, idempotency
from resources.store.idempotency import CUT_OFF, KEPT, IdempotencyKeys, KeptAnswer, users_of
from tests.resources.store.test_forgotten import store as _store

store = _store
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANSWER = KeptAnswer(202, '{"é": "\\u0000"}')


def test_a_key_goes_to_one_of_many(store: Store) -> None:
    """Twenty at once, of two processes: one begins, the others hear that it is in use, and later its answer."""
    records, ready = [IdempotencyKeys(store), IdempotencyKeys(store)], Barrier(20)
    records[0].begin("warm", "f", "o")

    def begin(number: int) -> object:
        ready.wait()
        return records[number % 2].begin("k", "f", f"o{number}")

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(begin, range(20)))
    assert sorted(map(str, found)) == ["begun"] + ["in use"] * 19
    winner = f"o{found.index('begun')}"
    records[0].finish("k", "another", KeptAnswer(200, "{}"))
    assert records[1].begin("k", "f", "x") == "in use"
    records[0].finish("k", winner, ANSWER)
    assert records[1].begin("k", "f", "x") == ANSWER
    assert records[1].begin("k", "g", "x") == "reused"


def test_keys_come_free(store: Store) -> None:
    """After a release; of a request that was cut off, to the same request alone; after KEPT to any."""
    keys, second = IdempotencyKeys(store), timedelta(seconds=1)
    assert keys.begin("k", "f", "a", now=NOW) == "begun"
    keys.release("k", "a")
    assert keys.begin("k", "g", "b", now=NOW) == "begun"
    assert keys.begin("k", "g", "c", now=NOW + CUT_OFF) == "in use"
    late = NOW + CUT_OFF + second
    assert keys.begin("k", "f", "c", now=late) == "reused"
    assert keys.begin("k", "g", "c", now=late) == "begun"
    keys.finish("k", "b", KeptAnswer(200, "{}"))  # of the one that was cut off, which is not heard any more
    keys.finish("k", "c", ANSWER)
    assert keys.begin("k", "g", "d", now=late + KEPT) == ANSWER
    assert keys.begin("k", "f", "d", now=late + KEPT + second) == "begun"


def test_old_keys_and_those_beyond_the_bound_are_deleted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five keys within the day and one of before, the newest three stay."""
    keys = IdempotencyKeys(store)
    for number in range(6):
        at = NOW + timedelta(minutes=number)
        assert keys.begin(f"k{number}", "f", "a", now=at - KEPT if number == 0 else at) == "begun"
        keys.finish(f"k{number}", "a", ANSWER)
    monkeypatch.setattr(idempotency, "MAX_KEYS", 3)
    assert IdempotencyKeys(store).begin("k5", "f", "b", now=NOW + timedelta(minutes=6)) == ANSWER
    left = [n for n in range(5) if keys.begin(f"k{n}", "f", "b", now=NOW + timedelta(minutes=6)) == ANSWER]
    assert left == [3, 4]


def test_users_that_an_answer_names() -> None:
    """At any depth, however written; a text that only looks like a name is none."""
    assert sorted(users_of('{"user": {"user_id": "a\\u00e9"}, "all": [{"user_id": "b"}, {"user_id": null}]}')) == [
        "aé",
        "b",
    ]
    assert list(users_of('{"why": "\\"user_id\\": c"}')) == []
    assert list(users_of("{}")) == []
