"""What a search asks for, with its bounds.

What belongs here: parameters of the search routes that no other route has.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from litestar.params import QueryParameter
from msgspec import Meta

from serving.problems import ProblemError

__all__ = ["DEEPEST", "FacetNames", "OfRelease", "Offset", "SearchRequest", "Sort", "SortName"]

DEEPEST = 1_000
"""Place of the last product that pages reach: nobody reads further, and every place costs work."""
_MOST_FACETS = 10

SortName = Literal["relevance", "price_asc", "price_desc", "newest", "popularity"]
Sort = Annotated[SortName, QueryParameter(description="Order of the products")]
Offset = Annotated[int, QueryParameter(ge=0, le=DEEPEST, description="How many products of the list come before")]
FacetNames = Annotated[
    list[Annotated[str, Meta(max_length=300)]] | None,
    QueryParameter(
        max_items=_MOST_FACETS,
        description="Attributes whose values are counted, such as brand,category,price; at most ten",
    ),
]
OfRelease = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=100,
        description="The release of the page before: 409 if another one answers now",
    ),
]


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as it came.

    Raises:
        ProblemError: 400 for a page beyond ``DEEPEST`` and for too many facets.
    """

    query: str
    limit: int
    offset: int = 0
    sort: SortName = "relevance"
    category: str | None = None
    in_stock_only: bool = False
    filters: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    user_id: str | None = None
    """Who searches, for rules about what a user bought."""

    def __post_init__(self) -> None:
        if self.offset + self.limit > DEEPEST:
            raise ProblemError(
                400,
                "page-too-deep",
                f"offset + limit is {self.offset + self.limit}; pages reach {DEEPEST}. Narrow the search by filters.",
            )
        if len(self.facets) > _MOST_FACETS:
            raise ProblemError(400, "too-many-facets", f"{len(self.facets)} facets; ask for at most {_MOST_FACETS}.")
