"""Plans with several arms: by hand, and true in a known world."""

import numpy as np
import pytest

from evaluation.policy_value.roi import StrategyResult, value
from evaluation.policy_value.roi_prices import ArmPrice, Prices
from evaluation.policy_value.trial_log import TrialLog


def value_plan(plan: list[int] | np.ndarray, log: TrialLog, prices: Prices, *, robust: bool = False) -> StrategyResult:
    """The value of a plan of whole contacts, 0 for none, in a population of as many users as there are rows."""
    shares = (np.asarray(plan)[:, None] == np.arange(1, 1 + len(log.arms))).astype(float)
    estimator = "aipw" if robust else "ipw"
    return value({"plan": shares}, log, prices, population=log.outcome.size, estimator=estimator)[0]


def trial_log(arms: int, **columns: object) -> TrialLog:
    """A log without predictions, unless they are given."""
    predicted = np.zeros((len(columns["outcome"]), 1 + arms))
    return TrialLog.of(["a", "b"][:arms], **{"predicted": predicted, **columns})


def test_by_hand() -> None:
    """Three rows, one in each arm, at one third each: only what was tried as planned counts, three times."""
    log = trial_log(2, outcome=[1, 1, 1], revenue=[10, 20, 30], arm=[0, 1, 2], propensity=np.full(3, 1 / 3))
    prices = Prices(0.5, ArmPrice(9.0), arms={"a": ArmPrice(1.0), "b": ArmPrice(2.0, 1.0)})
    result = value_plan([1, 1, 2], log, prices)
    assert result.contacts == 3
    assert result.conversions.estimate == pytest.approx(3 + 3 - 3)
    assert result.revenue.estimate == pytest.approx(60 + 90 - 30)
    assert result.cost == pytest.approx(1 + 1 + 2 + 3)
    assert result.roi is not None
    assert result.roi.estimate == pytest.approx(53 / 7)
    assert result.profit.estimate == pytest.approx(60 - 7)


def test_half_a_contact_is_half_of_its_value() -> None:
    """Shares of a row add up over the arms; figures are linear in them."""
    log = trial_log(1, outcome=[1, 0, 1], revenue=[8, 0, 4], arm=[1, 0, 1], propensity=[0.5, 0.5, 0.25])
    prices = Prices(0.5, ArmPrice(1.0, 2.0))
    half, whole = value({"half": np.full((3, 1), 0.5), "whole": np.ones((3, 1))}, log, prices, population=3)
    for name in ("contacts", "cost", "treated_share"):
        assert getattr(whole, name) == pytest.approx(2 * getattr(half, name))
    assert whole.profit == pytest.approx(tuple(2 * bound for bound in half.profit))


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
    prices = Prices(0.5, ArmPrice(0.0), arms={"a": ArmPrice(0.1), "b": ArmPrice(0.2, 1.0)})
    for _ in range(trials):
        arm = (rng.random(n)[:, None] > np.cumsum(odds, axis=1)).sum(axis=1)
        outcome = (rng.random(n) < chance[rows, arm]).astype(float)
        log = trial_log(
            2,
            outcome=outcome,
            revenue=outcome * rng.exponential(10, n),
            arm=arm,
            propensity=odds[rows, arm],
            predicted=np.full((n, 3), 0.2),
        )
        profit = value_plan(plan, log, prices, robust=doubly_robust).profit
        held += profit.lower <= truth <= profit.upper
    assert 0.92 <= held / trials <= 0.98


def test_a_plan_of_nobody_is_worth_nothing() -> None:
    """No contacts, no cost, no interval of a rate, whatever the log says."""
    log = trial_log(2, outcome=[1, 0, 0], revenue=[5.0, 0, 0], arm=[0, 1, 2], propensity=[0.4, 0.3, 0.3])
    result = value_plan([0, 0, 0], log, Prices(0.5, ArmPrice(1.0)))
    assert (result.contacts, result.cost, result.profit.estimate, result.roi) == (0, 0, 0, None)


def test_a_conversion_may_have_a_stated_worth() -> None:
    """Each measured order is taken for 8, whatever it was: (1 + 0) / (1 / 2) orders of two rows are 16 of revenue."""
    log = trial_log(1, outcome=[1, 0], revenue=[100.0, 0.0], arm=[1, 0], propensity=[0.5, 0.5])
    result = value_plan([1, 1], log, Prices(0.5, ArmPrice(1.0), response_value=8.0))
    assert result.revenue.estimate == pytest.approx(16)
    assert result.profit.estimate == pytest.approx(8 - 2)


def test_a_good_plan_pays_and_a_bad_one_does_not() -> None:
    """Each half of the users is moved by one arm only."""
    rng = np.random.default_rng(1)
    best = np.repeat([1, 2], 4000)
    arm = rng.integers(0, 3, 8000)
    outcome = (rng.random(8000) < 0.1 + 0.2 * (arm == best)).astype(float)
    log = trial_log(2, outcome=outcome, revenue=outcome * 10, arm=arm, propensity=np.full(8000, 1 / 3))
    prices = Prices(0.5, ArmPrice(0.3))
    good, bad = value_plan(best, log, prices), value_plan(3 - best, log, prices)
    assert good.conversions.lower < 1600 < good.conversions.upper
    assert good.profit.lower > 0
    assert bad.profit.lower < -2400 < bad.profit.upper < 0


@pytest.mark.parametrize("shares", [[[0.5, 0.6]], [[-0.1, 0.0]], [[1.0]]])
def test_a_plan_holds_shares_of_each_row(shares: list[list[float]]) -> None:
    """More than one contact, less than none, an arm too few."""
    log = TrialLog.of(["a", "b"], outcome=[1], revenue=[1], arm=[0], propensity=[0.5], predicted=np.zeros((1, 3)))
    with pytest.raises(ValueError, match="must hold shares"):
        value({"plan": np.array(shares)}, log, Prices(0.5, ArmPrice(1.0)), population=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": [3, 0]}, "arm must hold"),
        ({"arm": [0.0, 1.0]}, "arm must hold"),
        ({"propensity": [0.5, 1.0]}, "strictly between"),
        ({"propensity": [0.5]}, "propensity has 1 rows"),
        ({"predicted": [[0.5, 0.5]] * 2}, "predicted must be"),
        ({"revenue": [1.0]}, "revenue has 1 rows"),
    ],
)
def test_a_broken_log_is_named(change: dict[str, object], message: str) -> None:
    """Each rule that a column breaks is in the error."""
    usual: dict[str, object] = {"outcome": [1, 0], "revenue": [1.0, 0.0], "arm": [0, 1], "propensity": [0.4, 0.3]}
    with pytest.raises(ValueError, match=message):
        trial_log(2, **{**usual, **change})
