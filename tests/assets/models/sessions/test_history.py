"""Order of sessions and clicks, and the cut in time."""

import numpy as np
import pytest

from assets.models.sessions.history import MAX_CLICKS, SessionHistory


def test_by_hand() -> None:
    """Sessions by their last click, clicks by time, repeats kept; a session of one known click is left out."""
    session = np.array([7, 7, 7, 3, 3, 9, 9])
    item = np.array([1, 2, 1, 0, 4, 5, -1])
    ts = np.array([50, 60, 40, 10, 20, 1, 2])
    history = SessionHistory.from_rows(session, item, ts, 6)
    assert history.starts.tolist() == [0, 2, 5]
    assert history.items.tolist() == [0, 4, 1, 1, 2]
    assert history.session_of_click().tolist() == [0, 0, 1, 1, 1]


def test_a_cut_holds_nothing_of_later_sessions() -> None:
    """The first of two sessions alone."""
    history = SessionHistory.from_rows(np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3]), np.arange(4), 4)
    assert len(history.before(1)) == 1
    assert history.before(1).items.tolist() == [0, 1]
    assert len(history.before(0)) == 0


def test_long_sessions_keep_their_last_clicks() -> None:
    """The first clicks of a robot are dropped."""
    item = np.arange(MAX_CLICKS + 5)
    history = SessionHistory.from_rows(np.zeros(len(item)), item, item, len(item))
    assert history.items.tolist() == list(range(5, MAX_CLICKS + 5))


def test_nothing() -> None:
    """No rows, no sessions."""
    none = np.empty(0, dtype=np.int64)
    assert len(SessionHistory.from_rows(none, none, none, 3)) == 0


def test_bad_rows_are_refused() -> None:
    """Unequal lengths and items beyond the catalogue."""
    two = np.array([0, 1])
    with pytest.raises(ValueError, match="one each"):
        SessionHistory.from_rows(two, two[:1], two, 2)
    with pytest.raises(ValueError, match="item"):
        SessionHistory.from_rows(two, two + 1, two, 2)
