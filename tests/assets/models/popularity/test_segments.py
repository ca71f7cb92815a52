"""Shares by segment by hand, and what holds for any rows."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.popularity.segments import PRIOR_WEIGHT, SegmentPopularity

WHERE = {"ann": "north", "bob": "south", "cy": "south"}


def fitted(rows: list[tuple[str, int, float, float]]) -> SegmentPopularity:
    """From (user, item, weight, age) over four items."""
    users, *columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    item, weight, age = (np.array(c, dtype=np.float64) for c in columns)
    return SegmentPopularity.fit(WHERE, users, item.astype(np.int64), weight, age, 4)


def test_by_hand() -> None:
    """The north likes 0, the south 1; a guest of no segment counts in the prior alone."""
    model = fitted([("ann", 0, 600, 0), ("bob", 1, 600, 7), ("cy", 1, 100, 0), ("dee", 2, 1000, 0), ("ann", -1, 9, 0)])
    prior = np.array([600, 400, 1000, 0]) / 2000
    north = (np.array([600, 0, 0, 0]) + PRIOR_WEIGHT * prior) / (600 + PRIOR_WEIGHT)
    answer = model.top("ann", 4)
    assert answer.items.tolist() == [0, 2, 1]  # nobody looked at 3
    np.testing.assert_allclose(answer.scores, north[[0, 2, 1]], rtol=1e-6)
    assert model.top("bob", 1).items.tolist() == model.top("cy", 1).items.tolist() == [1]
    assert model.top("cy", 4, np.array([True, False, True, True])).items.tolist() == [2, 0]
    assert (model.segment("cy"), model.segment("dee")) == ("south", None)
    assert model.top("dee", 4).items.tolist() == []


row = st.tuples(st.sampled_from([*WHERE, "dee"]), st.integers(-1, 3), st.floats(0, 9), st.floats(0, 90))


@given(st.lists(row, max_size=40), st.integers(1, 6), st.integers(0, 99))
def test_invariants(rows: list[tuple[str, int, float, float]], k: int, seed: int) -> None:
    """Distinct and sorted for every known user, only what was looked at, the same for any order of rows."""
    shuffled = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    for user in WHERE:
        answer, again = (fitted(table).top(user, k) for table in (rows, shuffled))
        assert answer.items.tolist() == again.items.tolist()
        assert answer.scores.tolist() == again.scores.tolist()
        assert len(set(answer.items.tolist())) == len(answer.items) <= min(k, 4)
        assert (answer.scores > 0).all()
        assert (np.diff(answer.scores) <= 0).all()


def test_round_trip(tmp_path: Path) -> None:
    """A loaded model answers alike."""
    model = fitted([("ann", 0, 5, 0), ("bob", 1, 5, 0)])
    model.save(tmp_path)
    loaded = SegmentPopularity.load(tmp_path)
    for user in WHERE:
        assert loaded.segment(user) == model.segment(user)
        assert loaded.top(user, 4).items.tolist() == model.top(user, 4).items.tolist()


def test_refusals() -> None:
    """Unequal lengths, foreign items and a k of 0 are refused."""
    one = np.zeros(1)
    with pytest.raises(ValueError, match="differ in length"):
        SegmentPopularity.fit(WHERE, ["ann", "bob"], one.astype(int), one, one, 4)
    with pytest.raises(ValueError, match="look the ids up"):
        SegmentPopularity.fit(WHERE, ["ann"], one.astype(int) + 4, one, one, 4)
    with pytest.raises(ValueError, match="at least 1"):
        fitted([]).top("ann", 0)
