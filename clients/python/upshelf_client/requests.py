"""What calls may say: the bodies and queries of the API, as typed dictionaries; what is left out has the API's default.

What belongs here: shapes. Their bounds are in the API's description, and the API answers with the one that is broken.
"""

from datetime import datetime
from typing import Literal, NotRequired, Required, TypedDict

__all__ = [
    "BannerRequest",
    "BasketRequest",
    "BatchList",
    "CategoryQuery",
    "DecisionRequest",
    "Event",
    "EventKind",
    "Export",
    "ExportQuery",
    "ListName",
    "ListQuery",
    "PageRequest",
    "PageSlot",
    "PlanRequest",
    "ProductFields",
    "ProductUpdate",
    "RewardRequest",
    "RoiRequest",
    "SearchQuery",
    "SessionRequest",
    "SortName",
    "UserRequest",
]

ListName = Literal["similar", "bought_together", "session", "basket", "category", "popular", "for_you"]
BatchList = Literal["session", "for_you"]
SortName = Literal["relevance", "price_asc", "price_desc", "newest", "popularity"]
Export = Literal["scores", "segments", "plan"]
EventKind = Literal["visit", "view", "add_to_cart", "remove_from_cart", "search", "click"]


class _Shown(TypedDict, total=False):
    """What any list may be told; ``filters`` are such as ``brand:Acme``, ``exclude`` are products not to show."""

    user_id: str | None
    limit: int
    filters: list[str]
    exclude: list[str]


class ListQuery(_Shown, total=False):
    """What a list that is asked for by its address may be told."""

    in_stock: bool


class CategoryQuery(ListQuery, total=False):
    """A list of a category, or of those that a user looks at."""

    category: str | None


class SearchQuery(TypedDict, total=False):
    """How to search, besides what for; ``release`` is that of the page before."""

    limit: int
    category: str | None
    in_stock: bool
    filters: list[str]
    facets: list[str]
    sort: SortName
    offset: int
    user_id: str | None
    exact: bool
    release: str | None


class ExportQuery(TypedDict, total=False):
    """How a file of users is written; of one ``segment`` alone where it is named; with ``pseudonyms`` for ids."""

    format: Literal["csv", "ndjson", "parquet", "arrow"]
    segment: str | None
    pseudonyms: bool
    campaign: str | None


class _Body(_Shown, total=False):
    """What a list that is asked for by a body may be told."""

    in_stock_only: bool


class SessionRequest(_Body, total=False):
    """Products viewed, oldest first, or the session (or user) whose events were posted, or both."""

    viewed: list[str]
    session_id: str | None


class BasketRequest(_Body, total=False):
    """Products in the cart, in any order, and who holds it."""

    cart: list[str]


class UserRequest(TypedDict, total=False):
    """A list for a user without a session."""

    limit: int
    filters: list[str]
    exclude: list[str]
    in_stock_only: bool


class PageSlot(TypedDict):
    """A place of a page for a list, and which list; ``category`` is that of a list of this kind."""

    name: str
    list: ListName
    limit: NotRequired[int]
    category: NotRequired[str | None]


class PageRequest(TypedDict, total=False):
    """A page: its slots, the most important first, the product that it is about, and who looks at it."""

    slots: Required[list[PageSlot]]
    product_id: str | None
    viewed: list[str]
    session_id: str | None
    cart: list[str]
    user_id: str | None
    in_stock_only: bool
    filters: list[str]
    exclude: list[str]


class BannerRequest(TypedDict, total=False):
    """Where a banner, or ``count`` of them from ``position`` on, will be shown.

    ``context`` is kept with the impression for later evaluation.
    """

    user_id: str | None
    position: int
    count: int
    context: dict[str, str | int | float | bool]
    exclude: list[str]


class RewardRequest(TypedDict):
    """What came of an impression: 0 to 1, such as 1 for a click."""

    impression_id: str
    reward: float


class RoiRequest(TypedDict, total=False):
    """Prices to simulate with; what is left out is taken from the release."""

    budget: float | None
    margin: float | None
    contact_cost: float | None
    population: int | None
    campaign: str | None


class PlanRequest(TypedDict, total=False):
    """What a trial is hoped to show: one of effect, lift and users; what is left out is measured, or the release's."""

    effect: float | None
    lift: float | None
    users: int | None
    outcome: Literal["response", "revenue"]
    rate: float | None
    mean: float | None
    deviation: float | None
    control_share: float
    treatments: int
    correlation: float | None
    adjusted: bool
    users_per_day: float | None
    window_days: int
    worth: float | None
    contact_cost: float | None
    level: float
    power: float
    looks: Literal["once", "daily"]


class DecisionRequest(TypedDict, total=False):
    """Who is here, what they viewed (oldest first), and the banner slot to fill, as far as each is known."""

    user_id: str | None
    viewed: list[str]
    slot: str | None
    context: dict[str, str | int | float | bool]
    limit: int
    filters: list[str]
    exclude: list[str]
    margin: float | None
    contact_cost: float | None
    campaign: str | None


class Event(TypedDict, total=False):
    """What a shopper did; the client makes an ``event_id`` where there is none.

    ``ts`` has a zone, and is now if left out.
    ``surface`` and ``release`` are those of the list that showed the product, ``agent`` is the shopper's User-Agent.
    """

    event_id: str
    kind: Required[EventKind]
    ts: datetime | None
    user_id: str | None
    session_id: str | None
    product_id: str | None
    query: str | None
    surface: str | None
    release: str | None
    agent: str | None


class ProductFields(TypedDict, total=False):
    """What is so of a product from ``updated_at`` on, which has a zone, and is now if left out; None: there is none."""

    updated_at: datetime | None
    price: float | None
    in_stock: bool
    hidden: bool
    title: str
    description: str | None
    brand: str | None
    categories: list[str] | None
    tags: list[str] | None
    image_url: str | None


class ProductUpdate(ProductFields, total=False):
    """The same with the product."""

    product_id: Required[str]
