"""Requests about campaigns: scores, simulations, plans of trials, and the decision on a shopper."""

from typing import Annotated, Literal

from msgspec import Meta, field

from serving.requests.bounds import (
    AtLeastHalf,
    Body,
    BoundedId,
    Count,
    FilterList,
    Money,
    Odds,
    Positive,
    Share,
    Viewed,
)
from serving.requests.lists import ListRequest

__all__ = ["DecisionRequest", "PlanRequest", "RoiRequest", "ScoreRequest"]


class ScoreRequest(Body, frozen=True):
    """Users to score."""

    user_ids: Annotated[list[BoundedId], Meta(min_length=1, max_length=1_000)]
    campaign: BoundedId | None = None
    """Needed where the shop has several."""


class RoiRequest(Body, frozen=True):
    """Prices to simulate with; what is left out is taken from the release."""

    budget: Money | None = None
    margin: Share | None = None
    contact_cost: Money | None = None
    population: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    campaign: BoundedId | None = None
    """Needed where the shop has several."""


class PlanRequest(Body, frozen=True):
    """What a trial is hoped to show: one of effect, lift and users.

    What is left out of the outcome is measured in the control of the campaign's holdout, prices are the release's.
    """

    effect: Annotated[float, Meta(ge=-1e12, le=1e12)] | None = None
    """On the mean: of a rate 0.01 is a point, else money a user."""
    lift: Annotated[float, Meta(ge=-1, le=100)] | None = None
    """The same as a share of the mean."""
    users: Annotated[int, Meta(ge=2, le=1_000_000_000)] | None = None
    """Users that there are: which effect do they show?"""
    outcome: Literal["response", "revenue"] = "response"
    """What is measured where neither rate nor mean is given."""
    rate: Odds | None = None
    mean: Positive | None = None
    """Of revenue a user, with deviation."""
    deviation: Positive | None = None
    control_share: Annotated[float, Meta(ge=0.01, le=0.99)] = 0.5
    treatments: Annotated[int, Meta(ge=1, le=20)] = 1
    """Arms of one size, each compared with the control."""
    correlation: Annotated[float, Meta(gt=-1, lt=1)] | None = None
    """Of the outcome with that of the time before."""
    adjusted: bool = False
    """Whether outcomes are adjusted by those of the time before (CUPED)."""
    users_per_day: Positive | None = None
    window_days: Annotated[int, Meta(ge=0, le=365)] = 7
    worth: Money | None = None
    """Of a response, or of one unit of revenue."""
    contact_cost: Money | None = None
    level: AtLeastHalf = 0.95
    power: AtLeastHalf = 0.8
    looks: Literal["once", "daily"] = "once"


class DecisionRequest(Body, frozen=True):
    """Who is here, what they viewed (oldest first), and the banner slot to fill, as far as each is known.

    ``context`` is kept with the banner, and decides which banners are meant for it.
    """

    user_id: BoundedId | None = None
    viewed: Viewed = field(default_factory=list)
    slot: BoundedId | None = None
    context: dict[BoundedId, BoundedId | int | float | bool] = field(default_factory=dict)
    limit: Count = 5
    filters: FilterList = field(default_factory=list)
    exclude: Viewed = field(default_factory=list)
    margin: Share | None = None
    contact_cost: Money | None = None
    campaign: BoundedId | None = None
    """Decides on this campaign alone; without it the best of all is chosen."""

    def list_request(self) -> ListRequest:
        """What the body says of the products."""
        return ListRequest(self.limit, self.user_id, filters=self.filters, exclude=self.exclude)
