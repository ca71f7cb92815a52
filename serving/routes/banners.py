"""Banners, for storefronts: choose one, and say what came of it."""

from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath

from serving.campaigns.decisions import BannerOut
from serving.context import Context
from serving.http.examples import ANSWERS, REQUESTS
from serving.http.idempotency import KeyedOperation
from serving.http.openapi import KEYED, responses
from serving.release.snapshot import Snapshot
from serving.requests import BannerRequest, RewardRequest

__all__ = ["RewardAnswer", "reward", "select"]


class RewardAnswer(msgspec.Struct, frozen=True):
    """What is on record for an impression: the first reward that arrived."""

    impression_id: str
    slot: str
    banner_id: str
    reward: float


@post(
    "/v1/banners/{slot:str}/select",
    summary="Choose a banner for a slot",
    responses=responses(BannerOut, ANSWERS["BannerOut"], problems=(400, 404, *KEYED)),
    opt={"once": True},
    operation_class=KeyedOperation,
    status_code=200,
)
async def select(
    slot: FromPath[str],
    data: Annotated[BannerRequest, BodyKwarg(examples=[Example(value=REQUESTS["BannerRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> BannerOut:
    """By the slot's policy, among the banners that may be shown: not paused, meant for the day and context, below caps.

    Thompson sampling where the shop has declared no other.

    The propensity is exactly the probability with which the banner was drawn.
    """
    named = data.context if data.user_id is None else {**data.context, "user_id": data.user_id}
    drawn = await api.desk.select(snapshot, slot, position=data.position, context=named, exclude=data.exclude)
    return BannerOut.of(drawn, snapshot.version)


@post(
    "/v1/banners/{slot:str}/reward",
    summary="Say what came of a banner",
    responses=responses(RewardAnswer, ANSWERS["RewardAnswer"], problems=(400, 404, *KEYED)),
    opt={"once": True},
    operation_class=KeyedOperation,
    status_code=200,
)
async def reward(
    slot: FromPath[str],
    data: Annotated[RewardRequest, BodyKwarg(examples=[Example(value=REQUESTS["RewardRequest"])])],
    api: NamedDependency[Context],
) -> RewardAnswer:
    """Counted once an impression: sending it again changes nothing and gives the same answer."""
    recorded = await api.desk.reward(slot, data.impression_id, data.reward)
    return RewardAnswer(recorded.impression_id, recorded.slot, recorded.banner_id, recorded.reward)
