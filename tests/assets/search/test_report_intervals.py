"""Figures of a search report, of searches that found a product and of those that found none."""

import numpy as np

from assets.search.report import _intervals


def test_searches_that_found_nothing_count_for_zero_results_alone() -> None:
    """Three searches of two queries: the second found nothing, so the measures have two rows and the zeros three."""
    figures = {"ndcg": np.array([1.0, 0.5]), "zero_results": np.array([0.0, 1.0, 0.0])}
    found = np.array([True, False, True])
    of_all = _intervals(figures, np.array([0, 1, 0]), np.ones(3, dtype=np.bool_), found)
    assert of_all["searches"] == 3
    assert of_all["ndcg"]["estimate"] == 0.75  # type: ignore[index]  # JSON
    assert of_all["zero_results"]["estimate"] == 1 / 3  # type: ignore[index]
    of_unanswered = _intervals(figures, np.array([0, 1, 0]), ~found, found)
    assert set(of_unanswered) == {"searches", "zero_results"}
