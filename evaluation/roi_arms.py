"""What plans with several arms would earn, valued off-policy on a log whose propensities are known.

What belongs here: the value of a plan (such as that of `assets.models.uplift.arm_plan`), and of sending one arm to
everyone. What does not: making the plan, and strategies of one arm (`evaluation.roi`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from evaluation.bootstrap import percentile_interval, resampled_sums
from evaluation.effect_scores import Estimator
from evaluation.roi import REPLICATES, StrategyResult
from evaluation.trial import finite_vector

__all__ = ["ArmTrial", "simulate_arms", "value_plan"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ArmTrial:
    """Users of a trial of several arms, none of them trained on; the arrays are those of `value_plan`."""

    arms: tuple[str, ...]
    """Names of the arms but the control."""
    outcome: Floats
    revenue: Floats
    arm: Ints
    propensity: Floats
    predicted: Floats

    @classmethod
    def of_frame(cls, frame: pl.DataFrame, p_treated: Mapping[str, str], p_control: Floats) -> "ArmTrial":
        """Take the columns outcome, revenue, arm and arm_propensity (of the row's own arm) of a holdout.

        Args:
            frame: one row an exposure; a row whose arm is not among ``p_treated`` is a control.
            p_treated: arm → column of the probability of conversion with it.
            p_control: the same without contact, float64[rows].
        """
        places = {arm: place for place, arm in enumerate(p_treated, start=1)}
        return cls(
            arms=tuple(p_treated),
            outcome=frame["outcome"].cast(pl.Float64).to_numpy(),
            revenue=frame["revenue"].to_numpy(),
            arm=frame["arm"].replace_strict(places, default=0, return_dtype=pl.Int64).to_numpy(),
            propensity=frame["arm_propensity"].to_numpy(),
            predicted=np.column_stack([p_control, *(frame[column].to_numpy() for column in p_treated.values())]),
        )

    @property
    def conversion_value(self) -> float:
        """Mean revenue of the conversions; 0 where there is none."""
        return float(self.revenue[self.outcome == 1].mean()) if self.outcome.any() else 0.0


def simulate_arms(
    trial: ArmTrial,
    plan: Ints,
    *,
    margin: float,
    contact_cost: Sequence[float],
    incentive: Sequence[float],
    population: int,
    conversion_value: float | None = None,
    estimator: Estimator = "ipw",
    seed: int = 0,
    replicates: int = REPLICATES,
) -> list[StrategyResult]:
    """Value sending each arm to everyone, and the ``plan`` as `optimiser`; all with the same resamples.

    Args:
        trial: the holdout.
        plan: place of each row's arm in ``trial.arms``, or -1 for no contact, int64[n].
        margin: share of revenue kept, in (0, 1].
        contact_cost: money a contact of each arm costs.
        incentive: money paid to a contacted buyer, of each arm.
        population: users that the rows stand for.
        conversion_value: money a conversion is worth, in place of the measured revenue (None: use the revenue).
        estimator: ``ipw`` or ``aipw``.
        seed: of the bootstrap.
        replicates: of the bootstrap.

    Raises:
        ValueError: as `value_plan`.
    """
    everyone = {f"everyone_gets_{name}": np.full(plan.size, place) for place, name in enumerate(trial.arms)}
    return [
        value_plan(
            chosen + 1,
            outcome=trial.outcome,
            revenue=trial.revenue,
            arm=trial.arm,
            propensity=trial.propensity,
            margin=margin,
            contact_cost=contact_cost,
            population=population,
            incentive=incentive,
            predicted=trial.predicted if estimator == "aipw" else None,
            conversion_value=conversion_value,
            strategy=name,
            replicates=replicates,
            seed=seed,
        )
        for name, chosen in {**everyone, "optimiser": plan}.items()
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
