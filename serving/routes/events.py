"""Feedback, for storefronts."""

from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg

from serving.campaigns.events import EventsAnswer, keep
from serving.context import Context
from serving.http.examples import ANSWERS, REQUESTS
from serving.http.idempotency import KeyedOperation
from serving.http.openapi import KEYED, responses
from serving.requests import EventBatch

__all__ = ["events"]


@post(
    "/v1/events",
    summary="Keep what shoppers did",
    responses=responses(EventsAnswer, ANSWERS["EventsAnswer"], 202, problems=(400, 413, *KEYED)),
    opt={"once": True},
    operation_class=KeyedOperation,
    status_code=202,
)
async def events(
    data: Annotated[EventBatch, BodyKwarg(examples=[Example(value=REQUESTS["EventBatch"])])],
    api: NamedDependency[Context],
) -> EventsAnswer:
    """Up to 1000 events, taken all or none; an event that is on record already is not counted again.

    Works without a release: feedback is never turned away because models are not there yet.
    """
    current = api.follower.current
    return await keep(
        data.events,
        api.store,
        api.workers,
        current.version if current else None,
        late_days=api.settings.late_days,
    )
