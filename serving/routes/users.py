"""Users, for whoever answers for their data."""

from typing import Annotated

import msgspec
from litestar import delete
from litestar.di import NamedDependency
from litestar.params import PathParameter

from assets.models.arrays.user_keys import user_key
from resources.store import Store
from resources.store.erasure import checkpoint, erase_from_store
from resources.store.forgotten import ForgottenUsers
from serving.context import Context
from serving.http.examples import ANSWERS
from serving.http.idempotency import KeyedOperation
from serving.http.openapi import KEYED, responses

__all__ = ["ForgetAnswer", "forget"]

UserId = Annotated[str, PathParameter(min_length=1, max_length=200, pattern=r"^[^\x00]+$", description="The user")]


class ForgetAnswer(msgspec.Struct, frozen=True):
    """What the API had of the user and has deleted; the request is on record."""

    events: int
    impressions: int


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
