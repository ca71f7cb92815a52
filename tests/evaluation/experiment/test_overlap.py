"""Overlap of propensities: by hand."""

import numpy as np
import pytest

from evaluation.experiment.overlap import overlap


def test_equal_propensities_lose_nothing() -> None:
    """Weights are all the same: every row counts in full, whatever the split."""
    result = overlap(np.full(10, 0.2), [1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    assert (result.outside, result.effective_treated, result.effective_control) == pytest.approx((0, 1, 1))
    assert result.passed


def test_effective_size_by_hand() -> None:
    """Weights 2 and 8 of the treated: (2 + 8)² / (4 + 64) of two rows."""
    assert overlap([0.5, 0.125, 0.5], [1, 1, 0]).effective_treated == pytest.approx(100 / 68 / 2)


def test_no_overlap_is_caught() -> None:
    """Nearly all of the one half were treated, nearly none of the other."""
    chance = np.repeat([0.99, 0.01], 50)
    arm = np.repeat([1, 0], 50)
    result = overlap(chance, arm)
    assert (result.outside, result.passed) == (1.0, False)
    assert "hardly overlap" in result.verdict


def test_a_few_huge_weights_are_caught() -> None:
    """All but 5 % are within the range, yet these few carry the control."""
    chance = np.append(np.full(95, 0.5), np.full(5, 0.999))
    arm = np.append(np.arange(95) % 2, np.zeros(5))
    result = overlap(chance, arm)
    assert result.outside == 0.05
    assert result.effective_control < 0.25
    assert not result.passed


@pytest.mark.parametrize(
    ("chance", "arm", "message"),
    [
        ([0.5, 1.0], [0, 1], "strictly between"),
        ([0.5, 0.5], [1, 1], "have both"),
        ([0.5], [1, 0], "equal lengths"),
    ],
)
def test_broken_input_is_named(chance: list[float], arm: list[int], message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    with pytest.raises(ValueError, match=message):
        overlap(chance, arm)
