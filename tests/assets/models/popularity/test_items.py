"""Decayed counts by hand, and what holds for any input."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.popularity.items import Popularity


def fitted() -> Popularity:
    """Item 2: 1 + .5; item 0: 1 (two of a half); item 1 never; item 3: .25; the unknown row counts nowhere."""
    return Popularity.fit(
        np.array([2, 2, 0, 0, 3, -1]),
        np.array([1, 1, 1, 1, 1, 9], dtype=np.float32),
        np.array([0, 7, 7, 7, 14, 0], dtype=np.float32),
        n_items=5,
    )


def test_half_lives_by_hand() -> None:
    """Seven days old counts half; never seen items follow in item order with score 0."""
    answer = fitted().top(5)
    assert answer.items.tolist() == [2, 0, 3, 1, 4]
    assert answer.scores.tolist() == [1.5, 1.0, 0.25, 0.0, 0.0]


def test_members_and_masks() -> None:
    """A category and a mask both limit the answer."""
    model = fitted()
    mask = np.array([True, True, False, True, True])
    assert model.top(2, allowed=mask).items.tolist() == [0, 3]
    assert model.top(9, members=np.array([4, 2, 3, 3, -1], dtype=np.int32)).items.tolist() == [2, 3, 4]
    assert model.top(9, members=np.array([2, 3], dtype=np.int32), allowed=mask).items.tolist() == [3]


@given(
    st.lists(st.tuples(st.integers(-1, 3000), st.floats(0, 9), st.floats(0, 90)), max_size=60),
    st.integers(1, 40),
    st.integers(0, 9),
)
def test_invariants(rows: list[tuple[int, float, float]], k: int, seed: int) -> None:
    """Always full, no duplicates, sorted, mask respected, the same for any order of the rows."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    rng = np.random.default_rng(seed)
    models = [Popularity.fit(t[:, 0].astype(np.int32), t[:, 1], t[:, 2], 3001) for t in (table, rng.permutation(table))]
    mask = rng.random(3001) < 0.02
    for allowed in (None, mask):
        answer, again = (m.top(k, allowed=allowed) for m in models)
        assert answer.items.tolist() == again.items.tolist()
        assert answer.scores.tolist() == again.scores.tolist()
        assert len(set(answer.items.tolist())) == len(answer.items) == min(k, 3001 if allowed is None else mask.sum())
        assert (np.diff(answer.scores) <= 0).all()
        assert allowed is None or allowed[answer.items].all()


def test_round_trip(tmp_path: Path) -> None:
    """A loaded model gives the same answer, from mapped files."""
    fitted().save(tmp_path)
    for one, other in zip(fitted().top(5), Popularity.load(tmp_path).top(5), strict=True):
        np.testing.assert_array_equal(one, other)


def test_refusals() -> None:
    """A row from the future, unequal lengths and a half-life of 0 are refused."""
    one = np.ones(1)
    with pytest.raises(ValueError, match="as-of instant"):
        Popularity.fit(np.array([0]), one, -one, 1)
    with pytest.raises(ValueError, match="rows"):
        Popularity.fit(np.array([0, 0]), one, one, 1)
    with pytest.raises(ValueError, match="half_life_days"):
        Popularity.fit(np.array([0]), one, one, 1, half_life_days=0)
    with pytest.raises(ValueError, match="at least 1"):
        fitted().top(0)
