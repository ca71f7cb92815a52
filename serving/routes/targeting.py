"""Scores, segments and what targeting would earn, for campaigns."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, HeaderParameter, QueryParameter
from litestar.response import Stream

from serving import segments as segment_answers
from serving import targeting
from serving.context import Context
from serving.examples import ANSWERS, REQUESTS
from serving.openapi import responses
from serving.requests import RoiRequest, ScoreRequest
from serving.roi import RoiAnswer, roi_answer
from serving.snapshot import Snapshot
from serving.workers import BusyError, Workers

__all__ = ["members", "roi", "score", "segments"]

_MEDIA_TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
_BUSY_SECONDS = 0.05
"""Wait before a chunk of an export is asked for again."""


@post(
    "/v1/targeting/score",
    opt={"scope": "campaigns"},
    tags=["campaigns"],
    summary="Who responds because of a contact",
    responses=responses(targeting.ScoreAnswer, ANSWERS["ScoreAnswer"]),
    status_code=200,
)
async def score(
    data: Annotated[ScoreRequest, BodyKwarg(examples=[Example(value=REQUESTS["ScoreRequest"])])],
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> targeting.ScoreAnswer:
    """Uplift with its interval, probabilities, segment and expected net value of up to 1000 users."""
    return await context.workers.run("score", targeting.score, snapshot, data.user_ids)


@get(
    "/v1/segments",
    opt={"scope": "campaigns"},
    tags=["campaigns"],
    summary="The segments, their sizes, mean uplift and what tells each apart",
    responses=responses(segment_answers.SegmentsAnswer, ANSWERS["SegmentsAnswer"]),
    sync_to_thread=False,
)
def segments(snapshot: NamedDependency[Snapshot]) -> segment_answers.SegmentsAnswer:
    """Persuadables, sure things, lost causes and sleeping dogs, largest first."""
    return segment_answers.segments(snapshot)


@get(
    "/v1/segments/{name:str}/members",
    opt={"scope": "campaigns"},
    tags=["campaigns"],
    summary="Export the members of a segment as NDJSON or CSV",
    responses=responses(),
    sync_to_thread=False,
)
def members(
    name: FromPath[str],
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    format: Annotated[
        segment_answers.ExportFormat | None,
        QueryParameter(description="ndjson or csv; by default what `Accept` asks for, else ndjson"),
    ] = None,
    accept: Annotated[str, HeaderParameter(name="accept")] = "",
) -> Stream:
    """One line a user with its uplift and interval, streamed; all lines come from one release."""
    chosen = format or ("csv" if "text/csv" in accept else "ndjson")
    lines = segment_answers.members(snapshot, name, chosen)
    headers = {"x-release": snapshot.version}
    return Stream(_chunks(lines, context.workers), media_type=_MEDIA_TYPES[chosen], headers=headers)


async def _chunks(lines: Iterator[bytes], workers: Workers) -> AsyncIterator[bytes]:
    """Each chunk is made in a thread when the client is ready for it and, as 200 has been said, a thread is free."""
    while True:
        try:
            chunk = await workers.run("score", next, lines, None)
        except BusyError:
            await asyncio.sleep(_BUSY_SECONDS)
            continue
        if chunk is None:
            return
        yield chunk


@post(
    "/v1/roi/simulate",
    opt={"scope": "campaigns"},
    tags=["campaigns"],
    summary="What each targeting strategy would earn",
    responses=responses(RoiAnswer, ANSWERS["RoiAnswer"]),
    status_code=200,
)
async def roi(
    data: Annotated[RoiRequest, BodyKwarg(examples=[Example(value=REQUESTS["RoiRequest"])])],
    context: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> RoiAnswer:
    """Valued on the campaign's randomised holdout, which no model was trained on."""
    return await context.workers.run("score", roi_answer, snapshot, data)
