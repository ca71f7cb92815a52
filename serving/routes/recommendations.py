"""Recommendations for a visitor, for storefronts."""

import asyncio
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg

from serving.context import Context
from serving.http.examples import ANSWERS, REQUESTS
from serving.http.openapi import responses
from serving.lists import lists
from serving.lists.answers import ListAnswer
from serving.lists.page import PageAnswer
from serving.lists.page import page as filled_page
from serving.lists.recent_views import recent_views
from serving.release.snapshot import Snapshot
from serving.requests import BasketRequest, BatchRequest, ListRequest, OptionalId, PageRequest, SessionRequest

__all__ = ["BatchAnswer", "basket", "batch", "category", "page", "popular", "session"]


class BatchAnswer(msgspec.Struct, frozen=True):
    """A list for each visitor, in their order, all of one release."""

    answers: list[ListAnswer]
    release: str


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
) -> ListAnswer:
    """From sessions like this one; then similar products; then categories; then what is popular.

    With a session_id, events posted of it count as viewed; with a user_id alone, the last events posted of the user.
    Products that were viewed are left out; unknown ones are ignored.
    """
    viewed = await recent_views(data, api.store, api.workers)
    answer = await api.workers.run("list", lists.session, snapshot, viewed, data.list_request())
    return api.counted("session", answer)


@post(
    "/v1/recommendations/basket",
    summary="What this customer buys next, given the cart",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    status_code=200,
    sync_to_thread=False,
)
def basket(
    data: Annotated[BasketRequest, BodyKwarg(examples=[Example(value=REQUESTS["BasketRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> ListAnswer:
    """What the customer buys again and what goes with the cart; then bought together; then what is popular.

    Products in the cart are left out, unknown ones are ignored; products bought before are offered again.
    """
    return api.counted("basket", lists.next_basket(snapshot, data.cart, data.list_request()))


@get(
    "/v1/recommendations/category",
    summary="What is popular in a category, or in those that a user looks at",
    opt={"kept": "category"},
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    sync_to_thread=False,
)
def category(
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    list_request: NamedDependency[ListRequest],
    category: OptionalId = None,
) -> ListAnswer:
    """With a category: popular in it, then in those above it. Without: in the user's categories. Then in the shop."""
    return api.counted("category", lists.category(snapshot, category, list_request))


@get(
    "/v1/recommendations/popular",
    summary="What is popular in the shop",
    opt={"kept": "popular"},
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    sync_to_thread=False,
)
def popular(
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    list_request: NamedDependency[ListRequest],
) -> ListAnswer:
    """Recent views and sales, the latest counting most; with a user whose segment is known, those of the segment."""
    return api.counted("popular", lists.popular(snapshot, list_request))


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
    """To each what `/v1/recommendations/session` would answer, all from one release."""
    viewed = await asyncio.gather(*(recent_views(one, api.store, api.workers) for one in data.visitors))

    def made() -> list[ListAnswer]:
        pairs = zip(viewed, data.visitors, strict=True)
        return [lists.session(snapshot, seen, one.list_request()) for seen, one in pairs]

    answers = await api.workers.run("score", made)
    return BatchAnswer([api.counted("session", answer) for answer in answers], snapshot.version)


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
) -> PageAnswer:
    """Slots are filled in their order; what one shows is in none behind it, the page's product and the cart in none.

    `session` starts from what was viewed, the page's product last; `bought_together` from the cart and that product.
    """
    viewed = await recent_views(data.visitor(), api.store, api.workers)
    answer = await api.workers.run("score", filled_page, snapshot, viewed, data)
    for slot in data.slots:
        api.counted(slot.list, answer.slots[slot.name])
    return answer
