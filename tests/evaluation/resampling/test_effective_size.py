"""Kish's effective sample size by hand."""

import numpy as np
import pytest

from evaluation.resampling.effective_size import effective_sample_size


def test_by_hand() -> None:
    """Weights 2 and 0.5 are worth 2.5² / 4.25 rows, equal ones their number, none nothing."""
    assert effective_sample_size(np.array([2.0, 0.5])) == pytest.approx(2.5**2 / 4.25)
    assert effective_sample_size(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_sample_size(np.zeros(3)) == 0.0
