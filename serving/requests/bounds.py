"""Bounds of fields and parameters, each stated once, and what every body has in common."""

from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

__all__ = [
    "AtLeastHalf",
    "Body",
    "BoundedId",
    "BoundedText",
    "Count",
    "Exclude",
    "FilterList",
    "FilterText",
    "Filters",
    "InStock",
    "Limit",
    "Money",
    "Odds",
    "OptionalId",
    "Positive",
    "Query",
    "Share",
    "Viewed",
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


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every request body has in common: it cannot change, and a misspelt field is an error."""
