"""Numbers of items by hand."""

import numpy as np

from assets.models.sessions.history import SessionHistory
from assets.models.sessions.item_stats import ITEM_COLUMNS, SELF_PRIOR, item_stats, trending


def test_by_hand() -> None:
    """Two sessions: 0 0 1, then 1 2; item 3 was never clicked."""
    history = SessionHistory.from_rows(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 2]), np.arange(5), 4)
    stats = dict(zip(ITEM_COLUMNS, item_stats(history, 1.0).T, strict=True))
    np.testing.assert_allclose(stats["pop_all"], np.log1p([1e5, 1e5, 5e4, 0]), rtol=1e-6)
    np.testing.assert_allclose(stats["pop_1"], np.log1p([0, 1e5, 1e5, 0]), rtol=1e-6)
    np.testing.assert_allclose(stats["seen_age"], [1.0, 0.5, 0.5, 2.0])
    np.testing.assert_allclose(stats["first_age"], [1.0, 1.0, 0.5, 2.0])
    # Onward clicks: 0→0, 0→1, 1→2; one of three repeats.
    prior = SELF_PRIOR / 3
    expected = [(1 + prior) / (2 + SELF_PRIOR), prior / (1 + SELF_PRIOR), 1 / 3, 1 / 3]
    np.testing.assert_allclose(stats["self_rate"], expected, rtol=1e-6)
    np.testing.assert_allclose(stats["onward_rate"], [2 * 0.5, 2**-0.5, 0, 0], rtol=1e-6)


def test_an_empty_history_is_all_never() -> None:
    """No clicks, no counts, no division by nothing."""
    none = np.empty(0, dtype=np.int64)
    stats = item_stats(SessionHistory.from_rows(none, none, none, 2), 0.1)
    assert np.isfinite(stats).all()
    assert stats[:, 4].tolist() == [2.0, 2.0]


def test_what_is_clicked_of_late_trends() -> None:
    """Item 0 has all clicks of 50 old sessions, item 1 those of 50 new ones and of one old; 2 and 3 tie, 4 has none."""
    clicks = [[0, 0]] * 49 + [[2, 3]] + [[1, 1]] * 50
    session = np.repeat(np.arange(100), 2)
    history = SessionHistory.from_rows(session, np.array(clicks).ravel(), np.arange(200), 5)
    assert trending(history).tolist() == [1, 0, 2, 3]
