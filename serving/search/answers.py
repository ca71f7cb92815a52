"""What search answers with, besides the list that every route gives.

What belongs here: shapes.
"""

import msgspec

from serving.lists.answers import ListAnswer

__all__ = ["FacetValue", "PriceRange", "SearchAnswer"]


class FacetValue(msgspec.Struct, frozen=True):
    """A value of an attribute, and how many of the matching products have it."""

    value: str
    count: int


class PriceRange(msgspec.Struct, frozen=True):
    """Lowest and highest number, such as the price, of the matching products."""

    low: float
    high: float


class SearchAnswer(ListAnswer, frozen=True, omit_defaults=True, kw_only=True):
    """One page of what was found."""

    total: int
    """Products that match and keep the filters, variants as one. Pages reach the first 1,000; the shop's caps may leave
    fewer."""
    searched_for: str | None = None
    """The query as it was corrected; only where search changed it."""
    understood: list[str] = msgspec.field(default_factory=list)
    """What the query's words were read as instead of being searched for, such as ``price:..50``."""
    facets: dict[str, list[FacetValue]] = msgspec.field(default_factory=dict)
    """Attribute → its values, the most frequent first. An attribute's own filter does not reduce its counts."""
    price_range: PriceRange | None = None
    ranges: dict[str, PriceRange] = msgspec.field(default_factory=dict)
    """Attribute that is a number → its range; its own filter does not narrow it."""
    relaxed: list[str] = msgspec.field(default_factory=list)
    """What was changed about the search because nothing matched it as it was, in words."""
    did_you_mean: str | None = None
    """Another spelling that finds products; it was not searched for."""
    banner: str | None = None
    """What the shop's rules say of this search, for the storefront to show."""
    redirect: str | None = None
    """The address that the shop's rules lead this search to."""
