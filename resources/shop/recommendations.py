"""What counts in recommendations, what a visit is, and of whom nothing is learnt.

``[recommendations]``, ``[sessions]`` and ``[robots]``.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from resources.shop.bounds import Days, Positive, Weight

__all__ = ["EventWeights", "HalfLifeDays", "Recommendations", "Robots", "Sessions"]


class EventWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much an interaction says of interest, relative to one another; 0 to ignore a kind."""

    view: Weight = 1.0
    """A product that was viewed."""
    click: Weight = 1.0
    """A product that was clicked in a list."""
    add_to_cart: Weight = 3.0
    """A product that was put in the cart."""
    purchase: Weight = 5.0
    """A product that was bought."""


class HalfLifeDays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days after which an interaction counts half."""

    popularity: Days = 7.0
    """Short: what sells now."""
    co_purchase: Days = 90.0
    """Long: what goes with what changes with the season."""
    affinity: Days = 30.0
    """A user's interest in categories."""


class Recommendations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What interactions count in recommendations."""

    weights: EventWeights = EventWeights()
    half_life_days: HalfLifeDays = HalfLifeDays()
    segment: str | None = None
    """Categorical user attribute by whose values popularity is told apart; none for the shop's alone."""


class Sessions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a visit ends."""

    idle_minutes: Annotated[int, Meta(ge=1, le=720)] = 30
    """Minutes without a look at a product after which a visit is over; midnight ends none."""


class Robots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is taken for a robot: from then on nothing is learnt of that session, or user, of that day."""

    max_looks: Positive = 300
    """Views and clicks of products in a day that people do not exceed."""
    quick_looks: Positive = 10
    """From so many on, a visitor who looks at nine of ten products without a pause is no person."""
    quick_seconds: Annotated[float, Meta(ge=0, le=60)] = 2.0
    """So many seconds after the last look are no pause."""
    max_repeats: Positive = 40
    """Looks at one and the same product in a day that people do not exceed."""
    max_products: Positive = 500
    """Products that a person looks at in fourteen days at most."""
    max_visits: Positive = 40
    """Sessions of one user in a day that people do not exceed."""
    agents: tuple[Annotated[str, Meta(min_length=3, max_length=200)], ...] = (
        *("bot", "crawl", "spider", "slurp", "headless", "curl/", "wget/", "python-requests", "scrapy", "lighthouse"),
    )
    """Words by which robots tell themselves in the column ``agent`` of events, in any case."""
    users: list[Annotated[str, Meta(min_length=1, max_length=200)]] = []
    """Users of whom nothing is to be learnt, such as the shop's own tests and monitors."""
