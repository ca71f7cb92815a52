"""Search, for storefronts."""

from litestar import get
from litestar.di import NamedDependency

from serving import search as searching
from serving import suggest as completing
from serving.context import Context
from serving.examples import ANSWERS
from serving.openapi import responses
from serving.problems import ProblemError
from serving.requests import Filters, InStock, Limit, OptionalId, Query
from serving.search_answers import SearchAnswer
from serving.search_requests import FacetNames, Offset, OfRelease, SearchRequest, Sort
from serving.snapshot import Snapshot
from serving.suggest import SuggestAnswer

__all__ = ["search", "suggest"]


@get(
    "/v1/search",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="Find products by words and meaning",
    responses=responses(SearchAnswer, ANSWERS["SearchAnswer"], problems=(400, 404, 409)),
)
async def search(
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    q: Query,
    limit: Limit = 10,
    category: OptionalId = None,
    in_stock: InStock = False,
    filters: Filters = None,
    facets: FacetNames = None,
    sort: Sort = "relevance",
    offset: Offset = 0,
    release: OfRelease = None,
    user_id: OptionalId = None,
) -> SearchAnswer:
    """A product number comes first; then words and meaning in one score; then the rest of what matches.

    Where nothing matches, `relaxed` says what was changed to find anything.
    """
    if release is not None and release != snapshot.version:
        raise ProblemError(
            409, "release-changed", f"Release {snapshot.version} answers now, not {release}: start at offset 0 again."
        )
    asked = SearchRequest(
        query=q,
        limit=limit,
        offset=offset,
        sort=sort,
        category=category,
        in_stock_only=in_stock,
        filters=tuple(filters or ()),
        facets=tuple(name for part in facets or () for text in part.split(",") if (name := text.strip())),
        user_id=user_id,
    )
    return context.counted("search", await searching.search(snapshot, context.workers, asked))


@get(
    "/v1/search/suggest",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="Complete what a shopper types",
    responses=responses(SuggestAnswer, ANSWERS["SuggestAnswer"], problems=(400,)),
    sync_to_thread=False,
)
def suggest(snapshot: NamedDependency[Snapshot], q: Query) -> SuggestAnswer:
    """Popular queries, categories, brands and products in stock, of which a word begins so."""
    return completing.suggest(snapshot, q)
