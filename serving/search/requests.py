"""What a search asks for, with its bounds.

What belongs here: parameters of the search routes that no other route has.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta

from serving.http.problems import ProblemError
from serving.requests import Filters, InStock, Limit, OptionalId

__all__ = [
    "DEEPEST",
    "Exact",
    "FacetNames",
    "OfRelease",
    "Offset",
    "SearchRequest",
    "Sort",
    "SortName",
    "Typed",
    "search_request",
]

DEEPEST = 1_000
"""Place of the last product that pages reach: nobody reads further, and every place costs work."""
_MOST_FACETS = 10

SortName = Literal["relevance", "price_asc", "price_desc", "newest", "popularity"]
Sort = Annotated[SortName, QueryParameter(description="Order of the products")]
Typed = Annotated[
    str, QueryParameter(max_length=1_000, description="What the shopper typed; without it the catalogue is browsed")
]
Exact = Annotated[
    bool, QueryParameter(description="Only products that hold each word as it was typed: no corrections, no synonyms")
]
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
    """Blank for browsing."""
    limit: int
    offset: int = 0
    sort: SortName = "relevance"
    category: str | None = None
    in_stock_only: bool = False
    filters: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    user_id: str | None = None
    """Who searches, for rules about what a user bought."""
    exact: bool = False
    """Whether products must hold each word as it was typed."""

    def __post_init__(self) -> None:
        if self.offset + self.limit > DEEPEST:
            raise ProblemError(
                400,
                "page-too-deep",
                f"offset + limit is {self.offset + self.limit}; pages reach {DEEPEST}. Narrow the search by filters.",
                field="offset",
            )
        if len(self.facets) > _MOST_FACETS:
            detail = f"{len(self.facets)} facets; ask for at most {_MOST_FACETS}."
            raise ProblemError(400, "too-many-facets", detail, field="facets")


def search_request(
    snapshot: NamedDependency[object],
    q: Typed = "",
    limit: Limit = 10,
    category: OptionalId = None,
    in_stock: InStock = False,
    filters: Filters = None,
    facets: FacetNames = None,
    sort: Sort = "relevance",
    offset: Offset = 0,
    user_id: OptionalId = None,
    exact: Exact = False,
) -> SearchRequest:
    """What the query of a URL asks for; injected, behind the snapshot (`serving.app`).

    It has as many parameters as the URL may have.

    Raises:
        ProblemError: As `SearchRequest`.
    """
    return SearchRequest(
        query=q,
        limit=limit,
        offset=offset,
        sort=sort,
        category=category,
        in_stock_only=in_stock,
        filters=tuple(filters or ()),
        facets=tuple(name for part in facets or () for text in part.split(",") if (name := text.strip())),
        user_id=user_id,
        exact=exact,
    )
