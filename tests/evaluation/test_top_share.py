"""Who is above the cut, ties in part."""

import numpy as np

from evaluation.top_share import top_share


def test_ties_at_the_cut_share_what_is_left() -> None:
    """Two rows to take: 5 first, then half of each of the two 3s."""
    assert top_share(np.array([3.0, 5.0, 1.0, 3.0]), 2).tolist() == [0.5, 1.0, 0.0, 0.5]


def test_sums_to_the_rows_asked_for_and_is_clipped() -> None:
    """A fractional number of rows is kept, one beyond all rows takes all."""
    score = np.array([0.1, 0.2, 0.3])
    np.testing.assert_allclose(top_share(score, 1.5), [0.0, 0.5, 1.0])
    assert top_share(score, 99).tolist() == [1.0, 1.0, 1.0]
    assert top_share(score, 0).tolist() == [0.0, 0.0, 0.0]
