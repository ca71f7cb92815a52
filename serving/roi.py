"""What targeting strategies would earn, simulated on the holdout of the release that answers.

What belongs here: prices of the request or the release, and the answer's shape. The simulation is `evaluation.roi`.
"""

import msgspec

from assets.models.uplift.arm_plan import plan_arms
from assets.models.uplift.targeting_policy import ArmPrice
from assets.models.uplift.uplift_scores import arm_chances, told_apart
from evaluation.bootstrap import Interval
from evaluation.roi import STRATEGIES, simulate
from evaluation.roi_arms import simulate_arms
from serving.problems import ProblemError
from serving.requests import RoiRequest
from serving.snapshot import Snapshot

__all__ = ["RoiAnswer", "roi_answer"]


class Range(msgspec.Struct, frozen=True):
    """An estimate with its 95 % interval."""

    value: float
    lower: float
    upper: float


class StrategyOut(msgspec.Struct, frozen=True):
    """A strategy in the population: money in the shop's currency; conversions and revenue are incremental."""

    strategy: str
    treated_share: float
    contacts: float
    cost: float
    conversions: Range
    revenue: Range
    profit: Range
    roi: Range | None


class RoiAnswer(msgspec.Struct, frozen=True):
    """Every strategy, with the prices it was valued at.

    Of several arms a contact is one as the trial dealt it out, but for the strategies ``everyone_gets_…`` and for the
    ``optimiser``, which chooses an arm for each user at the arm's own costs.
    """

    strategies: list[StrategyOut]
    best: str
    """Strategy of the highest expected profit."""
    budget: float | None
    margin: float
    contact_cost: float
    """Of several arms the mean over the contacts of the trial; one that the request gives is that of every arm."""
    population: int
    currency: str
    release: str


def roi_answer(snapshot: Snapshot, request: RoiRequest) -> RoiAnswer:
    """Simulate every strategy; takes tens of milliseconds and more: call it off the event loop.

    Raises:
        ProblemError: 404 if the release has no holdout; 400 if a price is missing or out of range.
    """
    holdout = snapshot.holdout
    if holdout is None:
        reason = snapshot.missing.get("roi", "it was built without one")
        raise ProblemError(404, "module-unavailable", f"This release has no holdout to simulate on: {reason}.")
    prices = snapshot.economics
    margin, cost = request.margin, request.contact_cost
    if prices is not None:
        margin = prices.margin if margin is None else margin
        cost = prices.contact_cost if cost is None else cost
    if margin is None or cost is None:
        raise ProblemError(400, "invalid-input", "The release names no prices: give margin and contact_cost.")
    users = len(snapshot.release.uplift) if snapshot.release.uplift is not None else holdout.outcome.size
    population = request.population or max(users, 1)
    # A shop whose campaign is measured in visits has no revenue of its own: the release says what a response is worth.
    value = prices.revenue_per_response if prices is not None and not holdout.revenue.any() else None
    arms = _arm_prices(snapshot, request)
    try:
        results = simulate(
            holdout,
            margin=margin,
            contact_cost=cost,
            budget=request.budget,
            population=population,
            strategies=[name for name in STRATEGIES if name != "optimiser" or not arms],
            conversion_value=value,
            incentive=prices.incentive if prices is not None else 0.0,
        )
        if (rows := snapshot.release.roi) is not None and arms:
            results += simulate_arms(
                rows,
                arms,
                plan_arms,
                arm_chances(rows),
                margin=margin,
                population=population,
                budget=request.budget,
                conversion_value=value,
            )
    except ValueError as error:
        raise ProblemError(400, "invalid-input", f"The simulation is not possible: {error}.") from error
    strategies = [
        StrategyOut(
            strategy=r.strategy,
            treated_share=r.treated_share,
            contacts=r.contacts,
            cost=r.cost,
            conversions=_range(r.conversions),
            revenue=_range(r.revenue),
            profit=_range(r.profit),
            roi=None if r.roi is None else _range(r.roi),
        )
        for r in results
    ]
    return RoiAnswer(
        strategies=strategies,
        best=max(strategies, key=lambda s: s.profit.value).strategy,
        budget=request.budget,
        margin=margin,
        contact_cost=cost,
        population=population,
        currency=snapshot.release.manifest.currency,
        release=snapshot.version,
    )


def _arm_prices(snapshot: Snapshot, request: RoiRequest) -> list[ArmPrice]:
    """What each of several arms of the holdout costs, with the request's contact cost where it gives one."""
    prices, rows = snapshot.economics, snapshot.release.roi
    if prices is None or rows is None:
        return []
    costs = {arm: prices.arms.get(arm, (prices.contact_cost, prices.incentive)) for arm in told_apart(rows)}
    given = request.contact_cost
    return [ArmPrice(arm, cost if given is None else given, incentive) for arm, (cost, incentive) in costs.items()]


def _range(interval: Interval) -> Range:
    value, lower, upper = interval
    return Range(float(value), float(lower), float(upper))
