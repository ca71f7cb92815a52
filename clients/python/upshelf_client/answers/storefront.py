"""Lists, searches, products, banners and events.

What belongs here: shapes, named as in the API's description.
"""

from typing import Literal

from msgspec import Struct, field

__all__ = [
    "BannerOut",
    "BatchAnswer",
    "EventsAnswer",
    "FacetValue",
    "ForYouAnswer",
    "Item",
    "ListAnswer",
    "PageAnswer",
    "PriceRange",
    "Product",
    "RewardAnswer",
    "RewardOut",
    "RewardsAnswer",
    "SearchAnswer",
    "SlateAnswer",
    "SlateBanner",
    "StepTried",
    "SuggestAnswer",
    "SuggestedProduct",
]


class Item(Struct, frozen=True):
    """A product in a list. Scores of different modules cannot be compared; ``rules`` are the shop's that moved it."""

    product_id: str
    title: str
    price: float | None
    in_stock: bool
    score: float
    module: str
    reason: str
    rules: list[str] = field(default_factory=list)
    variants: int = 0
    variant_ids: list[str] = field(default_factory=list)


class StepTried(Struct, frozen=True):
    """A step that was asked besides the one that answered: how many items it gave, and why none if it is known."""

    module: str
    items: int
    note: str | None


class ListAnswer(Struct, frozen=True):
    """A list of products, best first, and how it came about."""

    items: list[Item]
    answered_by: str
    fallbacks_tried: list[StepTried]
    release: str


class ForYouAnswer(ListAnswer, frozen=True):
    """A list for one user; ``known`` says whether anything is on record of the user."""

    known: bool


class BatchAnswer(Struct, frozen=True):
    """A list for each visitor, in their order."""

    answers: list[ListAnswer]
    release: str


class PageAnswer(Struct, frozen=True):
    """Name of a slot → its list."""

    slots: dict[str, ListAnswer]
    release: str


class FacetValue(Struct, frozen=True):
    """A value of an attribute, and how many of the matching products have it."""

    value: str
    count: int


class PriceRange(Struct, frozen=True):
    """Lowest and highest price of the matching products."""

    low: float
    high: float


class SearchAnswer(ListAnswer, frozen=True, kw_only=True):
    """One page of what was found; ``relaxed`` says what was given up to find anything."""

    total: int
    searched_for: str | None = None
    understood: list[str] = field(default_factory=list)
    facets: dict[str, list[FacetValue]] = field(default_factory=dict)
    price_range: PriceRange | None = None
    ranges: dict[str, PriceRange] = field(default_factory=dict)
    relaxed: list[str] = field(default_factory=list)
    did_you_mean: str | None = None
    banner: str | None = None
    redirect: str | None = None


class SuggestedProduct(Struct, frozen=True):
    """A product whose title has a word that begins so."""

    product_id: str
    title: str


class SuggestAnswer(Struct, frozen=True):
    """Completions of each kind; ``completed`` is what was completed instead of a misspelt text."""

    queries: list[str]
    categories: list[str]
    brands: list[str]
    products: list[SuggestedProduct]
    release: str
    completed: str | None = None


class Product(Struct, frozen=True):
    """A product as the release knows it."""

    product_id: str
    title: str
    description: str | None
    brand: str | None
    categories: list[str]
    tags: list[str]
    price: float | None
    currency: str
    in_stock: bool
    image_url: str | None
    release: str


class BannerOut(Struct, frozen=True):
    """A banner drawn and put on record; ``propensity`` is the probability with which it was drawn."""

    impression_id: str
    slot: str
    banner_id: str
    propensity: float
    policy: str
    content: str | None
    release: str


class SlateBanner(Struct, frozen=True):
    """A banner of a slate; ``propensity`` is the probability with which it was drawn given those above it."""

    impression_id: str
    position: int
    banner_id: str
    propensity: float
    content: str | None


class SlateAnswer(BannerOut, frozen=True):
    """The first banner, and the ``slate``: those of all positions from the first on, none twice."""

    slate: list[SlateBanner]


class RewardAnswer(Struct, frozen=True):
    """What is on record for an impression: the first reward that arrived."""

    impression_id: str
    slot: str
    banner_id: str
    reward: float


class RewardOut(Struct, frozen=True):
    """What became of a reward, and what is on record; one of an impression that is not is kept for some days."""

    impression_id: str
    outcome: Literal["new", "repeated", "unknown"]
    slot: str | None
    banner_id: str | None
    reward: float | None


class RewardsAnswer(Struct, frozen=True):
    """How many rewards came, how many of them were new, and what became of each, in the order they were sent."""

    received: int
    new: int
    rewards: list[RewardOut]


class EventsAnswer(Struct, frozen=True):
    """How many events arrived, and how many of them were new."""

    received: int
    new: int
