"""Recommendations for a visitor, for storefronts."""

from dataclasses import replace
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from litestar.types import Scope

from serving.context import Context
from serving.http.examples import ANSWERS, REQUESTS
from serving.http.openapi import responses
from serving.lists import lists
from serving.lists.answers import ForYouAnswer, ListAnswer
from serving.lists.batch import BatchAnswer, done_lately
from serving.lists.batch import batch as filled_batch
from serving.lists.page import PageAnswer
from serving.lists.page import page as filled_page
from serving.lists.recent_views import recent_views
from serving.lists.user_past import posted_lately
from serving.release.snapshot import Snapshot
from serving.requests import (
    BasketRequest,
    BatchRequest,
    ListRequest,
    OptionalId,
    PageRequest,
    SessionRequest,
    UserRequest,
)

__all__ = ["basket", "batch", "category", "for_you", "page", "popular", "session"]


@post(
    "/v1/recommendations/user",
    summary="What to show to a user without a session",
    responses=responses(ForYouAnswer, ANSWERS["ForYouAnswer"]),
    status_code=200,
)
async def for_you(
    data: Annotated[UserRequest, BodyKwarg(examples=[Example(value=REQUESTS["UserRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    scope: Scope,
) -> ForYouAnswer:
    """From what the user looked at and bought, as logged up to the release and posted since; a stranger gets popular.

    What was looked at lately is left out, and so is what was bought and is not bought again.
    """
    posted = await posted_lately(data.user_id, api.store, api.workers)
    change = await api.placed(scope, snapshot, user_id=None if posted.is_forgotten else data.user_id)
    request = replace(data.list_request(), change=change)
    return api.counted(
        "for_you", await api.workers.run("list", lists.for_user, snapshot, data.user_id, posted, request)
    )


@post(
    "/v1/recommendations/session",
    summary="What to show after the products viewed in this session",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    status_code=200,
)
async def session(
    data: Annotated[SessionRequest, BodyKwarg(examples=[Example(value=REQUESTS["SessionRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    scope: Scope,
) -> ListAnswer:
    """From sessions like this one; then similar products; then categories; then what is popular.

    With a session_id, events posted of it count as viewed; with a user_id alone, the last events posted of the user.
    Products that were viewed are left out; unknown ones are ignored.
    """
    viewed = await recent_views(data, api.store, api.workers)
    change = await api.placed(scope, snapshot, user_id=data.user_id, session_id=data.session_id)
    request = replace(data.list_request(), change=change)
    answer = await api.workers.run("list", lists.session, snapshot, viewed, request)
    return api.counted("session", answer)


@post(
    "/v1/recommendations/basket",
    summary="What this customer buys next, given the cart",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    status_code=200,
)
async def basket(
    data: Annotated[BasketRequest, BodyKwarg(examples=[Example(value=REQUESTS["BasketRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    scope: Scope,
) -> ListAnswer:
    """What the customer buys again and what goes with the cart; then bought together; then what is popular.

    Products in the cart are left out, unknown ones are ignored; products bought before are offered again.
    """
    change = await api.placed(scope, snapshot, user_id=data.user_id)
    return api.counted("basket", lists.next_basket(snapshot, data.cart, replace(data.list_request(), change=change)))


@get(
    "/v1/recommendations/category",
    summary="What is popular in a category, or in those that a user looks at",
    opt={"kept": "category"},
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
)
async def category(
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    list_request: NamedDependency[ListRequest],
    scope: Scope,
    category: OptionalId = None,
) -> ListAnswer:
    """With a category: popular in it, then in those above it. Without: in the user's categories. Then in the shop."""
    change = await api.placed(scope, snapshot, user_id=list_request.user_id)
    return api.counted("category", lists.category(snapshot, category, replace(list_request, change=change)))


@get(
    "/v1/recommendations/popular",
    summary="What is popular in the shop",
    opt={"kept": "popular"},
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
)
async def popular(
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    list_request: NamedDependency[ListRequest],
    scope: Scope,
) -> ListAnswer:
    """Recent views and sales, the latest counting most; with a user whose segment is known, those of the segment."""
    change = await api.placed(scope, snapshot, user_id=list_request.user_id)
    return api.counted("popular", lists.popular(snapshot, replace(list_request, change=change)))


@post(
    "/v1/recommendations/batch",
    summary="What to show to each of many visitors",
    responses=responses(BatchAnswer, ANSWERS["BatchAnswer"]),
    status_code=200,
)
async def batch(
    data: Annotated[BatchRequest, BodyKwarg(examples=[Example(value=REQUESTS["BatchRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> BatchAnswer:
    """To each what `/v1/recommendations/session` would answer, all from one release.

    With `"list": "for_you"` each gets what `/v1/recommendations/user` would answer, and what the visitor looked at in
    this session counts as well.
    """
    done = await done_lately(data, api.store, api.workers)
    changes = [
        (await api.experiments.place(snapshot, user_id=one.user_id, session_id=one.session_id)).change
        for one in data.visitors
    ]
    answer = await api.workers.run("score", filled_batch, snapshot, data, done, changes)
    for one in answer.answers:
        api.counted(data.list, one)
    return answer


@post(
    "/v1/page",
    summary="The lists of a whole page, no product twice",
    responses=responses(PageAnswer, ANSWERS["PageAnswer"]),
    status_code=200,
)
async def page(
    data: Annotated[PageRequest, BodyKwarg(examples=[Example(value=REQUESTS["PageRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    scope: Scope,
) -> PageAnswer:
    """Slots are filled in their order; what one shows is in none behind it, the page's product and the cart in none.

    `session` starts from what was viewed, the page's product last; `bought_together` from the cart and that product;
    `for_you` from all that is on record of the user, and then what was viewed.
    """
    viewed = await recent_views(data.visitor(), api.store, api.workers)
    change = await api.placed(scope, snapshot, user_id=data.user_id, session_id=data.session_id)
    asks_for_you = any(slot.list == "for_you" for slot in data.slots)
    posted = await posted_lately(data.user_id if asks_for_you else None, api.store, api.workers)
    answer = await api.workers.run("score", filled_page, snapshot, viewed, data, change, posted)
    for slot in data.slots:
        api.counted(slot.list, answer.slots[slot.name])
    return answer
