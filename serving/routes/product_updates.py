"""Prices, stock and products that change between two releases, for whoever runs the shop."""

from typing import Annotated

from litestar import HttpMethod, Response, patch, post, route
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, PathParameter

from serving.context import Context
from serving.http.examples import ANSWERS, REQUESTS
from serving.http.openapi import responses
from serving.lists.product_updates import ProductsAnswer, keep_products
from serving.requests import ProductBatch, ProductFields

__all__ = ["methods_of_product", "update_product", "update_products"]

ProductId = Annotated[
    str, PathParameter(min_length=1, max_length=200, pattern=r"^[^\x00]+$", description="The product")
]


@route(
    "/v1/products/{product_id:str}",
    http_method=HttpMethod.OPTIONS,
    include_in_schema=False,
    status_code=204,
    sync_to_thread=False,
)
def methods_of_product(product_id: ProductId) -> Response[None]:
    """What may be done with a product: Litestar's own answer knows the first handler of an address alone."""
    return Response(None, headers={"allow": "GET, OPTIONS, PATCH"})


@patch(
    "/v1/products/{product_id:str}",
    operation_id="update_product",
    opt={"scope": "admin"},
    tags=["operations"],
    summary="Change a product, or add one",
    responses=responses(ProductsAnswer, ANSWERS["ProductsAnswer"], 202, problems=(400, 413)),
    status_code=202,
)
async def update_product(
    product_id: ProductId,
    data: Annotated[ProductFields, BodyKwarg(examples=[Example(value=REQUESTS["ProductFields"])])],
    api: NamedDependency[Context],
) -> ProductsAnswer:
    """Holds in every answer of every worker within two seconds, and in the next night's data; see the batch."""
    return await keep_products([(product_id, data)], api.store, api.workers, api.follower.current, where="body")


@post(
    "/v1/products/batch",
    operation_id="update_products",
    summary="Change up to 1000 products, or add some",
    responses=responses(ProductsAnswer, ANSWERS["ProductsAnswer"], 202, problems=(400, 413)),
    status_code=202,
)
async def update_products(
    data: Annotated[ProductBatch, BodyKwarg(examples=[Example(value=REQUESTS["ProductBatch"])])],
    api: NamedDependency[Context],
) -> ProductsAnswer:
    """Taken all or none. Of each field the value of the latest `updated_at` stays, so the same batch may be sent again.

    Works without a release. A product that the release lacks is shown once it has a title.
    """
    updates = [(one.product_id, one) for one in data.products]
    return await keep_products(updates, api.store, api.workers, api.follower.current)
