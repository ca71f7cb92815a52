"""What requests look like: frozen structs with a bound on every field; unknown fields are refused.

What belongs here: shapes and bounds. Answers are `serving.answers` and the modules that give them.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

__all__ = [
    "BannerRequest",
    "BasketRequest",
    "BoundedId",
    "DecisionRequest",
    "EventBatch",
    "EventIn",
    "Exclude",
    "Filters",
    "InStock",
    "Limit",
    "OptionalId",
    "Query",
    "RewardRequest",
    "RoiRequest",
    "ScoreRequest",
    "SessionRequest",
]

# PostgreSQL cannot store the character NUL.
BoundedId = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
BoundedText = Annotated[str, Meta(max_length=1_000, pattern=r"^[^\x00]*$")]
Viewed = Annotated[list[BoundedId], Meta(max_length=200)]
FilterText = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00]+$")]
FilterList = Annotated[list[FilterText], Meta(max_length=20)]
Share = Annotated[float, Meta(gt=0, le=1)]
Money = Annotated[float, Meta(ge=0, le=1e12)]
Count = Annotated[int, Meta(ge=1, le=100)]

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many products")]
Query = Annotated[str, QueryParameter(min_length=1, max_length=1_000, description="What the shopper typed")]
InStock = Annotated[bool, QueryParameter(description="Only products in stock")]
Filters = Annotated[
    list[FilterText] | None,
    QueryParameter(
        max_items=20,
        description="What products must have, such as brand:Acme or price:10..50; repeat it for more",
    ),
]
Exclude = Annotated[
    list[BoundedId] | None,
    QueryParameter(max_items=200, description="Ids of products not to show; repeat it for more"),
]
OptionalId = Annotated[str | None, QueryParameter(min_length=1, max_length=200)]


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every request body has in common: it cannot change, and a misspelt field is an error."""


class SessionRequest(_Request, frozen=True):
    """Products viewed in this session, oldest first, or the session (or user) whose events were posted, or both.

    ``filters`` are conditions such as ``brand:Acme``.
    """

    viewed: Viewed = []
    session_id: BoundedId | None = None
    user_id: BoundedId | None = None
    limit: Count = 10
    in_stock_only: bool = True
    filters: FilterList = []
    exclude: Viewed = []


class BasketRequest(_Request, frozen=True):
    """Products in the cart, in any order, and who holds it, as far as each is known."""

    cart: Viewed = []
    user_id: BoundedId | None = None
    limit: Count = 10
    in_stock_only: bool = True
    filters: FilterList = []
    exclude: Viewed = []


class BannerRequest(_Request, frozen=True):
    """Where a banner will be shown. ``context`` is kept with the impression for later evaluation."""

    user_id: BoundedId | None = None
    position: Annotated[int, Meta(ge=1, le=1_000)] = 1
    context: dict[BoundedId, BoundedId | int | float | bool] = {}
    exclude: Annotated[frozenset[BoundedId], Meta(max_length=100)] = frozenset()


class RewardRequest(_Request, frozen=True):
    """What came of an impression: 0 to 1, such as 1 for a click."""

    impression_id: BoundedId
    reward: Annotated[float, Meta(ge=0, le=1)]


class ScoreRequest(_Request, frozen=True):
    """Users to score."""

    user_ids: Annotated[list[BoundedId], Meta(min_length=1, max_length=1_000)]


class RoiRequest(_Request, frozen=True):
    """Prices to simulate with; what is left out is taken from the release."""

    budget: Money | None = None
    margin: Share | None = None
    contact_cost: Money | None = None
    population: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None


class DecisionRequest(_Request, frozen=True):
    """Who is here, what they viewed (oldest first), and the banner slot to fill, as far as each is known."""

    user_id: BoundedId | None = None
    viewed: Viewed = []
    slot: BoundedId | None = None
    limit: Count = 5
    filters: FilterList = []
    exclude: Viewed = []
    margin: Share | None = None
    contact_cost: Money | None = None


class EventIn(_Request, frozen=True):
    """An event as the events contract has it; ``ts`` with a zone, now if it is left out."""

    event_id: BoundedId
    kind: Literal["visit", "view", "add_to_cart", "remove_from_cart", "search", "click"]
    ts: Annotated[datetime, Meta(tz=True)] | None = None
    user_id: BoundedId | None = None
    session_id: BoundedId | None = None
    product_id: BoundedId | None = None
    query: BoundedText | None = None
    surface: BoundedId | None = None
    release: BoundedId | None = None


class EventBatch(_Request, frozen=True):
    """Events to keep, in any order."""

    events: Annotated[list[EventIn], Meta(min_length=1, max_length=1_000)]
