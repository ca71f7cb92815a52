"""Targeting strategies: by hand, against known effects, and in time for a request."""

import numpy as np
import pytest

from evaluation.policy_value.roi import StrategyResult, budget_curve, simulate
from evaluation.policy_value.roi_holdout import Holdout
from evaluation.policy_value.roi_prices import ArmPrice, Prices
from evaluation.policy_value.roi_strategies import STRATEGIES, contacted
from evaluation.resampling.bootstrap import Bootstrap


def tiny_holdout() -> Holdout:
    """Four users, p = 1/2: a persuadable pair (uplift .5) and a put-off pair (uplift -.5); an order is worth 10."""
    return Holdout.of(
        outcome=[1, 0, 0, 1],
        treatment=[1, 0, 1, 0],
        propensity=[0.5] * 4,
        revenue=[10, 0, 0, 10],
        uplift=[0.5, 0.5, -0.5, -0.5],
        p_control=[0.1, 0.1, 0.6, 0.6],
        p_treated=[0.6, 0.6, 0.1, 0.1],
        response=[0.3, 0.3, 0.4, 0.4],
    )


def known_holdout(n: int, seed: int = 0) -> tuple[Holdout, np.ndarray]:
    """A trial whose individual effects are known: the buyers that are sure to buy are put off by the ad."""
    rng = np.random.default_rng(seed)
    base = rng.uniform(0.02, 0.4, n)
    effect = 0.15 - 0.5 * base
    propensity = np.where(base > 0.2, 0.4, 0.7)
    treatment = rng.random(n) < propensity
    outcome = rng.random(n) < base + effect * treatment
    holdout = Holdout.of(
        outcome=outcome,
        treatment=treatment,
        propensity=propensity,
        revenue=outcome * rng.uniform(15, 25, n),
        uplift=effect,
        p_control=base,
        p_treated=base + effect,
        response=base,
    )
    return holdout, effect


def prices(margin: float, contact_cost: float, incentive: float = 0.0, value: float | None = None) -> Prices:
    """Of one treatment."""
    return Prices(margin, ArmPrice(contact_cost, incentive), value)


def by_name(results: list[StrategyResult]) -> dict[str, StrategyResult]:
    """Results by the name of their strategy."""
    return {result.strategy: result for result in results}


def test_by_hand() -> None:
    """Contacting the persuadable half of 100 users wins 1 order each (as measured), everyone wins nothing."""
    results = by_name(simulate(tiny_holdout(), prices(0.4, 1.0), budget=25.0, population=100))
    assert list(results) == list(STRATEGIES)
    none, everyone, uplift = results["none"], results["everyone"], results["uplift"]
    assert (none.contacts, none.cost, none.profit.estimate, none.roi) == (0, 0, 0, None)
    assert (everyone.contacts, everyone.conversions.estimate, everyone.profit.estimate) == (100, 0, -100)
    assert (uplift.treated_share, uplift.contacts, uplift.cost) == (0.5, 50, 50)
    # y/p·t - y/(1-p)·(1-t) is 2 for the treated responder of four: 2/4 · 100 orders.
    assert uplift.conversions.estimate == 50
    assert uplift.revenue.estimate == 500
    assert uplift.profit.estimate == 0.4 * 500 - 50
    assert uplift.roi is not None
    assert uplift.roi.estimate == 3.0
    capped = results["uplift_under_budget"]
    assert (capped.contacts, capped.cost, capped.profit.estimate) == (25, 25, 75)
    assert results["high_probability_buyers"].contacts == results["random"].contacts == 25
    assert results["high_probability_buyers"].conversions.estimate == -25
    assert results["random"].conversions.estimate == 0


def test_free_contacts_have_no_roi_and_no_limit() -> None:
    """At cost 0 every user of positive effect is worth it, and the budget does not bind."""
    result = by_name(simulate(tiny_holdout(), prices(0.5, 0), budget=0, population=10))
    assert result["uplift_under_budget"].contacts == 5
    assert result["uplift_under_budget"].roi is None


def test_dear_contacts_reach_nobody() -> None:
    """Uplift .5 · margin .5 · 10 = 2.5 is less than a contact costs."""
    results = simulate(tiny_holdout(), prices(0.5, 2.6), budget=None, population=10)
    assert by_name(results)["uplift"].contacts == 0


def test_a_stated_conversion_value_replaces_revenue() -> None:
    """For outcomes without revenue, such as visits."""
    results = simulate(tiny_holdout(), prices(1, 1, value=3.0), budget=None, population=4)
    assert by_name(results)["uplift"].revenue.estimate == 6.0


def test_estimates_lie_by_the_true_effects() -> None:
    """Intervals cover the true incremental conversions in most of 40 trials, with unequal propensities."""
    covered = 0
    for seed in range(40):
        holdout, effect = known_holdout(5000, seed)
        results = by_name(
            simulate(holdout, prices(0.5, 0.5), budget=None, population=5000, bootstrap=Bootstrap(400, seed))
        )
        true = effect[effect * 0.5 * holdout.revenue[holdout.outcome == 1].mean() > 0.5].sum()
        covered += results["uplift"].conversions.lower <= true <= results["uplift"].conversions.upper
    assert covered >= 34


def test_uplift_earns_more_than_response_targeting() -> None:
    """Those most likely to buy are put off here; the strategies spend the same."""
    holdout, _ = known_holdout(20_000)
    results = by_name(simulate(holdout, prices(0.5, 0.2), budget=2000, population=20_000))
    best, usual, chance = (results[name] for name in ("uplift_under_budget", "high_probability_buyers", "random"))
    assert best.cost == pytest.approx(usual.cost) == pytest.approx(chance.cost)
    assert best.profit.lower > chance.profit.upper > usual.profit.upper


def test_budget_curve_spends_no_more_than_the_budget() -> None:
    """Every strategy keeps to the cap; uplift stops where nobody worth it is left."""
    holdout, _ = known_holdout(2000)
    points = budget_curve(holdout, prices(0.5, 0.5), budgets=[0, 100, 400, 10_000], population=2000)
    assert [budget for budget, _ in points[::3]] == [0, 100, 400, 10_000]
    assert all(result.cost <= budget + 1e-9 for budget, result in points)
    last = by_name([result for _, result in points[-3:]])
    assert last["everyone"].contacts == 2000
    assert last["uplift_under_budget"].contacts < 2000
    assert last["uplift_under_budget"].profit.estimate > last["everyone"].profit.estimate


def test_an_incentive_is_paid_to_all_who_buy() -> None:
    """Of the persuadable half, treated, all buy (2 of 4 rows by weight): 50 vouchers of 3 beside 50 contacts of 1."""
    result = by_name(simulate(tiny_holdout(), prices(0.9, 1.0, 3.0), budget=None, population=100))["uplift"]
    assert (result.contacts, result.conversions.estimate) == (50, 50)
    assert result.cost == 200
    assert result.profit.estimate == 0.9 * 500 - 200
    # 0.5 · 10 · 0.9 = 4.5 less 1 less 7 · 0.6 is below 0: with a voucher of 7 nobody is worth a contact.
    assert by_name(simulate(tiny_holdout(), prices(0.9, 1.0, 7.0), budget=None, population=100))["uplift"].contacts == 0


def test_doubly_robust_by_hand() -> None:
    """Row 1: 0.6 + 2·(1 − 0.6) − 0.1 = 1.3; row 2: 0.6 − 0.1 − 2·(0 − 0.1) = 0.7; a mean of 1 for the half of 100."""
    results = simulate(tiny_holdout(), prices(0.4, 1.0), budget=None, population=100, estimator="aipw")
    assert by_name(results)["uplift"].conversions.estimate == pytest.approx(50)


def test_doubly_robust_is_tighter() -> None:
    """With good predictions the interval of the same strategy is narrower, and both hold the truth."""
    holdout, effect = known_holdout(20_000)
    usual = {"budget": None, "population": 20_000, "strategies": ["everyone"]}
    plain, robust = (
        simulate(holdout, prices(0.5, 0.5), estimator=name, **usual)[0].conversions for name in ("ipw", "aipw")
    )
    assert robust.upper - robust.lower < 0.98 * (plain.upper - plain.lower)
    assert plain.lower < effect.sum() < plain.upper
    assert robust.lower < effect.sum() < robust.upper


def test_the_optimiser_saves_vouchers() -> None:
    """With a voucher the highest effects are not the best buys: it earns no less by plan, and spends the budget."""
    rng = np.random.default_rng(0)
    base, effect = rng.uniform(0, 0.8, 4000), rng.uniform(0, 0.2, 4000)
    arm = rng.random(4000) < 0.5
    outcome = rng.random(4000) < base + effect * arm
    holdout = Holdout.of(
        outcome=outcome,
        treatment=arm,
        propensity=np.full(4000, 0.5),
        revenue=outcome * 100.0,
        uplift=effect,
        p_control=base,
        p_treated=base + effect,
        response=base,
    )
    money = prices(0.5, 0.2, 5.0).measured(holdout.outcome, holdout.revenue)
    cost = money.cost(None, holdout.p_treated)
    net = money.net_value(None, holdout.uplift, holdout.p_treated)
    plans = {name: contacted(name, holdout, money, 1000.0) for name in ("uplift_under_budget", "optimiser")}
    spent = {name: (plan * cost).sum() for name, plan in plans.items()}
    earned = {name: (plan * net).sum() for name, plan in plans.items()}
    assert spent["optimiser"] == pytest.approx(1000) == pytest.approx(spent["uplift_under_budget"])
    assert earned["optimiser"] > 1.1 * earned["uplift_under_budget"]
    assert plans["optimiser"][net <= 0].sum() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget": -1}, "budget"),
        ({"population": 0}, "population"),
        ({"strategies": ["best"]}, "unknown strategy 'best'"),
        ({"estimator": "dm"}, "unknown estimator 'dm'"),
    ],
)
def test_broken_arguments_are_named(change: dict[str, object], message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    usual = {"budget": 10.0, "population": 10}
    with pytest.raises(ValueError, match=message):
        simulate(tiny_holdout(), prices(0.5, 1.0), **{**usual, **change})
