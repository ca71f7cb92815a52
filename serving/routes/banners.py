"""Banners, for storefronts: choose some, and say what came of them."""

from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath

from resources.store import Given
from serving.banners.rewards import RewardAnswer, RewardsAnswer
from serving.campaigns.decisions import SlateAnswer
from serving.context import Context
from serving.http.examples import ANSWERS, REQUESTS
from serving.http.idempotency import KeyedOperation
from serving.http.openapi import KEYED, responses
from serving.release.snapshot import Snapshot
from serving.requests import BannerRequest, RewardBatch, RewardRequest

__all__ = ["reward", "rewards", "select"]


@post(
    "/v1/banners/{slot:str}/select",
    summary="Choose a banner for a slot, or several for its positions",
    responses=responses(SlateAnswer, ANSWERS["SlateAnswer"], problems=(400, 404, *KEYED)),
    opt={"once": True},
    operation_class=KeyedOperation,
    status_code=200,
)
async def select(
    slot: FromPath[str],
    data: Annotated[BannerRequest, BodyKwarg(examples=[Example(value=REQUESTS["BannerRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> SlateAnswer:
    """By the slot's policy, among the banners that may be shown: not paused, meant for the day and context, below caps.

    Thompson sampling where the shop has declared no other.

    The propensity is exactly the probability with which the banner was drawn; of several, given those above it. With
    `count` there are so many positions, no banner twice, and fewer where fewer may be shown: each is an impression.
    """
    named = data.context if data.user_id is None else {**data.context, "user_id": data.user_id}
    drawn = await api.desk.select(
        snapshot, slot, position=data.position, count=data.count, context=named, exclude=data.exclude
    )
    return SlateAnswer.of_all(drawn, snapshot.version)


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
    return RewardAnswer(*await api.rewards.take_one(slot, data.impression_id, data.reward))


@post(
    "/v1/banners/rewards",
    summary="Say what came of many banners",
    responses=responses(RewardsAnswer, ANSWERS["RewardsAnswer"], problems=(400, 413)),
    status_code=200,
)
async def rewards(
    data: Annotated[RewardBatch, BodyKwarg(examples=[Example(value=REQUESTS["RewardBatch"])])],
    api: NamedDependency[Context],
) -> RewardsAnswer:
    """Up to 1000 rewards of any slots, each counted once an impression, whenever it comes and however often.

    All of them are on record when this answers, so a batch may be sent again as it stands. Works without a release.
    """
    given = [Given(one.impression_id, one.reward) for one in data.rewards]
    return RewardsAnswer.of(given, await api.rewards.take(given))
