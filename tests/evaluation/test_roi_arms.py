"""Plans with several arms: by hand, the same as one arm's simulation, and true in a known world."""

import numpy as np
import pytest

from evaluation.roi import simulate
from evaluation.roi_arms import value_plan
from evaluation.roi_holdout import Holdout


def test_by_hand() -> None:
    """Three rows, one in each arm, at one third each: only what was tried as planned counts, three times."""
    value = value_plan(
        [1, 1, 2],
        outcome=[1, 1, 1],
        revenue=[10, 20, 30],
        arm=[0, 1, 2],
        propensity=np.full(3, 1 / 3),
        margin=0.5,
        contact_cost=[1.0, 2.0],
        incentive=[0.0, 1.0],
        population=3,
    )
    assert value.contacts == 3
    assert value.conversions.estimate == pytest.approx(3 + 3 - 3)
    assert value.revenue.estimate == pytest.approx(60 + 90 - 30)
    assert value.cost == pytest.approx(1 + 1 + 2 + 3)
    assert value.incentives == pytest.approx(3)
    assert value.roi is not None
    assert value.roi.estimate == pytest.approx(53 / 7)
    assert value.profit.estimate == pytest.approx(60 - 7)


@pytest.mark.parametrize("estimator", ["ipw", "aipw"])
def test_one_arm_is_the_simulation(estimator: str) -> None:
    """The plan of `everyone`, valued both ways."""
    rng = np.random.default_rng(0)
    arm = (rng.random(2000) < 0.4).astype(int)
    outcome = (rng.random(2000) < 0.1 + 0.1 * arm).astype(float)
    revenue, p = outcome * rng.uniform(5, 15, 2000), np.full(2000, 0.4)
    guess = {"p_control": np.full(2000, 0.12), "p_treated": np.full(2000, 0.17)}
    holdout = Holdout.of(outcome=outcome, treatment=arm, propensity=p, revenue=revenue, uplift=p, response=p, **guess)
    (direct,) = simulate(
        holdout,
        margin=0.5,
        contact_cost=0.1,
        incentive=1.0,
        budget=None,
        population=500,
        strategies=["everyone"],
        estimator=estimator,
    )
    value = value_plan(
        np.ones(2000, dtype=int),
        outcome=outcome,
        revenue=revenue,
        arm=arm,
        propensity=np.where(arm == 1, p, 1 - p),
        margin=0.5,
        contact_cost=[0.1],
        incentive=[1.0],
        population=500,
        predicted=np.column_stack(list(guess.values())) if estimator == "aipw" else None,
    )
    assert tuple(value.profit) == pytest.approx(tuple(direct.profit))
    assert value.cost == pytest.approx(direct.cost)
    assert value.roi is not None
    assert direct.roi is not None
    assert tuple(value.roi) == pytest.approx(tuple(direct.roi))
    assert (value.incentives, value.treated_share) == (pytest.approx(direct.incentives), direct.treated_share)
    assert value.estimator == estimator


@pytest.mark.parametrize("doubly_robust", [False, True])
def test_the_interval_holds_the_truth_as_often_as_it_says(doubly_robust: bool) -> None:
    """Odds that differ between users, a voucher, skewed revenue, 200 trials: 95 times in 100, give or take three."""
    rng = np.random.default_rng(5)
    n, held, trials = 1_000, 0, 200
    trait = rng.random(n)
    chance = np.column_stack([0.1 + 0.1 * trait, 0.15 + 0.1 * trait, 0.1 + 0.25 * trait])
    odds = np.column_stack([np.full(n, 0.4), 0.2 + 0.2 * trait, 0.4 - 0.2 * trait])
    plan, rows = np.where(trait > 0.5, 2, np.where(trait > 0.2, 1, 0)), np.arange(n)
    effect, bought = chance[rows, plan] - chance[:, 0], chance[rows, plan] * (plan == 2)
    truth = (0.5 * 10 * effect - np.array([0, 0.1, 0.2])[plan] - 1.0 * bought).sum()
    for _ in range(trials):
        arm = (rng.random(n)[:, None] > np.cumsum(odds, axis=1)).sum(axis=1)
        outcome = (rng.random(n) < chance[rows, arm]).astype(float)
        value = value_plan(
            plan,
            outcome=outcome,
            revenue=outcome * rng.exponential(10, n),
            arm=arm,
            propensity=odds[rows, arm],
            margin=0.5,
            contact_cost=[0.1, 0.2],
            incentive=[0.0, 1.0],
            population=n,
            predicted=np.full((n, 3), 0.2) if doubly_robust else None,
        )
        held += value.profit.lower <= truth <= value.profit.upper
    assert 0.92 <= held / trials <= 0.98


def test_a_plan_of_nobody_is_worth_nothing() -> None:
    """No contacts, no cost, no interval of a rate, whatever the log says."""
    log = {"outcome": [1, 0, 0], "revenue": [5.0, 0, 0], "arm": [0, 1, 2], "propensity": [0.4, 0.3, 0.3]}
    value = value_plan([0, 0, 0], margin=0.5, contact_cost=[1.0, 2.0], population=3, strategy="none", **log)
    assert (value.contacts, value.cost, value.profit.estimate, value.roi) == (0, 0, 0, None)
    assert value.verdict.startswith("none: contacts nobody")


def test_a_conversion_may_have_a_stated_worth() -> None:
    """Each measured order is taken for 8, whatever it was: (1 + 0) / (1 / 2) orders of two rows are 16 of revenue."""
    log = {"outcome": [1, 0], "revenue": [100.0, 0.0], "arm": [1, 0], "propensity": [0.5, 0.5]}
    value = value_plan([1, 1], margin=0.5, contact_cost=[1.0], population=2, conversion_value=8.0, **log)
    assert value.revenue.estimate == pytest.approx(16)
    assert value.profit.estimate == pytest.approx(8 - 2)


def test_a_good_plan_pays_and_a_bad_one_does_not() -> None:
    """Each half of the users is moved by one arm only."""
    rng = np.random.default_rng(1)
    best = np.repeat([1, 2], 4000)
    arm = rng.integers(0, 3, 8000)
    outcome = (rng.random(8000) < 0.1 + 0.2 * (arm == best)).astype(float)
    log = {
        "outcome": outcome,
        "revenue": outcome * 10,
        "arm": arm,
        "propensity": np.full(8000, 1 / 3),
        "margin": 0.5,
        "contact_cost": [0.3, 0.3],
        "population": 8000,
    }
    good, bad = value_plan(best, **log), value_plan(3 - best, **log)
    assert good.conversions.lower < 1600 < good.conversions.upper
    assert "It pays" in good.verdict
    assert bad.profit.lower < -2400 < bad.profit.upper
    assert "loses money" in bad.verdict


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plan": [3, 0]}, "plan must hold"),
        ({"arm": [0.0, 1.0]}, "arm must hold"),
        ({"propensity": [0.5, 1.0]}, "strictly between"),
        ({"propensity": [0.5]}, "propensity has 1 rows"),
        ({"predicted": [[0.5, 0.5]] * 2}, "predicted must be"),
        ({"contact_cost": [-1.0, 1.0]}, "at least 0"),
        ({"margin": 2.0}, "margin"),
        ({"revenue": [1.0]}, "revenue has 1 rows"),
        ({"outcome": [0, 0], "predicted": [[0.1, 0.1, 0.1]] * 2}, "give conversion_value"),
    ],
)
def test_broken_input_is_named(change: dict[str, object], message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    usual: dict[str, object] = {
        "plan": [1, 0],
        "outcome": [1, 0],
        "revenue": [1.0, 0.0],
        "arm": [0, 1],
        "propensity": [0.4, 0.3],
        "margin": 0.5,
        "contact_cost": [1.0, 1.0],
        "population": 2,
    }
    with pytest.raises(ValueError, match=message):
        value_plan(**{**usual, **change})
