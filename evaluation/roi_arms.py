"""What a plan with several arms would earn, valued off-policy on a log whose propensities are known.

What belongs here: the value of one plan (such as that of `assets.models.targeting_policy`). What does not: making it,
and strategies of one arm (`evaluation.roi`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.bootstrap import Interval, percentile_interval, resampled_sums
from evaluation.trial import finite_vector

__all__ = ["PlanValue", "value_plan"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlanValue:
    """What the plan does to the population compared with contacting nobody; intervals of 95 %."""

    contacts: float
    cost: Interval
    """Of contacts and of incentives to contacted buyers."""
    conversions: Interval
    """Incremental."""
    revenue: Interval
    """Incremental."""
    profit: Interval
    """margin * revenue - cost."""
    verdict: str


def _arm_scores(outcome: Floats, arm: NDArray[np.intp], propensity: Floats, predicted: Floats | None) -> Floats:
    """Score of each row for each arm's outcome, float64[n, arms]: predicted + 1{arm} / p * (y - predicted)."""
    base = np.zeros(propensity.shape) if predicted is None else predicted
    scores = base.copy()
    rows = np.arange(arm.size)
    scores[rows, arm] += (outcome - base[rows, arm]) / propensity[rows, arm]
    return scores


def _table(values: ArrayLike, name: str, shape: tuple[int, int]) -> Floats:
    table = np.asarray(values, dtype=np.float64)
    if table.shape != shape or not np.isfinite(table).all():
        raise ValueError(f"{name} must be finite numbers of shape [rows, 1 + arms] {shape}, got shape {table.shape}")
    return table


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
    replicates: int = 400,
    seed: int = 0,
) -> PlanValue:
    """Value a plan by inverse propensity weights, or doubly robust if predictions are given.

    Arm 0 is the control: not contacted, for free.

    Args:
        plan: arm of each row, int[n] in 0 … arms.
        outcome: 0/1, [n].
        revenue: money, float[n].
        arm: arm that each row was in, int[n] in 0 … arms.
        propensity: probability of each arm for each row, in (0, 1), float[n, 1 + arms]; rows sum to 1.
        margin: share of revenue kept, in (0, 1].
        contact_cost: money a contact of each arm but the control, float[arms].
        population: users that the rows stand for.
        incentive: money paid to a contacted buyer, float[arms] (None: none).
        predicted: probability of conversion in each arm, by models not fitted on these rows, float[n, 1 + arms].
        conversion_value: revenue of a conversion, for the predictions of revenue (None: mean of the conversions).
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ValueError: shapes differ, NaN, an arm that is not in the table, a propensity outside (0, 1) or not 1 in sum, a
            margin out of range, a negative price, or no conversion to take a value from.
    """
    converted, money = finite_vector(outcome, "outcome"), finite_vector(revenue, "revenue")
    costs = np.append(0.0, finite_vector(contact_cost, "contact_cost"))
    gifts = np.zeros(costs.size) if incentive is None else np.append(0.0, finite_vector(incentive, "incentive"))
    n, arms = converted.size, costs.size
    logged, planned = np.asarray(arm), np.asarray(plan)
    chance = _table(propensity, "propensity", (n, arms))
    predictions = None if predicted is None else _table(predicted, "predicted", (n, arms))
    for name, column in (("arm", logged), ("plan", planned)):
        if column.shape != (n,) or column.dtype.kind not in "iu" or (column < 0).any() or (column >= arms).any():
            raise ValueError(f"{name} must hold one arm a row, integers 0 (control) to {arms - 1}")
    if money.size != n:
        raise ValueError(f"revenue has {money.size} rows but outcome has {n}")
    if ((chance <= 0) | (chance >= 1)).any() or not np.allclose(chance.sum(axis=1), 1, atol=1e-6):
        raise ValueError("propensity must lie strictly between 0 and 1 and sum to 1 in every row")
    if not 0 < margin <= 1:
        raise ValueError(f"margin is the share of revenue that is kept, in (0, 1], got {margin}")
    if gifts.size != arms or (costs < 0).any() or (gifts < 0).any() or population < 1:
        raise ValueError("contact_cost and incentive are money of each arm, at least 0; population is at least 1")
    value = conversion_value
    if value is None:
        if not converted.any():
            raise ValueError("no row converted: give conversion_value")
        value = float(money[converted == 1].mean())
    rows = np.arange(n)
    bought = _arm_scores(converted, logged, chance, predictions)
    earned = _arm_scores(money, logged, chance, None if predictions is None else predictions * value)
    columns = np.stack(
        [
            np.ones(n),
            bought[rows, planned] - bought[:, 0],
            earned[rows, planned] - earned[:, 0],
            costs[planned] + gifts[planned] * bought[rows, planned],
        ]
    )
    sums = resampled_sums(columns, replicates=replicates, seed=seed)
    scaled = np.divide(sums, sums[:, :1], out=np.full_like(sums, np.nan), where=sums[:, :1] > 0)
    figures = np.concatenate([columns.mean(axis=1)[None], scaled]) * population
    profit = margin * figures[:, 2] - figures[:, 3]
    conversions, revenues, cost, earnings = (
        percentile_interval(float(column[0]), column[1:])
        for column in (figures[:, 1], figures[:, 2], figures[:, 3], profit)
    )
    contacts = float((planned > 0).mean() * population)
    return PlanValue(contacts, cost, conversions, revenues, earnings, _in_words(contacts, earnings))


def _in_words(contacts: float, profit: Interval) -> str:
    told = f"{contacts:,.0f} contacts earn {profit.estimate:,.0f} ({profit.lower:,.0f} to {profit.upper:,.0f})"
    if profit.lower > 0:
        return f"{told}: the plan pays."
    if profit.upper < 0:
        return f"{told}: the plan loses money. Do not run it."
    return f"{told}: whether the plan pays is not certain. Run it beside a random control, or measure longer."
