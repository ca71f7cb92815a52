"""A product and what goes with it, for storefronts."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from serving.context import Context
from serving.http.examples import ANSWERS
from serving.http.openapi import responses
from serving.lists import lists
from serving.lists.answers import ListAnswer, Product, product_named
from serving.lists.eligible import starting_from
from serving.release.snapshot import Snapshot
from serving.requests import ListRequest

__all__ = ["bought_together", "product", "similar"]


@get(
    "/v1/products/{product_id:str}",
    summary="A product",
    opt={"kept": "product", "scope": "storefront"},
    tags=["storefront"],
    responses=responses(Product, ANSWERS["Product"]),
    sync_to_thread=False,
)
def product(product_id: FromPath[str], snapshot: NamedDependency[Snapshot]) -> Product:
    """The product as the release knows it, with what the shop has told of it since; new ones too."""
    return product_named(snapshot, product_id)


@get(
    "/v1/products/{product_id:str}/similar",
    summary="Products like this one",
    opt={"kept": "similar"},
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    sync_to_thread=False,
)
def similar(
    product_id: FromPath[str],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    list_request: NamedDependency[ListRequest],
) -> ListAnswer:
    """Alike in text; then popular in the product's categories, the narrowest first; then popular in the shop."""
    return api.counted("similar", lists.similar(snapshot, product_id, list_request))


@get(
    "/v1/products/{product_id:str}/bought-together",
    summary="Products bought together with this one",
    opt={"kept": "bought_together"},
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    sync_to_thread=False,
)
def bought_together(
    product_id: FromPath[str],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    list_request: NamedDependency[ListRequest],
) -> ListAnswer:
    """From the same orders; then similar products; then popular in the product's categories; then in the shop."""
    starting_from(snapshot, product_id)
    return api.counted("bought_together", lists.bought_together(snapshot, [product_id], list_request))
