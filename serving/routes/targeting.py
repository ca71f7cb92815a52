"""Scores, segments and what targeting would earn, for campaigns."""

from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, HeaderParameter, QueryParameter
from litestar.response import Stream

from serving.campaigns import segments as segment_answers
from serving.campaigns import targeting
from serving.campaigns.choice import CampaignsAnswer, campaign_of
from serving.campaigns.choice import campaigns as all_campaigns
from serving.campaigns.roi import RoiAnswer, roi_answer
from serving.campaigns.trial_plans import PlanAnswer, plan_answer
from serving.context import Context
from serving.http.examples import ANSWERS, REQUESTS
from serving.http.openapi import responses
from serving.http.streams import in_turn
from serving.release.snapshot import Snapshot
from serving.requests import PlanRequest, RoiRequest, ScoreRequest
from serving.routes.named_campaign import Named

__all__ = ["MEDIA_TYPES", "campaigns", "members", "plan", "roi", "score", "segments"]

_MEDIA_TYPES: dict[segment_answers.ExportFormat, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
}
MEDIA_TYPES = tuple(_MEDIA_TYPES.values())
_MOST = 1_000_000_000
_AT_ONCE = 50
"""Users that are scored in less time than it takes to hand them to a thread."""


@post(
    "/v1/targeting/score",
    summary="Who responds because of a contact",
    responses=responses(targeting.ScoreAnswer, ANSWERS["ScoreAnswer"]),
    status_code=200,
)
async def score(
    data: Annotated[ScoreRequest, BodyKwarg(examples=[Example(value=REQUESTS["ScoreRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> targeting.ScoreAnswer:
    """Uplift with its interval, probabilities, segment and expected net value of up to 1000 users."""
    of = campaign_of(snapshot, data.campaign)
    if len(data.user_ids) <= _AT_ONCE:
        return targeting.score(of, data.user_ids)
    return await api.workers.run("score", targeting.score, of, data.user_ids)


@get(
    "/v1/segments",
    summary="The segments, their sizes, mean uplift and what tells each apart",
    responses=responses(segment_answers.SegmentsAnswer, ANSWERS["SegmentsAnswer"]),
    sync_to_thread=False,
)
def segments(snapshot: NamedDependency[Snapshot], campaign: Named = None) -> segment_answers.SegmentsAnswer:
    """Persuadables, sure things, lost causes and sleeping dogs, largest first."""
    return segment_answers.segments(campaign_of(snapshot, campaign))


@get(
    "/v1/segments/{name:str}/members",
    summary="Export the members of a segment as NDJSON or CSV",
    responses=responses(),
    sync_to_thread=False,
)
def members(
    name: FromPath[str],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    format: Annotated[
        segment_answers.ExportFormat | None,
        QueryParameter(description="ndjson or csv; by default what `Accept` asks for, else ndjson"),
    ] = None,
    offset: Annotated[int, QueryParameter(ge=0, le=_MOST, description="Members to pass over")] = 0,
    limit: Annotated[
        int | None, QueryParameter(ge=1, le=_MOST, description="Members at most; all if it is left out")
    ] = None,
    campaign: Named = None,
    accept: Annotated[str, HeaderParameter(name="accept")] = "",
) -> Stream:
    """One line a user: effect with its interval, both probabilities, expected net value and best arm; streamed.

    All lines come from one release, named by `x-release`, and are of the campaign `x-campaign`; `x-total` is how many
    members there are. Pages by `offset` and `limit` neither repeat nor skip a member.
    """
    chosen = format or ("csv" if "text/csv" in accept else "ndjson")
    of = campaign_of(snapshot, campaign)
    lines = segment_answers.members(of, name, chosen, offset=offset, limit=limit)
    total = segment_answers.size(of, name)
    headers = {"x-release": snapshot.version, "x-campaign": of.campaign, "x-total": str(total)}
    return Stream(in_turn(lines, api.workers), media_type=_MEDIA_TYPES[chosen], headers=headers)


@post(
    "/v1/roi/simulate",
    summary="What each targeting strategy would earn",
    responses=responses(RoiAnswer, ANSWERS["RoiAnswer"]),
    status_code=200,
)
async def roi(
    data: Annotated[RoiRequest, BodyKwarg(examples=[Example(value=REQUESTS["RoiRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> RoiAnswer:
    """Valued on the campaign's randomised holdout, which no model was trained on."""
    return await api.workers.run("score", roi_answer, campaign_of(snapshot, data.campaign), data)


@get(
    "/v1/campaigns",
    summary="The shop's campaigns: state, whether the experiment is valid, arms and windows",
    responses=responses(CampaignsAnswer, ANSWERS["CampaignsAnswer"], problems=()),
    sync_to_thread=False,
)
def campaigns(snapshot: NamedDependency[Snapshot]) -> CampaignsAnswer:
    """As of the release; what each lacks is said with its reason."""
    return all_campaigns(snapshot)


@post(
    "/v1/campaigns/{id:str}/plan",
    summary="How many users and days a campaign's trial needs, and what its control costs",
    responses=responses(PlanAnswer, ANSWERS["PlanAnswer"]),
    status_code=200,
)
async def plan(
    id: FromPath[str],
    data: Annotated[PlanRequest, BodyKwarg(examples=[Example(value=REQUESTS["PlanRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> PlanAnswer:
    """The users that an effect needs, or the effect that so many show. Nothing is drawn, and nothing kept."""
    return await api.workers.run("score", plan_answer, campaign_of(snapshot, id), data)
