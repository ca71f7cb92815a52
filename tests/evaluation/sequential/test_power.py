"""What an experiment will be able to see."""

import math
from dataclasses import replace

import numpy as np
import pytest

from evaluation.sequential.confidence_sequence import Estimate, confidence_sequence
from evaluation.sequential.power import Design, detectable_lift, length
from tests.trials import TRIALS, possible

DESIGN = Design(units_per_day=8_000, mean=1.0, deviation=0.75)


def test_detectable_by_hand() -> None:
    """With n ρ² = 7.936155 the width is √(1.126006 · 8.181532) = 3.03520; 80 % power adds 0.84162 standard errors."""
    error = 0.75 * math.sqrt(4 / 80_000)
    assert float(detectable_lift(DESIGN, 10)) == pytest.approx((3.03520 + 0.84162) * error, rel=1e-4)


def test_length_in_words() -> None:
    """(3.87682 · 0.75 / 0.02)² · 4 units are 84,543: 10.6 days of 8,000."""
    found = length(DESIGN, 0.02)
    assert (found.days, found.units) == (11, 88_000)
    assert found.verdict == "With 8,000 units a day you can see +2.0% in 11 days (80% of the times it is there)."


def test_covariate_shortens_and_a_window_lengthens() -> None:
    """A correlation of 0.6 leaves 64 % of the units: 54,108, so 7 days; waiting for 7 days adds 7."""
    assert length(replace(DESIGN, correlation=0.6), 0.02).days == 7
    assert length(replace(DESIGN, window_days=7), 0.02).days == 18


def test_too_small_to_be_seen() -> None:
    """What a year cannot show is said, with what it can."""
    found = length(DESIGN, 0.0001)
    assert found.days is None
    assert "cannot be seen within 365 days: by then +0.3% can" in found.verdict


def test_uneven_split_needs_more() -> None:
    """One in ten to the challenger: 1 / (0.1 · 0.9) instead of 4, so 5/3 of the error."""
    ratio = detectable_lift(replace(DESIGN, challenger_share=0.1), 10) / detectable_lift(DESIGN, 10)
    assert ratio == pytest.approx(5 / 3)


def test_power_is_what_it_says() -> None:
    """An effect of the detectable size is seen by the last day in 80 % of drawn experiments or some more."""
    lift, days = float(detectable_lift(DESIGN, 10)), np.arange(1, 11)
    error2 = 0.75**2 * 4 / (8_000 * days)
    steps = np.random.default_rng(8).normal(size=(TRIALS, 10))
    value = lift + np.cumsum(steps, axis=1) / days * math.sqrt(error2[0])
    lower = confidence_sequence(Estimate(value, error2, 8_000.0 * days), 80_000).lower
    assert possible(float((lower > 0).any(axis=1).mean()), 0.78, 0.87)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mean": 0.0},
        {"deviation": -1.0},
        {"units_per_day": 0},
        {"challenger_share": 1.0},
        {"power": 0.0},
        {"correlation": 1.0},
        {"window_days": -1},
    ],
)
def test_refuses_what_is_no_design(wrong: dict[str, float]) -> None:
    """The error names the field."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(DESIGN, **wrong)
