"""Plans of contacts: by hand, and what no plan may do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.uplift.targeting.policy import plan_targeting
from evaluation.policy_value.roi_prices import ArmPrice, Prices
from evaluation.resampling.bootstrap import Interval

EARNS = Interval(7.0, 2.0, 12.0)


def prices(margin: float, value: float) -> Prices:
    """A mail, and a voucher of 5."""
    return Prices(margin, ArmPrice(1.0), value, {"voucher": ArmPrice(1.0, incentive=5.0)})


def test_a_voucher_for_a_sure_thing_is_dear() -> None:
    """Both gain 0.2 · 0.5 · 100 = 10; the voucher costs 1 + 5·0.3 = 2.5 for one and 1 + 5·0.9 = 5.5 for the other."""
    plan = plan_targeting([0.2, 0.2], [0.3, 0.9], prices(0.5, 100), ["voucher"], budget=4.0)
    assert plan.arm.tolist() == [0, -1]
    assert (plan.spend, plan.profit) == (pytest.approx(2.5), pytest.approx(7.5))
    assert plan.left_out["budget"] == 1
    assert plan.cutoff == pytest.approx(4.5 / 5.5)
    assert "leaves out 1 users" in plan.verdict(EARNS)


@pytest.mark.parametrize(
    ("earned", "words"),
    [(None, "not measured"), (Interval(2901.0, -1900.0, 8150.0), "That may be a loss")],
)
def test_no_more_budget_is_advised_where_the_campaign_may_lose(earned: Interval | None, words: str) -> None:
    """Whatever the model expects; the interval is told."""
    plan = plan_targeting([0.2, 0.2], [0.3, 0.9], prices(0.5, 100), ["voucher"], budget=4.0)
    verdict = plan.verdict(earned)
    assert words in verdict
    assert "Raise the budget" not in verdict
    assert ("2,901.00 (-1,900.00 to 8,150.00)" in verdict) is (earned is not None)
    assert "Raise the budget" in plan.verdict(EARNS)


def test_every_reason_to_leave_a_user_out() -> None:
    """Harmed, not helped, not worth it, at the contact limit; the last one is contacted."""
    plan = plan_targeting(
        [0.3, -0.1, 0.001, 0.3, 0.3],
        [0.5] * 5,
        prices(0.5, 20),
        ["mail"],
        budget=None,
        upper=[-0.01, 0.1, 0.1, 0.4, 0.4],
        contacts_left=[1, 1, 1, 0, 1],
    )
    assert plan.contacted.tolist() == [False] * 4 + [True]
    assert plan.left_out == {"contact limit": 1, "sleeping dog": 1, "no gain": 1, "does not pay": 1, "budget": 0}
    assert "more budget would earn nothing" in plan.verdict(EARNS)


def test_nothing_pays() -> None:
    """The verdict says not to run it."""
    plan = plan_targeting([0.01], [0.1], prices(0.1, 1), ["mail"], budget=100)
    assert (plan.spend, plan.profit, plan.contacts) == (0, 0, {"mail": 0})
    assert "Do not run" in plan.verdict(EARNS)


@given(st.integers(0, 2**32 - 1), st.floats(0, 200))
@settings(max_examples=60)
def test_no_plan_breaks_its_rules(seed: int, budget: float) -> None:
    """Whatever the effects: budget kept, no sleeping dog, no net ≤ 0, no one over the limit; profit adds up."""
    rng = np.random.default_rng(seed)
    uplift = rng.normal(0.02, 0.1, (300, 2))
    treated = rng.uniform(0, 1, (300, 2))
    upper = uplift + rng.uniform(0, 0.1, (300, 2))
    left = rng.integers(0, 3, 300)
    plan = plan_targeting(
        uplift, treated, prices(0.4, 60), ["mail", "voucher"], budget=budget, upper=upper, contacts_left=left
    )
    users = np.flatnonzero(plan.contacted)
    arm = plan.arm[users]
    cost = 1.0 + np.array([0.0, 5.0])[arm] * treated[users, arm]
    net = 0.4 * 60 * uplift[users, arm] - cost
    assert cost.sum() <= budget + 1e-9
    assert plan.spend <= budget
    assert (net > 0).all()
    assert (uplift[users, arm] > 0).all()
    assert (upper[users, arm] >= 0).all()
    assert (left[users] > 0).all()
    assert plan.profit == pytest.approx(net.sum())
    assert sum(plan.left_out.values()) + users.size == 300


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"uplift": [[0.1, 0.2]]}, "one column an arm"),
        ({"p_treated": [0.1, 0.2]}, "same users"),
        ({"p_treated": [1.5]}, "probability"),
        ({"uplift": [np.nan]}, "NaN"),
        ({"contacts_left": [1, 2]}, "contacts_left"),
        ({"upper": [0.1, 0.1]}, "upper"),
    ],
)
def test_broken_input_is_named(change: dict[str, object], message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    usual: dict[str, object] = {"uplift": [0.1], "p_treated": [0.2], "budget": None}
    with pytest.raises(ValueError, match=message):
        plan_targeting(prices=prices(0.5, 10), arms=["mail"], **{**usual, **change})
