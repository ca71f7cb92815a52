"""What plans with several arms would earn, valued off-policy on a log whose propensities are known.

What belongs here: the value of a plan (such as that of `assets.models.uplift.arm_plan`), and of sending one arm to
everyone. What does not: making the plan, and strategies of one arm (`evaluation.roi`).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from evaluation.bootstrap import percentile_interval, resampled_sums
from evaluation.effect_scores import Estimator
from evaluation.roi import REPLICATES, StrategyResult
from evaluation.trial import finite_vector

__all__ = ["Plan", "Price", "simulate_arms", "value_plan"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Price(Protocol):
    """What contacting a user with one arm takes."""

    @property
    def name(self) -> str:
        """The arm's."""
        ...

    @property
    def contact_cost(self) -> float:
        """Money a contact costs."""
        ...

    @property
    def incentive(self) -> float:
        """Money paid to a contacted buyer."""
        ...


class Plan(Protocol):
    """Who gets which arm."""

    @property
    def arm(self) -> Ints:
        """Place of each row's arm among the prices, or -1 for no contact, int64[n]."""
        ...


def simulate_arms(
    rows: pl.DataFrame,
    prices: Sequence[Price],
    plan: Callable[..., Plan],
    predicted: Floats,
    *,
    margin: float,
    population: int,
    budget: float | None = None,
    conversion_value: float | None = None,
    estimator: Estimator = "ipw",
    seed: int = 0,
    replicates: int = REPLICATES,
) -> list[StrategyResult]:
    """Value each arm sent to everyone, whatever the budget, and as `optimiser` the best plan that the budget buys.

    All are valued with the same resamples.

    Args:
        rows: users that no model was fitted on: outcome, revenue, arm, arm_propensity (of the row's own arm), and the
            scores that ``plan`` wants. A row whose arm has no price is a control.
        prices: of each arm but the control.
        plan: chooses an arm for each row; called as `assets.models.uplift.arm_plan.plan_arms`, with rows and prices,
            and by name margin, value of a response, and budget of the rows.
        predicted: probability of conversion without a contact, then with each of the arms, float64[n, 1 + arms].
        margin: share of revenue kept, in (0, 1].
        population: users that the rows stand for.
        budget: money in the population; None for no limit.
        conversion_value: money a conversion is worth, in place of the measured revenue (None: use the revenue).
        estimator: ``ipw`` or ``aipw``.
        seed: of the bootstrap.
        replicates: of the bootstrap.

    Raises:
        ValueError: as `value_plan`, or as ``plan``.
    """
    outcome, revenue = rows["outcome"].cast(pl.Float64).to_numpy(), rows["revenue"].to_numpy()
    places = {price.name: place for place, price in enumerate(prices, start=1)}
    measured = float(revenue[outcome == 1].mean()) if outcome.any() else 0.0
    chosen = plan(
        rows,
        prices,
        margin=margin,
        value=measured if conversion_value is None else conversion_value,
        budget=None if budget is None else budget * rows.height / population,
    ).arm
    everyone = {f"everyone_gets_{name}": np.full(rows.height, place) for name, place in places.items()}
    return [
        value_plan(
            planned,
            outcome=outcome,
            revenue=revenue,
            arm=rows["arm"].replace_strict(places, default=0, return_dtype=pl.Int64).to_numpy(),
            propensity=rows["arm_propensity"].to_numpy(),
            margin=margin,
            contact_cost=[price.contact_cost for price in prices],
            population=population,
            incentive=[price.incentive for price in prices],
            predicted=predicted if estimator == "aipw" else None,
            conversion_value=conversion_value,
            strategy=name,
            replicates=replicates,
            seed=seed,
        )
        for name, planned in {**everyone, "optimiser": chosen + 1}.items()
    ]


def _arm_scores(outcome: Floats, arm: NDArray[np.intp], propensity: Floats, predicted: Floats) -> Floats:
    """Score of each row for each arm's outcome, float64[n, 1 + arms]: predicted + 1{arm} / p * (y - predicted)."""
    scores, rows = predicted.copy(), np.arange(arm.size)
    scores[rows, arm] += (outcome - predicted[rows, arm]) / propensity
    return scores


def value_plan(
    plan: ArrayLike,
    *,
    outcome: ArrayLike,
    revenue: ArrayLike,
    arm: ArrayLike,
    propensity: ArrayLike,
    margin: float,
    contact_cost: ArrayLike,
    population: int,
    incentive: ArrayLike | None = None,
    predicted: ArrayLike | None = None,
    conversion_value: float | None = None,
    strategy: str = "optimiser",
    replicates: int = REPLICATES,
    seed: int = 0,
) -> StrategyResult:
    """Value a plan by inverse propensity weights, or doubly robust if predictions are given.

    Arm 0 is the control: not contacted, for free. What is planned for a row counts where the row was in that arm, which
    is unbiased whatever the odds of the other arms were.

    Args:
        plan: arm of each row, int[n] in 0 … arms.
        outcome: 0/1, [n].
        revenue: money, float[n].
        arm: arm that each row was in, int[n] in 0 … arms.
        propensity: probability of that arm, in (0, 1), float[n].
        margin: share of revenue kept, in (0, 1].
        contact_cost: money a contact of each arm but the control, float[arms].
        population: users that the rows stand for.
        incentive: money paid to a contacted buyer, float[arms] (None: none).
        predicted: probability of conversion in each arm, by models not fitted on these rows, float[n, 1 + arms].
        conversion_value: money a conversion is worth, in place of the measured revenue (None: use the revenue).
        strategy: name of the plan in the result.
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ValueError: shapes differ, NaN, an arm that is not in the table, a propensity outside (0, 1), a margin out of
            range, a negative price, or no conversion to take a value from.
    """
    converted, money = finite_vector(outcome, "outcome"), finite_vector(revenue, "revenue")
    chance = finite_vector(propensity, "propensity")
    costs = np.append(0.0, finite_vector(contact_cost, "contact_cost"))
    gifts = np.zeros(costs.size) if incentive is None else np.append(0.0, finite_vector(incentive, "incentive"))
    n, arms = converted.size, costs.size
    logged, planned = np.asarray(arm), np.asarray(plan)
    for name, column in (("arm", logged), ("plan", planned)):
        if column.shape != (n,) or column.dtype.kind not in "iu" or (column < 0).any() or (column >= arms).any():
            raise ValueError(f"{name} must hold one arm a row, integers 0 (control) to {arms - 1}")
    for name, values in (("revenue", money), ("propensity", chance)):
        if values.size != n:
            raise ValueError(f"{name} has {values.size} rows but outcome has {n}")
    if ((chance <= 0) | (chance >= 1)).any():
        raise ValueError("propensity must lie strictly between 0 and 1: leave out users who had no choice of arm")
    if not 0 < margin <= 1:
        raise ValueError(f"margin is the share of revenue that is kept, in (0, 1], got {margin}")
    if gifts.size != arms or (costs < 0).any() or (gifts < 0).any() or population < 1:
        raise ValueError("contact_cost and incentive are money of each arm, at least 0; population is at least 1")
    value = conversion_value
    if value is not None:
        money = converted * value
    elif converted.any():
        value = float(money[converted == 1].mean())
    elif predicted is not None:
        raise ValueError("no row converted: give conversion_value")
    guess = np.zeros((n, arms)) if predicted is None else np.asarray(predicted, dtype=np.float64)
    if guess.shape != (n, arms) or not np.isfinite(guess).all():
        raise ValueError(f"predicted must be finite numbers of shape [rows, 1 + arms] {(n, arms)}, got {guess.shape}")
    rows = np.arange(n)
    bought = _arm_scores(converted, logged, chance, guess)
    earned = _arm_scores(money, logged, chance, guess * (value or 0.0))
    contacted = planned > 0
    columns = np.stack(
        [
            np.ones(n),
            bought[rows, planned] - bought[:, 0],
            earned[rows, planned] - earned[:, 0],
            costs[planned],
            gifts[planned] * bought[rows, planned],
        ]
    )
    sums = resampled_sums(columns, replicates=replicates, seed=seed)
    scaled = np.divide(sums, sums[:, :1], out=np.full_like(sums, np.nan), where=sums[:, :1] > 0)
    # The estimate is the first row, its replicates the others.
    _, conversions, revenues, fees, paid = (np.concatenate([columns.mean(axis=1)[None], scaled]) * population).T
    cost = fees + paid
    profit = margin * revenues - cost
    rate = np.divide(profit, cost, out=np.full(cost.shape, np.nan), where=cost > 0)
    return StrategyResult(
        strategy=strategy,
        treated_share=float(contacted.mean()),
        contacts=float(contacted.mean() * population),
        cost=float(cost[0]),
        conversions=percentile_interval(float(conversions[0]), conversions[1:]),
        revenue=percentile_interval(float(revenues[0]), revenues[1:]),
        profit=percentile_interval(float(profit[0]), profit[1:]),
        roi=percentile_interval(float(rate[0]), rate[1:]) if cost[0] > 0 else None,
        incentives=float(paid[0]),
        estimator="ipw" if predicted is None else "aipw",
    )
