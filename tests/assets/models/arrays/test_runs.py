"""Runs of equal rows."""

import numpy as np

from assets.models.arrays.runs import run_starts


def test_starts_where_any_column_changes() -> None:
    """Rows (1, a), (1, a), (1, b), (2, b) are three runs."""
    assert run_starts(np.array([1, 1, 1, 2]), np.array(["a", "a", "b", "b"])).tolist() == [True, False, True, True]
    assert run_starts(np.array([7, 7])).tolist() == [True, False]


def test_no_rows_have_no_run() -> None:
    """Nothing in, nothing out."""
    assert run_starts(np.empty(0), np.empty(0)).tolist() == []
