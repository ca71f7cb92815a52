"""The area under the curve: by hand, by scikit-learn, and its standard error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.experiment.auc import auc


def test_by_hand() -> None:
    """Of the four pairs two are in order, one is tied: 2.5 / 4."""
    assert auc([1, 1, 0, 0], [3, 1, 2, 1]).area == pytest.approx(2.5 / 4)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_weighed_and_tied_as_scikit_learn(seed: int) -> None:
    """Small integers tie often."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    label = np.append(rng.integers(0, 2, 60), [0, 1])
    score, weight = rng.integers(0, 9, 62), rng.uniform(0.1, 3, 62)
    assert auc(label, score, weight).area == pytest.approx(roc_auc_score(label, score, sample_weight=weight))


def test_standard_error_is_the_spread_of_samples() -> None:
    """1,000 samples of weighed rows: the mean standard error is their spread."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(1000):
        label = rng.random(300) < 0.3
        found.append(auc(label, rng.normal(size=300) + 0.5 * label, rng.uniform(0.5, 2, 300)))
    assert np.mean([f.standard_error for f in found]) == pytest.approx(np.std([f.area for f in found]), rel=0.06)


@pytest.mark.parametrize(
    ("label", "weight", "message"),
    [([1, 1], None, "have both"), ([1, 2], None, "0 or 1"), ([1, 0], [1, 0], "weight"), ([1], None, "length")],
)
def test_broken_input_is_named(label: list[int], weight: list[int] | None, message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    with pytest.raises(ValueError, match=message):
        auc(label, [0.1, 0.2], weight)
