"""What targeting strategies would earn, simulated on the holdout of the release that answers.

What belongs here: prices of the request or the release, and the answer's shape. The simulation is
`assets.models.uplift.targeting.simulation`.
"""

import msgspec

from assets.models.uplift.targeting.simulation import Simulation
from evaluation.policy_value.roi import StrategyResult
from evaluation.policy_value.roi_prices import ArmPrice, Prices
from evaluation.resampling.bootstrap import Interval
from serving.http.problems import Invalid, ProblemError
from serving.release.snapshot import Snapshot
from serving.requests import RoiRequest

__all__ = ["RoiAnswer", "StrategyOut", "roi_answer", "simulation_of", "strategy_out"]


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
    campaign: str
    """Which campaign's holdout it was simulated on."""


def roi_answer(snapshot: Snapshot, request: RoiRequest) -> RoiAnswer:
    """Simulate every strategy; takes tens of milliseconds and more: call it off the event loop.

    Raises:
        ProblemError: 404 if the release has no holdout; 400 if a price is missing or out of range.
    """
    simulation = simulation_of(snapshot, request)
    prices = simulation.prices
    try:
        results = simulation.strategies(request.budget)
    except ValueError as error:
        raise ProblemError(400, "invalid-input", f"The simulation is not possible: {error}.") from error
    return RoiAnswer(
        strategies=[strategy_out(result) for result in results],
        best=max(results, key=lambda result: result.profit.estimate).strategy,
        budget=request.budget,
        margin=prices.margin,
        contact_cost=prices.contact.contact_cost,
        population=simulation.population,
        currency=snapshot.release.manifest.currency,
        release=snapshot.version,
        campaign=snapshot.campaign,
    )


def simulation_of(snapshot: Snapshot, request: RoiRequest) -> Simulation:
    """The release's holdout with the prices and the population of a request.

    Raises:
        ProblemError: 404 if the release has no holdout; 400 if a price is missing.
    """
    holdout, rows = snapshot.holdout, snapshot.release.roi_simulation
    if holdout is None or rows is None:
        reason = snapshot.missing.get("roi_simulation", "it was built without one")
        raise ProblemError(404, "module-unavailable", f"This release has no holdout to simulate on: {reason}.")
    users = len(snapshot.release.segments) if snapshot.release.segments is not None else holdout.outcome.size
    return Simulation(holdout, rows, _prices(snapshot, request), request.population or max(users, 1))


def _prices(snapshot: Snapshot, request: RoiRequest) -> Prices:
    """The release's prices with those of the request in their place."""
    if snapshot.economics is not None:
        return snapshot.economics.prices.changed(margin=request.margin, contact_cost=request.contact_cost)
    if request.margin is None or request.contact_cost is None:
        missing = [name for name in ("margin", "contact_cost") if getattr(request, name) is None]
        detail = "The release names no prices: give margin and contact_cost."
        rule = "must be given, as the release names no prices"
        invalid = tuple(Invalid(f"body: {name}", rule) for name in missing)
        raise ProblemError(400, "invalid-input", detail, invalid=invalid)
    return Prices(request.margin, ArmPrice(request.contact_cost))


def strategy_out(result: StrategyResult) -> StrategyOut:
    """A result as it leaves the API."""
    intervals = {name: _range(getattr(result, name)) for name in ("conversions", "revenue", "profit")}
    return StrategyOut(
        strategy=result.strategy,
        treated_share=result.treated_share,
        contacts=result.contacts,
        cost=result.cost,
        roi=None if result.roi is None else _range(result.roi),
        **intervals,
    )


def _range(interval: Interval) -> Range:
    value, lower, upper = interval
    return Range(float(value), float(lower), float(upper))
