"""Plans of two arms from a frame of scores, by hand."""

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.targeting.arm_plan import contacted_users, plan_contacts
from assets.models.uplift.uplift_scores import ARM_FIGURES, arm_column, arm_matrix, arm_names, arms_p_control
from evaluation.policy_value.roi_prices import ArmPrice, Prices

ARMS = ("mail", "voucher")
PRICES = Prices(0.5, ArmPrice(0.1), 20.0, {"voucher": ArmPrice(0.1, 2.0)})


def scores(*users: tuple[float, tuple[float, float], tuple[float, float]]) -> pl.DataFrame:
    """Users (upper of any contact, (uplift, upper) of mail, of voucher), who buy with .1 without a contact."""
    columns: dict[str, list[float]] = {"upper": [user[0] for user in users]}
    for place, arm in enumerate(ARMS, start=1):
        for figure in ARM_FIGURES:
            values = {
                "uplift": [user[place][0] for user in users],
                "lower": [-1.0] * len(users),
                "upper": [user[place][1] for user in users],
                "p_treated": [0.1 + user[place][0] for user in users],
            }
            columns[arm_column(figure, arm)] = values[figure]
    return pl.DataFrame(columns)


def test_each_user_gets_the_arm_that_earns_most() -> None:
    """At 10 a response: mail .4 against voucher .3 - .36; voucher 2 - .7 against mail .4; none where neither pays."""
    frame = scores((0.2, (0.05, 0.1), (0.03, 0.1)), (0.2, (0.05, 0.1), (0.2, 0.3)), (0.2, (0.0, 0.1), (0.01, 0.1)))
    plan = plan_contacts(frame, PRICES, ARMS, budget=None)
    assert plan.arm.tolist() == [0, 1, -1]
    assert plan.contacts == {"mail": 1, "voucher": 1}
    assert plan.profit == pytest.approx(0.4 + 1.3)
    assert plan.spend == pytest.approx(0.1 + 0.1 + 2 * 0.3)


def test_sleeping_dogs_are_never_contacted() -> None:
    """Who is put off by a contact as dealt out gets none; an arm that surely harms is not sent, the other is."""
    frame = scores((-0.01, (0.05, 0.1), (0.2, 0.3)), (0.1, (0.05, 0.1), (0.2, -0.01)))
    plan = plan_contacts(frame, PRICES, ARMS, budget=None)
    assert plan.arm.tolist() == [-1, 0]
    assert plan.left_out["sleeping dog"] == 1


def test_a_contact_has_the_figures_of_its_arm() -> None:
    """The second user by voucher and the third by mail; where no arms are told apart the figures are of any contact."""
    frame = scores((0.2, (0.05, 0.1), (0.2, 0.3)), (0.2, (0.06, 0.1), (0.3, 0.4)), (0.2, (0.07, 0.15), (0.2, 0.3)))
    frame = frame.with_columns(uplift=0.5, lower=0.4)
    contacted = contacted_users(frame, ARMS, np.array([-1, 1, 0], dtype=np.int64))
    assert contacted.select("arm", "uplift", "lower", "upper").rows() == [
        ("voucher", 0.3, -1.0, 0.4),
        ("mail", 0.07, -1.0, 0.15),
    ]
    plain = contacted_users(frame.select("uplift", "lower", "upper"), ["letter"], np.array([0, -1, -1], dtype=np.int64))
    assert plain.rows() == [(0.5, 0.4, 0.2, "letter")]


def test_contact_limits_and_budget_hold_for_all_arms_together() -> None:
    """The first has had enough; of two equal others the budget buys one mail."""
    frame = scores(*[(0.2, (0.05, 0.1), (0.2, 0.3))] * 3)
    plan = plan_contacts(frame, PRICES, ARMS, budget=0.15, contacts_left=np.array([0, 1, 1], dtype=np.int64))
    assert plan.contacts == {"mail": 1, "voucher": 0}
    assert plan.arm[0] == -1
    assert plan.left_out["contact limit"] == 1


def test_a_campaign_of_one_treatment_is_planned_by_its_only_effect() -> None:
    """Scores without columns of arms: 10 · .2 - .1 pays, an effect of 0 and an interval below 0 do not."""
    frame = pl.DataFrame({"uplift": [0.2, 0.0, 0.2], "upper": [0.3, 0.1, -0.1], "p_treated": [0.3, 0.1, 0.3]})
    plan = plan_contacts(frame, PRICES, ["letter"], budget=None)
    assert (plan.arm.tolist(), plan.contacts) == ([0, -1, -1], {"letter": 1})
    assert plan.profit == pytest.approx(10 * 0.2 - 0.1)


def test_the_columns_of_arms() -> None:
    """Found by name, in order; what the arms are compared with is the same for all."""
    frame = scores((0.2, (0.05, 0.1), (0.2, 0.3)))
    assert arm_names(frame) == ("mail", "voucher")
    assert arm_names(frame.select("upper")) == ()
    assert arm_matrix(frame, "uplift", ["voucher", "mail"]).tolist() == [[0.2, 0.05]]
    assert arms_p_control(frame).tolist() == pytest.approx([0.1])
