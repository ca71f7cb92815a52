"""Arms of experiments on record, on SQLite and on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from resources.store import Store, StoreError
from resources.store.assignments import Assignment, read_assignments, record_assignments
from resources.store.forgotten import ForgottenUsers
from tests.resources.store.test_forgotten import store as _store

store = _store
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def assigned(unit: str, arm: str, *, minutes: int = 0, probability: float = 0.5, of: str = "e") -> Assignment:
    """Of a user, some minutes after noon."""
    return Assignment(of, unit, "user", arm, probability, NOON + timedelta(minutes=minutes), "r1")


def test_the_first_arm_stays(store: Store) -> None:
    """Once a unit and experiment; told to whoever comes with another one."""
    assert record_assignments(store, [assigned("u", "champion"), assigned("u", "challenger", of="f")]) == {
        "e": "champion",
        "f": "challenger",
    }
    assert record_assignments(store, [assigned("u", "challenger", minutes=5)]) == {"e": "champion"}
    assert read_assignments(store, "e", NOON + timedelta(hours=1)).rows() == [("u", "champion", 0.5, "r1", NOON)]


def test_read_in_the_order_of_assignment_up_to_a_time(store: Store) -> None:
    """The end of the window is not in it."""
    for unit, minutes in (("late", 60), ("b", 2), ("a", 2), ("first", 1)):
        record_assignments(store, [assigned(unit, "champion", minutes=minutes, probability=0.9)])
    found = read_assignments(store, "e", NOON + timedelta(hours=1))
    assert found["unit"].to_list() == ["first", "a", "b"]
    assert found["probability"].to_list() == [0.9] * 3
    assert read_assignments(store, "none", NOON).is_empty()


def test_a_forgotten_user_is_not_kept(store: Store) -> None:
    """And so is in no arm."""
    ForgottenUsers(store.engine).request({"gone": 1})
    assert record_assignments(store, [assigned("gone", "champion")]) == {}
    session = assigned("gone", "champion")._replace(unit_kind="session")
    assert record_assignments(store, [session]) == {"e": "champion"}


@pytest.mark.parametrize("probability", [0.0, 1.0, float("nan")])
def test_refuses_what_is_no_chance(store: Store, probability: float) -> None:
    """An arm that is certain has nothing to be compared with."""
    with pytest.raises(ValueError, match="outside"):
        record_assignments(store, [assigned("u", "champion", probability=probability)])


def test_a_store_that_is_away_is_told(tmp_path: Path) -> None:
    """As an error of the store, without what was to be written."""
    (tmp_path / "store.db").mkdir()
    with pytest.raises(StoreError, match="could not be put on record: OperationalError"):
        record_assignments(Store(f"sqlite:///{tmp_path / 'store.db'}"), [assigned("secret", "champion")])
