"""Trials drawn at random: the figure, and what is drawn."""

import numpy as np
import pytest

from benchmarks.uplift.drawn import arm_coverage, figures_of_trial, share_of_gain
from benchmarks.uplift.drawn_trials import drawn_trial


def test_share_by_hand() -> None:
    """Of ten users one effect of 1: found first, it is all of the gain; found last, the opposite; all alike, none."""
    effect = np.zeros(10)
    effect[3] = 1
    assert share_of_gain(effect, effect) == (1, 1)
    # Best: 1 - k/10 summed over k = 1 … 10 is 4.5. Last: -k/10 up to k = 9, then 0: -4.5; of the best three -.3 of .7.
    assert share_of_gain(-effect, effect) == pytest.approx((-1, -3 / 7))
    # In place, behind three others: -.1 - .2 - .3 + .6 + .5 + .4 + .3 + .2 + .1 + 0 = 1.5.
    assert share_of_gain(np.zeros(10), effect) == pytest.approx((1 / 3, -3 / 7))


def test_a_seed_draws_one_trial() -> None:
    """The same seed gives the same; effects are differences of probabilities, and differ between users."""
    one, same, other = drawn_trial(3), drawn_trial(3), drawn_trial(4)
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert one.X.shape != other.X.shape
    assert np.isfinite(one.X).all()
    assert 0 < one.effect.std() < np.abs(one.effect).max() < 1
    assert 0.45 < one.treatment.mean() < 0.55


@pytest.mark.slow
def test_chosen_model_reaches_more_than_a_logistic_two_model_learner() -> None:
    """On four trials together: more than causalml's T-learner, most of what can be had, and intervals that hold."""
    peer = "causalml T logistic"
    figures = [figures_of_trial(drawn_trial(seed), seed, learners=(), peers=(peer,)) for seed in range(4)]
    chosen, response, theirs = (np.mean([f.shares[name][0] for f in figures]) for name in ("chosen", "response", peer))
    assert 0.9 < np.mean([f.covered for f in figures]) < 0.99
    assert chosen > theirs
    assert chosen > response + 0.1
    assert chosen > 0.5


@pytest.mark.slow
def test_intervals_of_an_arm_hold_95_in_100() -> None:
    """On average over eight trials drawn at random, give or take two."""
    assert np.mean([arm_coverage(drawn_trial(seed), seed) for seed in range(8)]) == pytest.approx(0.95, abs=0.02)
