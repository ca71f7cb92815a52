"""Search, for storefronts."""

from litestar import get
from litestar.di import NamedDependency

from serving import search as searching
from serving.answers import ListAnswer
from serving.context import Context
from serving.examples import ANSWERS
from serving.openapi import responses
from serving.requests import Filters, InStock, Limit, OptionalId, Query
from serving.snapshot import Snapshot

__all__ = ["search"]


@get(
    "/v1/search",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="Find products by words and meaning",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
)
async def search(
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    q: Query,
    limit: Limit = 10,
    category: OptionalId = None,
    in_stock: InStock = False,
    filters: Filters = None,
) -> ListAnswer:
    """A product number comes first; then words and meaning, fused by rank; then words; then what is popular."""
    answer = await searching.search(
        snapshot, context.workers, q, limit=limit, category=category, in_stock_only=in_stock, filters=filters or ()
    )
    return context.counted("search", answer)
