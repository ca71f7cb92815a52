"""Users, for whoever answers for their data."""

from typing import Annotated

import msgspec
from litestar import delete, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter

from assets.models.arrays.user_keys import user_key
from resources.store import Store
from resources.store.erasure import checkpoint, erase_from_store
from resources.store.forgotten import ForgottenUsers
from resources.store.user_history import OnRecord, on_record, take_out_product
from serving.context import Context
from serving.http.examples import ANSWERS
from serving.http.idempotency import KeyedOperation
from serving.http.openapi import KEYED, responses
from serving.lists.user_history import HistoryAnswer
from serving.lists.user_history import history as joined_history

__all__ = ["ForgetAnswer", "TakenOutAnswer", "forget", "history", "take_out"]

MOST_OFFSET = 10_000
_ID = r"^[^\x00]+$"
UserId = Annotated[str, PathParameter(min_length=1, max_length=200, pattern=_ID, description="The user")]
ProductId = Annotated[str, PathParameter(min_length=1, max_length=200, pattern=_ID, description="The product")]


class ForgetAnswer(msgspec.Struct, frozen=True):
    """What the API had of the user and has deleted; the request is on record."""

    events: int
    impressions: int


class TakenOutAnswer(msgspec.Struct, frozen=True):
    """How many posted events of the user on the product were deleted."""

    events: int


@get(
    "/v1/users/{user_id:str}/history",
    summary="What is on record of a user",
    responses=responses(HistoryAnswer, ANSWERS["HistoryAnswer"], problems=(400,)),
)
async def history(
    user_id: UserId,
    api: NamedDependency[Context],
    limit: Annotated[int, QueryParameter(ge=1, le=200, description="How many at most")] = 50,
    offset: Annotated[int, QueryParameter(ge=0, le=MOST_OFFSET, description="How many to pass over")] = 0,
) -> HistoryAnswer:
    """Posted events and what the release knows, newest first; of a forgotten user nothing.

    The release knows the last 20 products looked at and the last 20 bought, each by its latest time. What is posted by
    `POST /v1/events` is there at once. Works without a release.
    """
    # One more, to know whether there are older ones.
    posted = await api.workers.run("store", _read, api.store, user_id, offset + limit + 1)
    return await api.workers.run(
        "list", joined_history, api.follower.current, user_id, posted, offset=offset, limit=limit
    )


@delete(
    "/v1/users/{user_id:str}/history/{product_id:str}",
    summary="Take a product out of a user's history",
    responses=responses(TakenOutAnswer, ANSWERS["TakenOutAnswer"], 202, problems=(400, *KEYED)),
    opt={"once": True},
    operation_class=KeyedOperation,
    operation_id="users_history_product",
    status_code=202,
)
async def take_out(user_id: UserId, product_id: ProductId, api: NamedDependency[Context]) -> TakenOutAnswer:
    """Deletes the user's events on it; what a release knows of them, but purchases, is in no answer any more.

    What the user does on it from now on counts again. Purchases stay, as the shop's orders do, and so do rows of the
    tables and what was learnt from them: to delete these, forget the user.
    """
    return TakenOutAnswer(await api.workers.run("store", _take_out, api.store, user_id, product_id))


@delete(
    "/v1/users/{user_id:str}",
    summary="Forget a user",
    responses=responses(ForgetAnswer, ANSWERS["ForgetAnswer"], 202, problems=(400, *KEYED)),
    opt={"once": True},
    operation_class=KeyedOperation,
    status_code=202,
)
async def forget(user_id: UserId, api: NamedDependency[Context]) -> ForgetAnswer:
    """Deletes the user's events and banners at once; tables and models follow when `upshelf forget` runs next.

    The user is on record by a salted hash alone, and from now on no row of theirs is taken in. Works without a release,
    and as often as it is called.
    """
    return await api.workers.run("store", _forget, api.store, user_id)


def _forget(store: Store, user_id: str) -> ForgetAnswer:
    users = ForgottenUsers(store.engine).request({user_id: user_key(user_id)})
    deleted = erase_from_store(store.engine, users, ids=[user_id])
    checkpoint(store.engine)
    return ForgetAnswer(deleted.events, deleted.impressions)


def _read(store: Store, user_id: str, most: int) -> OnRecord:
    return on_record(store.engine, user_id, most)


def _take_out(store: Store, user_id: str, product_id: str) -> int:
    gone = take_out_product(store.engine, user_id, product_id)
    checkpoint(store.engine)
    return gone
