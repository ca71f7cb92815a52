"""Requests for banners, and what came of them."""

from typing import Annotated

from msgspec import Meta, field

from serving.requests.bounds import Body, BoundedId

__all__ = ["BannerRequest", "RewardBatch", "RewardRequest"]


class BannerRequest(Body, frozen=True):
    """Where a banner, or ``count`` of them from ``position`` on, will be shown.

    ``context`` is kept with the impression for later evaluation.
    """

    user_id: BoundedId | None = None
    position: Annotated[int, Meta(ge=1, le=1_000)] = 1
    count: Annotated[int, Meta(ge=1, le=20)] = 1
    context: dict[BoundedId, BoundedId | int | float | bool] = field(default_factory=dict)
    exclude: Annotated[list[BoundedId], Meta(max_length=100)] = field(default_factory=list)


class RewardRequest(Body, frozen=True):
    """What came of an impression: 0 to 1, such as 1 for a click."""

    impression_id: BoundedId
    reward: Annotated[float, Meta(ge=0, le=1)]


class RewardBatch(Body, frozen=True):
    """Rewards, in any order."""

    rewards: Annotated[list[RewardRequest], Meta(min_length=1, max_length=1_000)]
