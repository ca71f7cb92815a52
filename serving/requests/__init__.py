"""What requests look like: frozen structs with a bound on every field; unknown fields are refused.

What belongs here: shapes and bounds, a file a subject; a bound of several is stated once (`serving.requests.bounds`).
Answers are `serving.lists.answers` and the modules that give them.
"""

from typing import Annotated, Any

from msgspec import Meta

from serving.requests.banners import BannerRequest, RewardBatch, RewardRequest
from serving.requests.bounds import BoundedId, Exclude, Filters, InStock, Limit, OptionalId, Query
from serving.requests.campaigns import DecisionRequest, PlanRequest, RoiRequest, ScoreRequest
from serving.requests.events import EventBatch, EventIn
from serving.requests.lists import (
    BasketRequest,
    BatchRequest,
    ListRequest,
    PageRequest,
    PageSlot,
    SessionRequest,
    UserRequest,
    list_request,
)
from serving.requests.products import ProductBatch, ProductFields, ProductPatch

__all__ = [
    "BODIES",
    "REPEATED",
    "BannerRequest",
    "BasketRequest",
    "BatchRequest",
    "BoundedId",
    "DecisionRequest",
    "EventBatch",
    "EventIn",
    "Exclude",
    "Filters",
    "InStock",
    "Limit",
    "ListRequest",
    "OptionalId",
    "PageRequest",
    "PageSlot",
    "PlanRequest",
    "ProductBatch",
    "ProductFields",
    "ProductPatch",
    "Query",
    "RewardBatch",
    "RewardRequest",
    "RoiRequest",
    "ScoreRequest",
    "SessionRequest",
    "UserRequest",
    "list_request",
]

BODIES: tuple[type, ...] = (
    SessionRequest,
    BasketRequest,
    UserRequest,
    BatchRequest,
    PageRequest,
    BannerRequest,
    RewardRequest,
    RewardBatch,
    ScoreRequest,
    RoiRequest,
    PlanRequest,
    DecisionRequest,
    EventBatch,
    ProductFields,
    ProductBatch,
)
"""Everything that a body may be."""
_ATTRIBUTE_AND_VALUE = r"^[^\x00:]*[^\x00:\s][^\x00:]*:[^\x00]*[^\x00\s][^\x00]*$"
REPEATED: dict[str, Any] = {
    "filters": Annotated[str, Meta(max_length=300, pattern=_ATTRIBUTE_AND_VALUE)],
    "exclude": BoundedId,
    "facets": Annotated[str, Meta(max_length=300)],
}
"""Parameter that may be repeated → what one of its values may be. A filter that is written otherwise is refused in
better words than a pattern's (`assets.models.products.attributes.Condition`)."""
