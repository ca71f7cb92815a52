"""Transition counts against a plain count with dictionaries."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.sessions.covisitation import LAGS, PARTNERS, Covisitation
from assets.models.sessions.history import SessionHistory

N_ITEMS = 7


def history_of(sessions: list[list[int]], n_items: int = N_ITEMS) -> SessionHistory:
    """Sessions in time order."""
    session = np.repeat(np.arange(len(sessions)), [len(s) for s in sessions])
    item = np.array([i for s in sessions for i in s], dtype=np.int32)
    return SessionHistory.from_rows(session, item, np.arange(len(item)), n_items)


def rows_of(model: Covisitation, item: int) -> dict[int, np.ndarray]:
    """Partner → values of an item."""
    span = slice(model.starts[item], model.starts[item + 1])
    return dict(zip(model.partners[span].tolist(), model.values[span], strict=True))


def test_by_hand() -> None:
    """0 1 2 in the only session, its weight 2^(-1 / 1) for a half-life of all sessions."""
    model = Covisitation.fit(history_of([[0, 1, 2]]), 1.0)
    of_one = rows_of(model, 1)
    np.testing.assert_allclose(of_one[2], [0.5, 0.5, 0.0, 1.0])
    np.testing.assert_allclose(of_one[0], [0.0, 0.0, 0.5, 1.0])
    np.testing.assert_allclose(rows_of(model, 0)[2], [0.0, 0.25, 0.0, 0.5])


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, N_ITEMS - 1), min_size=2, max_size=12), max_size=8))
def test_equals_a_plain_count(sessions: list[list[int]]) -> None:
    """Every pair within the lags, none of an item with itself."""
    model = Covisitation.fit(history_of(sessions), 0.3)
    n = max(len(sessions), 1)
    expected: dict[tuple[int, int], np.ndarray] = defaultdict(lambda: np.zeros(4))
    for s, items in enumerate(sessions):
        weight = 2 ** ((s - n) / (0.3 * n))
        for p, i in enumerate(items):
            for q, j in enumerate(items):
                if i != j and 0 < abs(p - q) <= LAGS:
                    share = 1 / abs(p - q)
                    ahead = q > p
                    expected[i, j] += [
                        weight * (q == p + 1),
                        ahead * weight * share,
                        (not ahead) * weight * share,
                        share,
                    ]
    found = {(i, j): v for i in range(N_ITEMS) for j, v in rows_of(model, i).items()}
    assert found.keys() == expected.keys()
    for pair, values in found.items():
        np.testing.assert_allclose(values, expected[pair], rtol=1e-4)


def test_an_item_keeps_its_strongest_partners() -> None:
    """Item 0 was followed by more than are kept; the one followed twice stays and leads."""
    sessions = [[0, j] for j in range(1, PARTNERS + 20)] + [[0, 5]]
    model = Covisitation.fit(history_of(sessions, PARTNERS + 20), 10.0)
    partners = model.partners[model.starts[0] : model.starts[1]]
    assert len(partners) == PARTNERS
    assert partners[0] == 5


def test_a_half_life_of_nothing_is_refused() -> None:
    """It must be above 0."""
    with pytest.raises(ValueError, match="half_life"):
        Covisitation.fit(history_of([[0, 1]]), 0.0)
