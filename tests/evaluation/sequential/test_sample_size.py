"""How many users a trial needs: by hand, and by trials that are drawn."""

import math
from dataclasses import replace

import numpy as np
import pytest

from evaluation.arrays import Floats
from evaluation.experiment.average_effect import average_effect
from evaluation.sequential.sample_size import Trial, detectable_effect, units_needed

RATE = replace(Trial.of_rate(0.1), treated_share=0.8)
DRAWN = 3_000
"""Trials, so that a share of .8 is known to .007 (one standard error), and .03 is four of them."""


def test_users_by_hand() -> None:
    """(1.959964 + .841621)² (.12 · .88 / .8 + .1 · .9 / .2) / .02² = 7.848880 · .582 / .0004 = 11,420.1."""
    assert units_needed(RATE, 0.02) == 11_421


def test_what_so_many_users_show_is_the_effect_that_needs_them() -> None:
    """There and back, for rates and money, with CUPED and daily looks."""
    money = Trial(mean=2.0, deviation=14.0, treated_share=0.3, correlation=0.6, looks="daily", level=0.9, power=0.9)
    for trial, effect in ((RATE, 0.02), (RATE, 0.05), (money, 0.1), (money, 0.5)):
        assert detectable_effect(trial, units_needed(trial, effect)) == pytest.approx(effect, rel=1e-3)


def test_a_fall_needs_fewer_than_a_rise_of_a_rate() -> None:
    """Below one half a rate that falls varies less."""
    assert units_needed(RATE, -0.02) < units_needed(RATE, 0.02)


def test_what_is_known_before_saves_its_square() -> None:
    """A correlation of .6 leaves 64 % of the users."""
    assert units_needed(replace(RATE, correlation=0.6), 0.02) == pytest.approx(0.64 * units_needed(RATE, 0.02), abs=1)


def test_daily_looks_cost_what_a_sequence_is_wider() -> None:
    """(3.03520 + .84162)² instead of (1.95996 + .84162)²: 1.915 times the users."""
    ratio = units_needed(replace(RATE, looks="daily"), 0.02) / units_needed(RATE, 0.02)
    assert ratio == pytest.approx((3.87682 / 2.80159) ** 2, rel=1e-3)


@pytest.mark.parametrize(("rate", "effect", "share"), [(0.1, 0.02, 0.5), (0.02, 0.01, 0.8), (0.3, -0.05, 0.1)])
def test_rates_are_seen_as_often_as_stated(rate: float, effect: float, share: float) -> None:
    """Of drawn trials of the size, 80 % or 90 % find the effect at the 5 % level, within 3 points."""
    rng = np.random.default_rng(11)
    for power in (0.8, 0.9):
        trial = replace(Trial.of_rate(rate), treated_share=share, power=power)
        units = units_needed(trial, effect)
        treated = round(share * units)
        sizes = np.array([units - treated, treated])
        means = rng.binomial(sizes, [rate, rate + effect], size=(DRAWN, 2)) / sizes
        error = np.sqrt((means * (1 - means) / (sizes - 1)).sum(axis=1))
        found = np.abs(means[:, 1] - means[:, 0]) > 1.959964 * error
        assert found.mean() == pytest.approx(power, abs=0.03)


def purchases(rng: np.random.Generator, users: int, rate: float) -> Floats:
    """Money of users of whom a share buys, for amounts with a heavy tail: log-normal, mean 40, deviation 53."""
    return np.where(rng.random(users) < rate, rng.lognormal(math.log(40) - 0.5, 1.0, users), 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.85])
def test_money_is_seen_as_often_as_stated(share: float) -> None:
    """1,500 trials measured as the pipeline measures them; the rate rises from .08 to .1, so money by .8 a user."""
    rng, rate = np.random.default_rng(12), 0.08
    mean, square = rate * 40, rate * 40**2 * math.e
    trial = Trial(mean, math.sqrt(square - mean**2), treated_share=share)
    users = units_needed(trial, 0.8)
    treatment = np.arange(users) < round(share * users)
    assert found_share(rng, treatment, rate, 0.1) == pytest.approx(0.8, abs=0.03)


def found_share(rng: np.random.Generator, treatment: np.ndarray, rate: float, treated_rate: float) -> float:
    """Of 1,500 trials, those whose interval leaves 0 out."""
    users, ones = treatment.size, np.ones(treatment.size)
    found = 0
    for _ in range(1_500):
        money = np.where(treatment, purchases(rng, users, treated_rate), purchases(rng, users, rate))
        effect = average_effect(money, treatment, ones).effect
        found += effect.lower > 0 or effect.upper < 0
    return found / 1_500


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"mean": 0.0}, "mean"),
        ({"mean": math.nan}, "mean"),
        ({"deviation": math.inf}, "deviation"),
        ({"treated_share": 1.0}, "treated_share"),
        ({"power": 0.4}, "power"),
        ({"correlation": 1.0}, "correlation"),
    ],
)
def test_refuses_what_is_no_trial(wrong: dict[str, float], told: str) -> None:
    """The error names the field."""
    with pytest.raises(ValueError, match=told):
        replace(RATE, **wrong)  # type: ignore[arg-type]


def test_refuses_effects_that_cannot_be() -> None:
    """None at all, more than everybody, fewer than nobody; and a rate that is none."""
    with pytest.raises(ValueError, match="name the smallest effect"):
        units_needed(RATE, 0.0)
    for effect in (0.9, 1.2, -0.1):
        with pytest.raises(ValueError, match="no outcome can change so much"):
            units_needed(RATE, effect)
    with pytest.raises(ValueError, match="would need more than"):
        units_needed(RATE, 1e-200)
    with pytest.raises(ValueError, match="too large to plan with"):
        detectable_effect(Trial(1e-300, 1e12), 10)
    with pytest.raises(ValueError, match="rate must lie between 0 and 1"):
        Trial.of_rate(1.0)
    with pytest.raises(ValueError, match="give 2 or more"):
        detectable_effect(RATE, 1)
