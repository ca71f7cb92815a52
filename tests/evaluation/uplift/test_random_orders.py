"""The band of random orders on a trial small enough to know it."""

import numpy as np
import pytest

from evaluation.uplift.qini import qini_coefficient
from evaluation.uplift.random_orders import random_orders_interval


def test_the_band_is_that_of_the_measure() -> None:
    """The first of two users is drawn evenly: mean a half, and both ends are seen; the same seed gives the same."""
    first = random_orders_interval(lambda score: float(score[0] > score[1]), 2, orders=4_000)
    assert first.estimate == pytest.approx(0.5, abs=0.03)
    assert (first.lower, first.upper) == (0, 1)
    assert first == random_orders_interval(lambda score: float(score[0] > score[1]), 2, orders=4_000)


def test_chance_lies_about_zero_and_a_ranking_of_merit_beyond_it() -> None:
    """Qini of random orders on users half of whom respond to the contact alone."""
    rng = np.random.default_rng(1)
    treatment, persuadable = rng.integers(0, 2, 2_000), rng.integers(0, 2, 2_000)
    outcome = treatment * persuadable
    band = random_orders_interval(lambda score: qini_coefficient(outcome, treatment, score), 2_000)
    assert abs(band.estimate) < 0.01
    assert -0.2 < band.lower < 0 < band.upper < 0.2
    assert qini_coefficient(outcome, treatment, persuadable) > band.upper
