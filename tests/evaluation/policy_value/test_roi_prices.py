"""Prices by hand, and the rules that they keep."""

import numpy as np
import pytest

from evaluation.policy_value.roi_prices import ArmPrice, Prices, budget_of_rows

PRICES = Prices(0.5, ArmPrice(1.0, 2.0), 20.0, {"mail": ArmPrice(0.1)})


def test_cost_and_net_value_by_hand() -> None:
    """An arm without a price of its own takes what any contact does; numbers and arrays alike."""
    assert PRICES.cost("mail", 0.5) == 0.1
    assert PRICES.cost("letter", 0.5) == PRICES.cost(None, 0.5) == 1 + 2 * 0.5
    assert PRICES.net_value(None, 0.3, 0.5) == pytest.approx(0.5 * 20 * 0.3 - 2)
    np.testing.assert_allclose(PRICES.net_value("mail", np.array([0.1, 0.0]), np.array([0.2, 0.1])), [0.9, -0.1])


def test_another_contact_cost_is_that_of_every_arm() -> None:
    """Incentives stay, and so does what is not named."""
    dear = PRICES.changed(contact_cost=3.0)
    assert (dear.of(None), dear.of("mail"), dear.margin) == ((3.0, 2.0), (3.0, 0.0), 0.5)
    assert PRICES.changed(margin=0.2) == Prices(0.2, PRICES.contact, 20.0, PRICES.arms)


def test_the_value_of_a_response_is_stated_or_measured() -> None:
    """The mean revenue of those who responded; without either there is no net value."""
    outcome, revenue = np.array([1.0, 1.0, 0.0]), np.array([10.0, 30.0, 5.0])
    unknown = Prices(0.5, ArmPrice(1.0))
    assert unknown.measured(outcome, revenue).response_value == 20.0
    assert unknown.measured(np.zeros(2), np.zeros(2)).response_value == 0.0
    assert Prices(0.5, ArmPrice(1.0), 7.0).measured(outcome, revenue).response_value == 7.0
    with pytest.raises(ValueError, match="not known"):
        unknown.net_value(None, 0.1, 0.2)


def test_a_budget_falls_on_rows_by_their_number() -> None:
    """50 rows of 200 users have a quarter; no limit is none."""
    assert budget_of_rows(100.0, 50, 200) == 25.0
    assert budget_of_rows(None, 50, 200) == float("inf")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"margin": 1.5}, "margin"),
        ({"contact": ArmPrice(-1.0)}, "contact_cost of arm 'any'"),
        ({"arms": {"x": ArmPrice(1.0, -2.0)}}, "incentive of arm 'x'"),
        ({"response_value": float("nan")}, "value of a response"),
    ],
)
def test_a_broken_price_is_named(change: dict[str, object], message: str) -> None:
    """The arm and the price are in the error."""
    with pytest.raises(ValueError, match=message):
        Prices(**{"margin": 0.5, "contact": ArmPrice(1.0), **change})
