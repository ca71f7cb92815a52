"""What requests look like: frozen structs with a bound on every field; unknown fields are refused.

What belongs here: shapes and bounds, of every body in one place, so that one bound is stated once. Answers are
`serving.lists.answers` and the modules that give them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import UNSET, Meta, UnsetType

from resources.shop.experiments import UNCHANGED, Change

__all__ = [
    "BODIES",
    "REPEATED",
    "BannerRequest",
    "BasketRequest",
    "BatchRequest",
    "BoundedId",
    "DecisionRequest",
    "EventBatch",
    "EventIn",
    "Exclude",
    "Filters",
    "InStock",
    "Limit",
    "ListRequest",
    "OptionalId",
    "PageRequest",
    "PageSlot",
    "PlanRequest",
    "ProductBatch",
    "ProductFields",
    "ProductPatch",
    "Query",
    "RewardBatch",
    "RewardRequest",
    "RoiRequest",
    "ScoreRequest",
    "SessionRequest",
    "UserRequest",
    "list_request",
]

# PostgreSQL cannot store the character NUL.
BoundedId = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
BoundedText = Annotated[str, Meta(max_length=1_000, pattern=r"^[^\x00]*$")]
Viewed = Annotated[list[BoundedId], Meta(max_length=200)]
FilterText = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00]+$")]
FilterList = Annotated[list[FilterText], Meta(max_length=20)]
Share = Annotated[float, Meta(gt=0, le=1)]
Odds = Annotated[float, Meta(gt=0, lt=1)]
AtLeastHalf = Annotated[float, Meta(ge=0.5, lt=1)]
Positive = Annotated[float, Meta(gt=0, le=1e12)]
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


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What a request says of any list."""

    limit: int
    user_id: str | None = None
    in_stock_only: bool = True
    filters: Sequence[str] = ()
    """Conditions such as ``brand:Acme``."""
    exclude: Sequence[str] = ()
    """Products not to show; unknown ones are ignored."""
    change: Change = UNCHANGED
    """What the list does without, by the experiments that the visitor is in."""


def list_request(
    snapshot: NamedDependency[object],
    limit: Limit = 10,
    in_stock: InStock = True,
    filters: Filters = None,
    exclude: Exclude = None,
    user_id: OptionalId = None,
) -> ListRequest:
    """What the query of a URL says of a list; injected as ``list_request``, behind the snapshot (`serving.app`)."""
    return ListRequest(limit, user_id, in_stock, filters or (), exclude or ())


class _ListBody(_Request, frozen=True):
    """What every body that asks for products says of them; ``filters`` are conditions such as ``brand:Acme``."""

    user_id: BoundedId | None = None
    limit: Count = 10
    in_stock_only: bool = True
    filters: FilterList = []
    exclude: Viewed = []

    def list_request(self) -> ListRequest:
        """What the body says of any list."""
        return ListRequest(self.limit, self.user_id, self.in_stock_only, self.filters, self.exclude)


class SessionRequest(_ListBody, frozen=True):
    """Products viewed in this session, oldest first, or the session (or user) whose events were posted, or both."""

    viewed: Viewed = []
    session_id: BoundedId | None = None


Visitors = Annotated[list[SessionRequest], Meta(min_length=1, max_length=100)]


class BasketRequest(_ListBody, frozen=True):
    """Products in the cart, in any order, and who holds it, as far as each is known."""

    cart: Viewed = []


class UserRequest(_ListBody, frozen=True):
    """A user, known or not, without a session."""

    user_id: BoundedId


class BatchRequest(_Request, frozen=True):
    """Visitors to recommend products to, each as if it came alone, and which list each gets."""

    visitors: Visitors
    list: Literal["session", "for_you"] = "session"


class PageSlot(_Request, frozen=True):
    """A place of a page for a list, and which list; ``category`` is that of a list of this kind."""

    name: BoundedId
    list: Literal["similar", "bought_together", "session", "basket", "category", "popular", "for_you"]
    limit: Count = 10
    category: BoundedId | None = None


class PageRequest(_Request, frozen=True):
    """A page: its slots, the most important first, the product that it is about, and who looks at it."""

    slots: Annotated[list[PageSlot], Meta(min_length=1, max_length=20)]
    product_id: BoundedId | None = None
    viewed: Viewed = []
    session_id: BoundedId | None = None
    cart: Viewed = []
    user_id: BoundedId | None = None
    in_stock_only: bool = True
    filters: FilterList = []
    exclude: Viewed = []

    def visitor(self) -> SessionRequest:
        """Who looks at it, as a request of its own."""
        return SessionRequest(viewed=self.viewed, session_id=self.session_id, user_id=self.user_id)


class BannerRequest(_Request, frozen=True):
    """Where a banner, or ``count`` of them from ``position`` on, will be shown.

    ``context`` is kept with the impression for later evaluation.
    """

    user_id: BoundedId | None = None
    position: Annotated[int, Meta(ge=1, le=1_000)] = 1
    count: Annotated[int, Meta(ge=1, le=20)] = 1
    context: dict[BoundedId, BoundedId | int | float | bool] = {}
    exclude: Annotated[list[BoundedId], Meta(max_length=100)] = []


class RewardRequest(_Request, frozen=True):
    """What came of an impression: 0 to 1, such as 1 for a click."""

    impression_id: BoundedId
    reward: Annotated[float, Meta(ge=0, le=1)]


class RewardBatch(_Request, frozen=True):
    """Rewards, in any order."""

    rewards: Annotated[list[RewardRequest], Meta(min_length=1, max_length=1_000)]


class ScoreRequest(_Request, frozen=True):
    """Users to score."""

    user_ids: Annotated[list[BoundedId], Meta(min_length=1, max_length=1_000)]
    campaign: BoundedId | None = None
    """Needed where the shop has several."""


class RoiRequest(_Request, frozen=True):
    """Prices to simulate with; what is left out is taken from the release."""

    budget: Money | None = None
    margin: Share | None = None
    contact_cost: Money | None = None
    population: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    campaign: BoundedId | None = None
    """Needed where the shop has several."""


class PlanRequest(_Request, frozen=True):
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


class DecisionRequest(_Request, frozen=True):
    """Who is here, what they viewed (oldest first), and the banner slot to fill, as far as each is known.

    ``context`` is kept with the banner, and decides which banners are meant for it.
    """

    user_id: BoundedId | None = None
    viewed: Viewed = []
    slot: BoundedId | None = None
    context: dict[BoundedId, BoundedId | int | float | bool] = {}
    limit: Count = 5
    filters: FilterList = []
    exclude: Viewed = []
    margin: Share | None = None
    contact_cost: Money | None = None
    campaign: BoundedId | None = None
    """Decides on this campaign alone; without it the best of all is chosen."""

    def list_request(self) -> ListRequest:
        """What the body says of the products."""
        return ListRequest(self.limit, self.user_id, filters=self.filters, exclude=self.exclude)


class EventIn(_Request, frozen=True):
    """An event as the events contract has it; ``ts`` with a zone, now if it is left out.

    ``agent`` is the shopper's User-Agent, by which robots tell themselves; that of the request may be the shop's own.
    """

    event_id: BoundedId
    kind: Literal["visit", "view", "add_to_cart", "remove_from_cart", "search", "click"]
    ts: Annotated[datetime, Meta(tz=True)] | None = None
    user_id: BoundedId | None = None
    session_id: BoundedId | None = None
    product_id: BoundedId | None = None
    query: BoundedText | None = None
    surface: BoundedId | None = None
    release: BoundedId | None = None
    agent: Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")] | None = None


class EventBatch(_Request, frozen=True):
    """Events to keep, in any order."""

    events: Annotated[list[EventIn], Meta(min_length=1, max_length=1_000)]


class ProductFields(_Request, frozen=True):
    """What is so of a product from ``updated_at`` on, now if it is left out; a field that is left out stays as it is.

    ``null`` says that there is no such thing. A hidden product is in no answer until it is hidden no more.
    """

    updated_at: Annotated[datetime, Meta(tz=True)] | None = None
    price: Money | UnsetType | None = UNSET
    in_stock: bool | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    title: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"^[^\x00]*\S[^\x00]*$")] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=10_000, pattern=r"^[^\x00]*$")] | UnsetType | None = UNSET
    brand: BoundedId | UnsetType | None = UNSET
    categories: Annotated[list[FilterText], Meta(max_length=50)] | UnsetType | None = UNSET
    tags: Annotated[list[FilterText], Meta(max_length=100)] | UnsetType | None = UNSET
    image_url: Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")] | UnsetType | None = UNSET

    def fields(self) -> dict[str, Any]:
        """The fields that it names, with their values."""
        told = {name: getattr(self, name) for name in ProductFields.__struct_fields__ if name != "updated_at"}
        return {name: value for name, value in told.items() if value is not UNSET}


class ProductPatch(ProductFields, frozen=True, kw_only=True):
    """`ProductFields` of the product that it names."""

    product_id: BoundedId


class ProductBatch(_Request, frozen=True):
    """Products to update, in any order."""

    products: Annotated[list[ProductPatch], Meta(min_length=1, max_length=1_000)]


BODIES: tuple[type, ...] = (
    SessionRequest,
    BasketRequest,
    UserRequest,
    BatchRequest,
    PageRequest,
    BannerRequest,
    RewardRequest,
    RewardBatch,
    ScoreRequest,
    RoiRequest,
    PlanRequest,
    DecisionRequest,
    EventBatch,
    ProductFields,
    ProductBatch,
)
"""Everything that a body may be."""
_ATTRIBUTE_AND_VALUE = r"^[^\x00:]*[^\x00:\s][^\x00:]*:[^\x00]*[^\x00\s][^\x00]*$"
REPEATED: dict[str, Any] = {
    "filters": Annotated[str, Meta(max_length=300, pattern=_ATTRIBUTE_AND_VALUE)],
    "exclude": BoundedId,
    "facets": Annotated[str, Meta(max_length=300)],
}
"""Parameter that may be repeated → what one of its values may be. A filter that is written otherwise is refused in
better words than a pattern's (`assets.models.products.attributes.Condition`)."""
