"""Shares of categories by hand, and what holds for any rows."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.popularity.category_affinity import TOP_CATEGORIES, CategoryAffinity


def fitted() -> CategoryAffinity:
    """Ann: category 4 weighs 1 + .5, category 2 weighs .5; Bob only looked at no category."""
    return CategoryAffinity.fit(
        ["ann", "ann", "ann", "bob", "cy"],
        np.array([4, 4, 2, -1, 7]),
        np.array([1, 1, 1, 1, 2.0]),
        np.array([0, 30, 30, 0, 500.0]),
    )


def test_by_hand() -> None:
    """Ann's shares are 3/4 and 1/4; old interest of the only kind is all of Cy's."""
    model = fitted()
    assert model.categories("ann", 5) == [(4, 0.75), (2, 0.25)]
    assert model.categories("ann", 1) == [(4, 0.75)]
    assert model.categories("cy", 5) == [(7, 1.0)]
    assert model.categories("bob", 5) == model.categories("stranger", 5) == []
    assert len(model) == 2


row = st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(-1, 40), st.floats(0, 5), st.floats(0, 90))


@given(st.lists(row, max_size=80), st.integers(1, 30), st.randoms(use_true_random=False))
def test_invariants(rows: list[tuple[str, int, float, float]], k: int, random: object) -> None:
    """Sorted, distinct, within (0, 1], bounded, the same for any order of rows."""

    def fit(table: list[tuple[str, int, float, float]]) -> CategoryAffinity:
        columns = np.array([r[1:] for r in table], dtype=np.float64).reshape(-1, 3)
        return CategoryAffinity.fit([r[0] for r in table], columns[:, 0].astype(int), columns[:, 1], columns[:, 2])

    model = fit(rows)
    random.shuffle(rows)  # type: ignore[attr-defined]  # hypothesis hands out random.Random
    again = fit(rows)
    for user in "abc":
        answer = model.categories(user, k)
        assert answer == again.categories(user, k)
        assert answer == sorted(answer, key=lambda pair: (-pair[1], pair[0]))
        assert len({c for c, _ in answer}) == len(answer) <= min(k, TOP_CATEGORIES)
        assert all(0 <= share <= 1 for _, share in answer)
        assert sum(share for _, share in answer) <= 1 + 1e-5


def test_round_trip(tmp_path: Path) -> None:
    """A loaded model answers alike; so does one without users."""
    for name, model in (("some", fitted()), ("none", CategoryAffinity.fit([], *[np.empty(0)] * 3))):
        folder = tmp_path / name
        folder.mkdir()
        model.save(folder)
        loaded = CategoryAffinity.load(folder)
        assert len(loaded) == len(model)
        for user in ("ann", "bob", "cy", "stranger"):
            assert loaded.categories(user, 5) == model.categories(user, 5)


def test_refusals() -> None:
    """Unequal lengths, the future and k of 0 are refused."""
    one = np.ones(1)
    with pytest.raises(ValueError, match="one each"):
        CategoryAffinity.fit(["a", "b"], one, one, one)
    with pytest.raises(ValueError, match="as-of instant"):
        CategoryAffinity.fit(["a"], one, one, -one)
    with pytest.raises(ValueError, match="at least 1"):
        fitted().categories("ann", 0)
