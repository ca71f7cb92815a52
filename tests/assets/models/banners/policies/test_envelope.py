"""Shares of an envelope of lines: by hand, and against quantiles."""

from math import erf, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.banners.policies.envelope import half_normal_shares

QUANTILES = np.array([NormalDist().inv_cdf(0.5 + (i + 0.5) / 8_000) for i in range(4_000)])
"""Of |z|."""


@pytest.mark.parametrize(
    ("mean", "width", "shares"),
    [
        ([0.3], [1.0], [1.0]),
        # Lines cross at z = 1.
        ([1.0, 0.0], [0.0, 1.0], [erf(1 / sqrt(2)), 1 - erf(1 / sqrt(2))]),
        # Lower and no steeper: never.
        ([1.0, 0.5], [0.5, 0.5], [1.0, 0.0]),
        # All three meet at z = 1: the middle one is highest nowhere else.
        ([2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [erf(1 / sqrt(2)), 0.0, 1 - erf(1 / sqrt(2))]),
        # Equal at 0: the steeper has all of it.
        ([0.1, 0.1], [0.2, 0.3], [0.0, 1.0]),
        # Two are the same line.
        ([0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [(1 - erf(1 / sqrt(2))) / 2] * 2 + [erf(1 / sqrt(2))]),
    ],
)
def test_by_hand(mean: list[float], width: list[float], shares: list[float]) -> None:
    """P(|z| < 1) = erf(1/√2)."""
    np.testing.assert_allclose(half_normal_shares(np.array(mean), np.array(width)), shares, atol=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_against_quantiles(seed: int, n: int) -> None:
    """The winner at each of 4,000 evenly likely |z|: each share within one of them for each of its two ends."""
    rng = np.random.default_rng(seed)
    mean, width = rng.normal(size=n) * 0.1, rng.random(n) * rng.choice([0.1, 1.0])
    shares = half_normal_shares(mean, width)
    counted = np.bincount((mean + np.outer(QUANTILES, width)).argmax(axis=1), minlength=n) / QUANTILES.size
    np.testing.assert_allclose(shares, counted, atol=2 / QUANTILES.size)
    assert shares.sum() == pytest.approx(1.0)
