"""Recommendations for a visitor, for storefronts."""

from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg

from serving import lists
from serving.answers import ListAnswer
from serving.context import Context
from serving.examples import ANSWERS, REQUESTS
from serving.openapi import responses
from serving.recent_views import recent_views
from serving.requests import Exclude, Filters, InStock, Limit, OptionalId, SessionRequest
from serving.ruled import Wanted
from serving.snapshot import Snapshot

__all__ = ["category", "popular", "session"]


@post(
    "/v1/recommendations/session",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="What to show after the products viewed in this session",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    status_code=200,
)
async def session(
    data: Annotated[SessionRequest, BodyKwarg(examples=[Example(value=REQUESTS["SessionRequest"])])],
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> ListAnswer:
    """From sessions like this one; then similar products; then categories; then what is popular.

    With a session_id, events posted of it count as viewed; with a user_id alone, the last events posted of the user.
    Products that were viewed are left out; unknown ones are ignored.
    """
    viewed = await recent_views(data, context.store, context.workers)
    wanted = Wanted(data.limit, data.in_stock_only, data.filters, data.exclude)
    return context.counted("session", lists.session(snapshot, viewed, wanted, user_id=data.user_id))


@get(
    "/v1/recommendations/category",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="What is popular in a category, or in those that a user looks at",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    sync_to_thread=False,
)
def category(
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    category: OptionalId = None,
    user_id: OptionalId = None,
    limit: Limit = 10,
    in_stock: InStock = True,
    filters: Filters = None,
    exclude: Exclude = None,
) -> ListAnswer:
    """With a category: popular in it, then in those above it. Without: in the user's categories. Then in the shop."""
    wanted = Wanted(limit, in_stock, filters or (), exclude or ())
    return context.counted("category", lists.category(snapshot, category, wanted, user_id=user_id))


@get(
    "/v1/recommendations/popular",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="What is popular in the shop",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    sync_to_thread=False,
)
def popular(
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    user_id: OptionalId = None,
    limit: Limit = 10,
    in_stock: InStock = True,
    filters: Filters = None,
    exclude: Exclude = None,
) -> ListAnswer:
    """Recent views and sales, the latest counting most; with a user whose segment is known, those of the segment."""
    wanted = Wanted(limit, in_stock, filters or (), exclude or ())
    return context.counted("popular", lists.popular(snapshot, wanted, user_id=user_id))
