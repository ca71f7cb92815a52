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
        propensity=np.full((3, 3), 1 / 3),
        margin=0.5,
        contact_cost=[1.0, 2.0],
        incentive=[0.0, 1.0],
        population=3,
    )
    assert value.contacts == 3
    assert value.conversions.estimate == pytest.approx(3 + 3 - 3)
    assert value.revenue.estimate == pytest.approx(60 + 90 - 30)
    assert value.cost.estimate == pytest.approx(1 + 1 + 2 + 3)
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
        propensity=np.column_stack([1 - p, p]),
        margin=0.5,
        contact_cost=[0.1],
        incentive=[1.0],
        population=500,
        predicted=np.column_stack(list(guess.values())) if estimator == "aipw" else None,
    )
    assert tuple(value.profit) == pytest.approx(tuple(direct.profit))
    assert value.cost.estimate == pytest.approx(direct.cost)


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
        "propensity": np.full((8000, 3), 1 / 3),
        "margin": 0.5,
        "contact_cost": [0.3, 0.3],
        "population": 8000,
    }
    good, bad = value_plan(best, **log), value_plan(3 - best, **log)
    assert good.conversions.lower < 1600 < good.conversions.upper
    assert "the plan pays" in good.verdict
    assert bad.profit.lower < -2400 < bad.profit.upper
    assert "loses money" in bad.verdict


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plan": [3, 0]}, "plan must hold"),
        ({"arm": [0.0, 1.0]}, "arm must hold"),
        ({"propensity": [[0.5, 0.4, 0.2]] * 2}, "sum to 1"),
        ({"predicted": [[0.5, 0.5]] * 2}, "predicted must be"),
        ({"contact_cost": [-1.0, 1.0]}, "at least 0"),
        ({"margin": 2.0}, "margin"),
        ({"revenue": [1.0]}, "revenue has 1 rows"),
        ({"outcome": [0, 0]}, "give conversion_value"),
    ],
)
def test_broken_input_is_named(change: dict[str, object], message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    usual: dict[str, object] = {
        "plan": [1, 0],
        "outcome": [1, 0],
        "revenue": [1.0, 0.0],
        "arm": [0, 1],
        "propensity": [[0.4, 0.3, 0.3]] * 2,
        "margin": 0.5,
        "contact_cost": [1.0, 1.0],
        "population": 2,
    }
    with pytest.raises(ValueError, match=message):
        value_plan(**{**usual, **change})
