"""Confidence sequences, against the paper's formula, by hand and by drawn trials."""

import math

import numpy as np
import pytest

from evaluation.sequential.confidence_sequence import (
    Estimate,
    confidence_sequence,
    mixture_ratio,
    p_values,
    width,
)
from tests.trials import TRIALS, possible


def test_ratio_by_hand() -> None:
    """-2 ln 0.05 = 5.99146 and ln 6.99146 = 1.94469."""
    assert mixture_ratio(1_000) == pytest.approx(0.00793616, rel=1e-5)


def test_width_by_hand() -> None:
    """Where n ρ² is 1 it is √(2 (ln 2 + 2 ln 20)) = √13.36922; without units there is no limit."""
    assert width([1 / mixture_ratio(500), 0], 500) == pytest.approx([3.656395, math.inf])


def test_interval_is_that_of_the_paper() -> None:
    """Half of it is s · √(2 (n ρ² + 1) / (n² ρ²) · ln(√(n ρ² + 1) / α))."""
    values = np.random.default_rng(0).normal(3, 2, 400)
    n, rho2, alpha = 400, mixture_ratio(1_000, 0.9), 0.1
    half = values.std(ddof=1) * math.sqrt(
        2 * (n * rho2 + 1) / (n**2 * rho2) * math.log(math.sqrt(n * rho2 + 1) / alpha)
    )
    estimate = Estimate(np.asarray(values.mean()), np.asarray(values.var(ddof=1) / n), np.asarray(float(n)))
    found = confidence_sequence(estimate, 1_000, 0.9)
    assert (found.lower, found.upper) == pytest.approx((values.mean() - half, values.mean() + half))


def test_tightest_where_it_was_wanted() -> None:
    """At the units that it was made for other choices are wider; the paper's closed form is right to 1 in 10,000."""
    own = float(width(2_000, 2_000))
    assert own < min(float(width(2_000, other)) for other in (1_000, 1_600, 2_500, 4_000))
    assert own < 1.0001 * min(float(width(2_000, other)) for other in np.linspace(1_500, 2_500, 101))


def test_p_value_agrees_with_the_interval() -> None:
    """At the bound of a 95 % sequence the p-value is 0.05."""
    estimate = Estimate(np.array([1.0, 1.0]), np.array([0.09, np.nan]), np.array([300.0, 300.0]))
    bound = confidence_sequence(estimate, 800).lower[0]
    assert p_values(estimate, 800, truth=bound) == pytest.approx([0.05, 1.0])
    assert p_values(estimate, 800, truth=1.0)[0] == 1.0


def test_unknown_variance_has_no_limits() -> None:
    """One unit, or units that are all alike, tell nothing."""
    found = confidence_sequence(Estimate(np.ones(2), np.array([np.nan, 0.0]), np.array([1.0, 3.0])), 100)
    assert (found.lower == -math.inf).all()
    assert (found.upper == math.inf).all()


def test_holds_at_all_looks_together() -> None:
    """Means of skewed values looked at after each of 1,000 units: the truth is left out in 5 % of trials at most."""
    draws = np.random.default_rng(5).exponential(1.0, (TRIALS, 1_000))
    units = np.arange(1, 1_001.0)
    mean = np.cumsum(draws, axis=1) / units
    spread = np.cumsum(draws**2, axis=1) / units - mean**2
    found = confidence_sequence(Estimate(mean, spread / units, units), 500)
    looks = slice(20, None)
    held = ((found.lower <= 1) & (found.upper >= 1))[:, looks].all(axis=1).mean()
    fixed = (np.abs(mean - 1) <= 1.96 * np.sqrt(spread / units))[:, looks].all(axis=1).mean()
    assert possible(float(held), 0.95)
    assert not possible(float(fixed), 0.95)


@pytest.mark.parametrize(("tightest_at", "level"), [(0, 0.95), (math.nan, 0.95), (10, 1.0), (10, 0.0)])
def test_refuses_what_is_no_plan(tightest_at: float, level: float) -> None:
    """A sequence needs a size of one or more and a level between 0 and 1."""
    with pytest.raises(ValueError, match="must"):
        mixture_ratio(tightest_at, level)
