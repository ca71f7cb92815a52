"""A product and what goes with it, for storefronts."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from serving import lists
from serving.answers import ListAnswer, Product, product_of
from serving.context import Context
from serving.eligible import position_of
from serving.examples import ANSWERS
from serving.openapi import responses
from serving.requests import Exclude, Filters, InStock, Limit, OptionalId
from serving.ruled import Wanted
from serving.snapshot import Snapshot

__all__ = ["bought_together", "product", "similar"]


@get(
    "/v1/products/{product_id:str}",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="A product",
    responses=responses(Product, ANSWERS["Product"]),
    sync_to_thread=False,
)
def product(product_id: FromPath[str], snapshot: NamedDependency[Snapshot]) -> Product:
    """The product as the release knows it."""
    return product_of(snapshot, position_of(snapshot.release.catalogue, product_id))


@get(
    "/v1/products/{product_id:str}/similar",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="Products like this one",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    sync_to_thread=False,
)
def similar(
    product_id: FromPath[str],
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    limit: Limit = 10,
    in_stock: InStock = True,
    filters: Filters = None,
    exclude: Exclude = None,
    user_id: OptionalId = None,
) -> ListAnswer:
    """Alike in text; then popular in the product's categories, the narrowest first; then popular in the shop."""
    wanted = Wanted(limit, in_stock, filters or (), exclude or ())
    return context.counted("similar", lists.similar(snapshot, product_id, wanted, user_id=user_id))


@get(
    "/v1/products/{product_id:str}/bought-together",
    opt={"scope": "storefront"},
    tags=["storefront"],
    summary="Products bought together with this one",
    responses=responses(ListAnswer, ANSWERS["ListAnswer"]),
    sync_to_thread=False,
)
def bought_together(
    product_id: FromPath[str],
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    limit: Limit = 10,
    in_stock: InStock = True,
    filters: Filters = None,
    exclude: Exclude = None,
    user_id: OptionalId = None,
) -> ListAnswer:
    """From the same orders; then similar products; then popular in the product's categories; then in the shop."""
    position_of(snapshot.release.catalogue, product_id)
    wanted = Wanted(limit, in_stock, filters or (), exclude or ())
    answer = lists.bought_together(snapshot, [product_id], wanted, user_id=user_id)
    return context.counted("bought_together", answer)
