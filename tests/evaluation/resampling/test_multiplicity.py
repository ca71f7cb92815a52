"""Holm's adjustment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.resampling.multiplicity import holm


def test_by_hand() -> None:
    """0.01·3, then max(0.03, 0.02·2), then max(0.04, 0.03·1): never smaller than the one before."""
    assert holm([0.03, 0.01, 0.02]).tolist() == pytest.approx([0.04, 0.03, 0.04])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_keeps_order_and_never_helps(p_values: list[float]) -> None:
    """Adjusted values keep the order, are between the raw ones and Bonferroni's."""
    adjusted, raw = holm(p_values), np.array(p_values)
    assert (np.diff(adjusted[np.argsort(raw, kind="stable")]) >= 0).all()
    assert (adjusted >= raw).all()
    assert (adjusted <= np.minimum(raw.size * raw.max(), 1)).all()


def test_broken_input_is_named() -> None:
    """A p-value above 1."""
    with pytest.raises(ValueError, match="probabilities"):
        holm([1.1])
