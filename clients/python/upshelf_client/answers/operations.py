"""The release that answers, health, products changed and users forgotten.

What belongs here: shapes, named as in the API's description.
"""

from msgspec import Struct

__all__ = [
    "ForgetAnswer",
    "Health",
    "ProductsAnswer",
    "ReleaseAnswer",
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


class ProductsAnswer(Struct, frozen=True):
    """What became of updates of products; of those ``without_title`` nothing is shown yet."""

    received: int
    changed: int
    revision: int
    without_title: list[str]
