"""What a shop tells of its products."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from serving.requests.bounds import Body, BoundedId, FilterText, Money

__all__ = ["ProductBatch", "ProductFields", "ProductPatch"]


class ProductFields(Body, frozen=True):
    """What is so of a product from ``updated_at`` on, now if it is left out; a field that is left out stays as it is.

    ``null`` says that there is no such thing. A hidden product is in no answer until it is hidden no more.
    """

    updated_at: Annotated[datetime, Meta(tz=True)] | None = None
    price: Money | UnsetType | None = UNSET
    in_stock: bool | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    title: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"^[^\x00]*\S[^\x00]*$")] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=10_000, pattern=r"^[^\x00]*$")] | UnsetType | None = UNSET
    brand: BoundedId | UnsetType | None = UNSET
    categories: Annotated[list[FilterText], Meta(max_length=50)] | UnsetType | None = UNSET
    tags: Annotated[list[FilterText], Meta(max_length=100)] | UnsetType | None = UNSET
    image_url: Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")] | UnsetType | None = UNSET

    def fields(self) -> dict[str, Any]:
        """The fields that it names, with their values."""
        told = {name: getattr(self, name) for name in ProductFields.__struct_fields__ if name != "updated_at"}
        return {name: value for name, value in told.items() if value is not UNSET}


class ProductPatch(ProductFields, frozen=True, kw_only=True):
    """`ProductFields` of the product that it names."""

    product_id: BoundedId


class ProductBatch(Body, frozen=True):
    """Products to update, in any order."""

    products: Annotated[list[ProductPatch], Meta(min_length=1, max_length=1_000)]
