"""The release that answers, health, products changed, users' histories and users forgotten.

What belongs here: shapes, named as in the API's description.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

__all__ = [
    "CategoryShare",
    "ForgetAnswer",
    "Health",
    "HistoryAnswer",
    "HistoryItem",
    "ProductsAnswer",
    "ReleaseAnswer",
    "TakenOutAnswer",
]


class ReleaseAnswer(Struct, frozen=True):
    """The release that answers, what it has, and why it lacks the rest."""

    release: str
    registry_version: str
    shop: str
    as_of: str
    currency: str
    products: int
    scored_users: int
    modules: list[str]
    unavailable: dict[str, str]
    top_categories: list[str]
    slots: list[str]
    metrics: dict[str, float]


class Health(Struct, frozen=True):
    """Whether the API can answer, from which release, and what is wrong if something is."""

    status: str
    mode: str
    release: str | None
    registry_version: str | None
    as_of: str | None
    age_days: int | None
    modules: list[str]
    missing: list[str]
    problems: list[str]


class ForgetAnswer(Struct, frozen=True):
    """What the API had of the user and has deleted."""

    events: int
    impressions: int


class HistoryItem(Struct, frozen=True):
    """An event as it was posted, or the latest on a product that the release knows of, and how often in all."""

    at: datetime
    kind: str
    source: Literal["posted", "release"]
    product_id: str | None = None
    title: str | None = None
    times: int = 1
    session_id: str | None = None
    query: str | None = None
    surface: str | None = None


class CategoryShare(Struct, frozen=True):
    """A category that a user is after, and its share of all that the user did."""

    name: str
    share: float


class HistoryAnswer(Struct, frozen=True):
    """A page of a history, newest first, and what the release knows of the user besides."""

    items: list[HistoryItem]
    more: bool
    bought: list[str]
    categories: list[CategoryShare]
    segment: str | None
    release: str | None


class TakenOutAnswer(Struct, frozen=True):
    """How many posted events of the user on the product were deleted."""

    events: int


class ProductsAnswer(Struct, frozen=True):
    """What became of updates of products; of those ``without_title`` nothing is shown yet."""

    received: int
    changed: int
    revision: int
    without_title: list[str]
