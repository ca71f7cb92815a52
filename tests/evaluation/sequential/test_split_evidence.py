"""The sample ratio that may be looked at daily."""

import math

import numpy as np
import pytest

from evaluation.experiment.sample_ratio import sample_ratio
from evaluation.sequential.split_evidence import split_evidence, split_verdict
from tests.trials import TRIALS, possible


def test_evidence_by_hand() -> None:
    """A uniform mixture gives two of two to one arm the chance 1/3, the declared halves 1/4; one of each 1/6 to 1/4."""
    found = split_evidence([[0, 0], [1, 0], [2, 0], [1, 1]], [0.5, 0.5], concentration=2)
    assert np.exp(found) == pytest.approx([1, 1, 4 / 3, 4 / 6])


def test_evidence_is_a_martingale() -> None:
    """Of three arms, the expectation over the next unit is what it was."""
    shares, now = np.array([0.2, 0.3, 0.5]), np.array([4, 9, 2])
    after = np.exp(split_evidence(now + np.eye(3), shares))
    assert after @ shares == pytest.approx(np.exp(split_evidence(now, shares)))


def test_planted_split_is_caught() -> None:
    """52 of 100 where half were meant, at 8,000 units a day: within a week, and the words say what to do."""
    rng = np.random.default_rng(11)
    first = np.cumsum(rng.binomial(8_000, 0.52, 7))
    looks = np.column_stack([8_000 * np.arange(1, 8) - first, first])
    found = split_verdict(looks, {"champion": 0.5, "challenger": 0.5})
    assert not found.passed
    assert "start again under another id" in found.verdict
    assert found.expected == {"champion": 28_000, "challenger": 28_000}


def test_alarm_stays() -> None:
    """A fault that later units hide is not forgotten."""
    looks = [[1_000, 2_000], [100_000, 100_000]]
    assert split_verdict(looks[1:], {"a": 0.5, "b": 0.5}).passed
    assert not split_verdict(looks, {"a": 0.5, "b": 0.5}).passed


def test_clean_split_does_not_alarm_where_the_fixed_test_does() -> None:
    """Looked at 200 times at the level 0.05, the fixed χ² test alarms far too often; this one does not."""
    first = np.cumsum(np.random.default_rng(4).binomial(50, 0.3, (TRIALS, 200)), axis=1)
    total = 50 * np.arange(1, 201)
    evidence = split_evidence(np.stack([total - first, first], axis=-1), [0.7, 0.3])
    alarms = (evidence.max(axis=1) >= math.log(1 / 0.05)).mean()
    fixed = (np.abs(first - 0.3 * total) > 1.96 * np.sqrt(0.21 * total)).any(axis=1).mean()
    assert possible(1 - float(alarms), 0.95)
    assert not possible(1 - float(fixed), 0.95)


def test_agrees_with_the_fixed_test_on_a_plain_case() -> None:
    """What is beyond doubt, or beyond suspicion, is so for both."""
    for sizes, passed in (((5_000, 5_600), False), ((5_000, 5_030), True)):
        labels = np.repeat(["a", "b"], sizes)
        shares = {"a": 0.5, "b": 0.5}
        assert sample_ratio(labels, shares).passed is split_verdict([sizes], shares).passed is passed


@pytest.mark.parametrize(
    ("counts", "shares"), [([1, 2], [0.5, 0.6]), ([1, 2, 3], [0.5, 0.5]), ([-1, 2], [0.5, 0.5]), ([1], [1.0])]
)
def test_refuses_what_is_no_split(counts: list[int], shares: list[float]) -> None:
    """Shares sum to 1 and belong to the arms; counts are no less than 0."""
    with pytest.raises(ValueError, match="must be"):
        split_evidence(counts, shares)
