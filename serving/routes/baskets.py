"""What to offer beside a cart, for storefronts."""

from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg

from serving.answers import ListAnswer
from serving.context import Context
from serving.examples import ANSWERS, REQUESTS
from serving.next_basket import next_basket
from serving.openapi import responses
from serving.requests import BasketRequest
from serving.ruled import Wanted
from serving.snapshot import Snapshot

__all__ = ["basket"]


@post(
    "/v1/recommendations/basket",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="What this customer buys next, given the cart",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    status_code=200,
    sync_to_thread=False,
)
def basket(
    data: Annotated[BasketRequest, BodyKwarg(examples=[Example(value=REQUESTS["BasketRequest"])])],
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> ListAnswer:
    """What the customer buys again and what goes with the cart; then bought together; then what is popular.

    Products in the cart are left out, unknown ones are ignored; products bought before are offered again.
    """
    wanted = Wanted(data.limit, data.in_stock_only, data.filters, data.exclude)
    return context.counted("basket", next_basket(snapshot, data.cart, wanted, user_id=data.user_id))
