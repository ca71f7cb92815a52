"""What the benchmark of experiments draws, and its figures in few experiments."""

import numpy as np
import pytest

from benchmarks.experiments.daily_looks import figures, fixed_interval, split_alarms
from benchmarks.experiments.shoppers import Shoppers, drawn_arms, looks, with_lift
from evaluation.sequential.arm_effect import cuped_effect, mean_effect
from evaluation.sequential.confidence_sequence import confidence_sequence
from tests.trials import TRIALS, possible

SHOPPERS = Shoppers.drawn()


def test_arms_are_drawn_from_the_shoppers() -> None:
    """Sizes are as meant, and means and correlations are those of the population."""
    arms = drawn_arms(SHOPPERS, 4, 10, 1_000, share=0.2, seed=1)
    assert (arms.champion.units + arms.challenger.units == 1_000).all()
    assert arms.challenger.units.mean() == pytest.approx(200, abs=10)
    seen = looks(arms.champion)
    assert seen.units[:, -1] == pytest.approx(arms.champion.units.sum(axis=1))
    assert seen.mean[:, -1, 0] == pytest.approx(SHOPPERS.revenue.mean(), rel=0.1)
    covariance = seen.covariance[:, -1].mean(axis=0)
    correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert correlation == pytest.approx(SHOPPERS.correlation, abs=0.05)


def test_lift_is_of_revenue_alone() -> None:
    """The mean grows by the lift, the spread with it; what was before stays."""
    arm = looks(drawn_arms(SHOPPERS, 2, 2, 500).challenger)
    lifted = with_lift(arm, 0.05)
    assert lifted.mean[..., 0] == pytest.approx(1.05 * arm.mean[..., 0])
    assert lifted.mean[..., 1] == pytest.approx(arm.mean[..., 1])
    assert lifted.covariance[..., 0, 0] == pytest.approx(1.05**2 * arm.covariance[..., 0, 0])
    assert lifted.covariance[..., 0, 1] == pytest.approx(1.05 * arm.covariance[..., 0, 1])


def test_sequences_hold_where_a_fixed_test_does_not() -> None:
    """Read on 30 days: few false alarms, the effect inside, sooner with CUPED."""
    arms = drawn_arms(SHOPPERS, TRIALS, 30, 1_000, seed=5)
    fixed = figures(arms, fixed_interval, mean_effect)
    plain = figures(arms, lambda e: confidence_sequence(e, 30_000), mean_effect)
    adjusted = figures(arms, lambda e: confidence_sequence(e, 15_000), cuped_effect)
    assert not possible(1 - fixed.false_alarms, 0.95)
    for found in (plain, adjusted):
        assert possible(1 - found.false_alarms, 0.95)
        assert possible(found.covered, 0.95)
    assert adjusted.decided > plain.decided
    assert adjusted.median_day < plain.median_day


def test_wrong_split_is_caught_and_a_clean_one_is_not() -> None:
    """52 of 100 where half were meant."""
    wrong, clean = (drawn_arms(SHOPPERS, 20, 10, 4_000, share=share, seed=2) for share in (0.52, 0.5))
    assert np.isfinite(split_alarms(wrong, 0.5)).all()
    assert not np.isfinite(split_alarms(clean, 0.5)).any()
