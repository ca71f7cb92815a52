"""The normal interval of a mean, by hand."""

import numpy as np
import pytest

from evaluation.resampling.normal import normal_mean_interval


def test_by_hand() -> None:
    """Mean 2, standard deviation 1 of three rows: 2 ± 1.96 / sqrt(3)."""
    assert normal_mean_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx(
        (2, 2 - 1.959964 / 3**0.5, 2 + 1.959964 / 3**0.5)
    )


def test_one_row_has_no_width() -> None:
    """A mean, and bounds that are not known; of no rows nothing is."""
    assert np.isnan(normal_mean_interval(np.ones(1))).tolist() == [False, True, True]
    assert np.isnan(normal_mean_interval(np.zeros(0))).all()
