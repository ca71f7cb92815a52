"""Users' last products and what is bought again: counted by hand."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.arrays.user_keys import user_keys
from assets.models.popularity.user_histories import MOST, Act, UserHistories

VIEW, CLICK, CART, PURCHASE = range(4)


def fitted(*rows: tuple[str, int, int, int], n_items: int = 10) -> UserHistories:
    """Histories of rows (user, item, kind, seconds)."""
    users = [row[0] for row in rows]
    item, kind, seconds = (np.array([row[n] for row in rows], dtype=np.int64) for n in (1, 2, 3))
    return UserHistories.fit(users, item, kind, seconds, n_items)


def test_each_product_is_told_by_its_latest_act_of_either_sort() -> None:
    """Oldest first; a purchase stands beside the views; unknown products are ignored, strangers have nothing."""
    model = fitted(
        ("a", 3, VIEW, 10),
        ("a", 3, CART, 30),
        ("a", 1, CLICK, 20),
        ("b", 3, VIEW, 5),
        ("a", 3, PURCHASE, 40),
        ("a", -1, VIEW, 50),
    )
    assert model.of("a") == [Act(1, "click", 20, 1), Act(3, "add_to_cart", 30, 2), Act(3, "purchase", 40, 1)]
    assert model.of("b") == [Act(3, "view", 5, 1)]
    assert model.of("c") == []
    assert len(model) == 2


def test_the_last_twenty_of_either_sort_are_kept() -> None:
    """Of 25 viewed and 22 bought; the order of rows does not matter."""
    rows = [("a", n, VIEW, n) for n in range(25)] + [("a", n, PURCHASE, 100 + n) for n in range(22)]
    acts = fitted(*rows, n_items=25).of("a")
    assert [a.item for a in acts if a.kind == "view"] == list(range(25 - MOST, 25))
    assert [a.item for a in acts if a.kind == "purchase"] == list(range(22 - MOST, 22))
    assert fitted(*rows[::-1], n_items=25).of("a") == acts


def test_how_often_buyers_come_back() -> None:
    """20 buyers of product 0, half of them twice, one of product 1, none of 2; ten who did not come back are added."""
    rows = [(f"u{n}", 0, PURCHASE, n) for n in range(20)] + [(f"u{n}", 0, PURCHASE, 50) for n in range(10)]
    model = fitted(*rows, ("u0", 1, PURCHASE, 1), ("u0", 1, VIEW, 2), n_items=3)
    assert model.again == pytest.approx([10 / 30, 0, 0])


def test_it_is_the_same_from_disk_and_users_can_be_taken_out(tmp_path: Path) -> None:
    """Others keep theirs, and what is bought again stays."""
    model = fitted(("a", 1, VIEW, 1), ("b", 2, PURCHASE, 2), ("b", 1, VIEW, 3), ("c", 1, VIEW, 4))
    model.save(tmp_path)
    loaded = UserHistories.load(tmp_path)
    assert [loaded.of(user) for user in "abc"] == [model.of(user) for user in "abc"]
    left = loaded.without(user_keys(["b"]))
    assert [left.of(user) for user in "abc"] == [model.of("a"), [], model.of("c")]
    assert left.again.tolist() == model.again.tolist()


def test_nothing_is_a_model_too() -> None:
    """No rows, and no products."""
    assert fitted().of("a") == []
    assert fitted(n_items=0).again.size == 0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("a", 10, VIEW, 1), "positions run from 0 to 9"),
        (("a", 1, 4, 1), "kind holds 4 to 4"),
        (("a", 1, VIEW, -1), "seconds hold -1 to -1"),
        (("a", 1, VIEW, 2**32), "seconds since 1970"),
    ],
)
def test_bad_rows_are_refused(row: tuple[str, int, int, int], said: str) -> None:
    """With what there is and what may be."""
    with pytest.raises(ValueError, match=said):
        fitted(row)


def test_columns_of_different_lengths_are_refused() -> None:
    """With their sizes."""
    with pytest.raises(ValueError, match=r"\[1, 2\] rows"):
        UserHistories.fit(["a"], np.array([1, 2]), np.array([0]), np.array([1]), 5)
