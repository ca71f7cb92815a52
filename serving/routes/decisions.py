"""One call for a shopper, for storefronts."""

from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg

from serving.campaigns.decisions import DecisionAnswer, decide
from serving.context import Context
from serving.http.examples import ANSWERS, REQUESTS
from serving.http.idempotency import KeyedOperation
from serving.http.openapi import KEYED, responses
from serving.release.snapshot import Snapshot
from serving.requests import DecisionRequest

__all__ = ["decision"]


@post(
    "/v1/decisions",
    summary="Whether to advertise to this shopper, with which banner and products, and why",
    responses=responses(DecisionAnswer, ANSWERS["DecisionAnswer"], problems=(400, 404, *KEYED)),
    opt={"once": True},
    operation_class=KeyedOperation,
    status_code=200,
)
async def decision(
    data: Annotated[DecisionRequest, BodyKwarg(examples=[Example(value=REQUESTS["DecisionRequest"])])],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
) -> DecisionAnswer:
    """A user is advertised to if a contact is expected to earn more than it costs; an unknown one is not."""
    return await decide(snapshot, api.desk, api.workers, data)
