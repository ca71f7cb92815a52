"""How many users and days a campaign's trial would need, asked before it starts.

What belongs here: what is measured in the release's holdout where the request does not say it, and the answer's shape.
The plan itself is `assets.models.uplift.targeting.trial_plan`. Nothing is drawn and nothing is kept.
"""

from dataclasses import replace

import msgspec

from assets.models.uplift.targeting.trial_plan import Hopes, trial_plan
from evaluation.sequential.sample_size import Trial
from serving.http.problems import Invalid, ProblemError
from serving.release.snapshot import Snapshot
from serving.requests import PlanRequest

__all__ = ["PlanAnswer", "plan_answer"]

_ONE_OF = ("effect", "lift", "users")
"""What a trial is planned from."""


class PlanAnswer(msgspec.Struct, frozen=True):
    """Users of all arms together, days, and what the control costs."""

    users: int
    by_arm: dict[str, int]
    effect: float
    """On the mean, that the trial shows with its power: of a rate 0.01 is a point, else money a user."""
    lift: float
    """The same as a share of the mean."""
    users_with_cuped: int | None
    """How many would do where outcomes are adjusted by those of the time before; null without a correlation."""
    days: int | None
    """Until the last response counts; null without ``users_per_day``."""
    responses_forgone: float
    """What the control would have done besides; money where the outcome is revenue."""
    control_cost: float
    """Its worth, less what contacts and incentives of the control would have cost."""
    mean: float
    """Without a contact: given, or of the control in the campaign's holdout."""
    deviation: float
    measured: bool
    """Whether the mean was measured in the holdout."""
    warnings: list[str]
    currency: str
    release: str
    campaign: str


def plan_answer(snapshot: Snapshot, request: PlanRequest) -> PlanAnswer:
    """Plan a trial of the campaign of ``snapshot``; a holdout of a million users takes ten milliseconds to measure in.

    Raises:
        ProblemError: 400 where the request contradicts itself, or asks for what cannot be; 404 where nothing is given
            and the release has no holdout to measure in.
    """
    _check_one_of(request)
    if request.rate is not None:
        trial, is_rate, measured = Trial.of_rate(request.rate), True, False
    elif request.mean is not None and request.deviation is not None:
        trial, is_rate, measured = Trial(request.mean, request.deviation), False, False
    else:
        trial, is_rate, measured = *_measured(snapshot, request), True
    trial = replace(trial, level=request.level, power=request.power, looks=request.looks)
    treated = (1 - request.control_share) / request.treatments
    names = ["treatment"] if request.treatments == 1 else [f"treatment_{n + 1}" for n in range(request.treatments)]
    prices = snapshot.economics.prices if snapshot.economics is not None else None
    worth, contact_cost = request.worth, request.contact_cost
    if worth is None and prices is not None:
        worth = prices.margin * ((prices.response_value or 0.0) if is_rate else 1.0)
    if contact_cost is None:
        contact_cost = prices.contact.contact_cost if prices is not None else 0.0
    hopes = Hopes(
        trial,
        {"control": request.control_share} | dict.fromkeys(names, treated),
        is_rate,
        effect=trial.mean * request.lift if request.lift is not None else request.effect,
        users=request.users,
        correlation=request.correlation,
        users_per_day=request.users_per_day,
        window_days=request.window_days,
        worth=worth or 0.0,
        contact_cost=contact_cost,
        incentive=prices.contact.incentive if prices is not None else 0.0,
        is_adjusted=request.adjusted,
    )
    try:
        found = trial_plan(hopes)
    except ValueError as error:
        raise ProblemError(400, "invalid-input", f"The trial cannot be planned: {error}.") from error
    return PlanAnswer(
        found.users,
        found.by_arm,
        found.effect,
        found.lift,
        found.users_with_cuped,
        found.days,
        found.responses_forgone,
        found.control_cost,
        trial.mean,
        trial.deviation,
        measured,
        list(found.warnings),
        snapshot.release.manifest.currency,
        snapshot.version,
        snapshot.campaign,
    )


def _check_one_of(request: PlanRequest) -> None:
    """Refuse a request that names none of `_ONE_OF`, or two.

    Raises:
        ProblemError: 400.
    """
    if sum(getattr(request, name) is not None for name in _ONE_OF) != 1:
        told = f"give one of {', '.join(_ONE_OF)}"
        raise ProblemError(400, "invalid-input", f"Please {told}.", invalid=(Invalid("body", told),))


def _measured(snapshot: Snapshot, request: PlanRequest) -> tuple[Trial, bool]:
    """The outcome of the control in the campaign's holdout, and whether it is a rate.

    Raises:
        ProblemError: 404 where there is no holdout, or nobody in it responded without a contact.
    """
    holdout, is_rate = snapshot.holdout, request.outcome == "response"
    remedy = "give rate" if is_rate else "give mean and deviation"
    if holdout is None:
        reason = snapshot.missing.get("roi_simulation", "it was built without one")
        raise ProblemError(404, "module-unavailable", f"This release has no holdout to measure in: {reason}; {remedy}.")
    values = (holdout.outcome if is_rate else holdout.revenue)[holdout.treatment == 0]
    if values.size < 2 or not values.std() > 0:
        reason = f"the {values.size} users of its control all did the same"
        raise ProblemError(404, "module-unavailable", f"This release cannot tell the outcome: {reason}; {remedy}.")
    mean = float(values.mean())
    return (Trial.of_rate(mean) if is_rate else Trial(mean, float(values.std(ddof=1)))), is_rate
