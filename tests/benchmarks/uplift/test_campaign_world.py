"""The intervals of the ROI simulation, where the truth is known."""

import pytest

from benchmarks.uplift.campaign_world import COVERED_STRATEGIES, coverage, true_profit
from evaluation.policy_value.effect_scores import Estimator
from tests.trials import TRIALS, possible


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["ipw", "aipw"])
def test_intervals_hold_the_truth_as_often_as_they_say(estimator: Estimator) -> None:
    """In 92 to 98 % of trials for every strategy: budgets, vouchers, a model that is wrong, unequal propensities."""
    found = coverage(estimator, simulations=TRIALS)
    assert {name for name, (share, _) in found.items() if not possible(share, 0.92, 0.98)} == set()
    assert set(found) == set(COVERED_STRATEGIES)


def test_the_world_has_something_to_find() -> None:
    """The optimiser earns more than the uplift order, that more than chance, likely buyers least of all."""
    truth = true_profit()
    order = ("optimiser", "uplift_under_budget", "random", "high_probability_buyers")
    assert [truth[name] for name in order] == sorted((truth[name] for name in order), reverse=True)
    assert truth["high_probability_buyers"] < 0 < truth["uplift_under_budget"]
