"""A grid of prices."""

import numpy as np
import pytest

from evaluation.policy_value.roi import simulate
from evaluation.policy_value.roi_holdout import Holdout
from evaluation.policy_value.roi_prices import ArmPrice, Prices
from evaluation.policy_value.roi_sensitivity import sensitivity

PRICES = Prices(0.5, ArmPrice(1.0))


def holdout() -> Holdout:
    """Half of 4,000 users gain 0.3 by the ad, the others nothing; an order is worth 10."""
    rng = np.random.default_rng(0)
    gain = np.repeat([0.3, 0.0], 2000)
    arm = rng.random(4000) < 0.5
    outcome = rng.random(4000) < 0.2 + gain * arm
    return Holdout.of(
        outcome=outcome,
        treatment=arm,
        propensity=np.full(4000, 0.5),
        revenue=outcome * 10.0,
        uplift=gain,
        p_control=np.full(4000, 0.2),
        p_treated=0.2 + gain,
        response=np.full(4000, 0.2),
    )


def test_dear_contacts_change_the_choice() -> None:
    """At 0.5 a contact the persuadable half pays (0.3 · 10 · 0.5 = 1.5), at 2 a contact nobody does."""
    result = sensitivity(holdout(), PRICES, margins=[0.5], contact_costs=[0.5, 2.0], budget=None, population=4000)
    best = dict(result.table.filter("best").select("contact_cost", "strategy").rows())
    assert best == {0.5: "optimiser", 2.0: "none"}
    assert "hangs on these prices" in result.verdict
    assert "At 1 pairs" in result.verdict


def test_each_row_is_the_simulation_at_its_prices() -> None:
    """Four pairs of three strategies; the figures are those of `simulate`."""
    names = ["everyone", "optimiser", "none"]
    result = sensitivity(
        holdout(), PRICES, margins=[0.5, 0.9], contact_costs=[0.1, 0.5], budget=300, population=4000, strategies=names
    )
    assert result.table.height == 12
    row = result.table.row(10, named=True)
    direct = simulate(
        holdout(), Prices(0.9, ArmPrice(0.5)), budget=300, population=4000, strategies=names, estimator="aipw"
    )[1]
    assert (row["strategy"], row["profit"], row["lower"]) == ("optimiser", *direct.profit[:2])
    assert "does not hang" in result.verdict


def test_an_empty_grid_is_named() -> None:
    """No margin."""
    with pytest.raises(ValueError, match="at least one margin"):
        sensitivity(holdout(), PRICES, margins=[], contact_costs=[1.0], budget=None, population=10)
