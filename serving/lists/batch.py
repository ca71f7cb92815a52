"""One list for each of many visitors, all of one release.

What belongs here: which list each gets, and what it starts from. The lists are `serving.lists.lists`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from resources.shop.experiments import Change
from resources.store import Store
from resources.store.user_history import OnRecord
from serving.http.workers import Workers
from serving.lists import lists
from serving.lists.answers import ListAnswer
from serving.lists.recent_views import recent_views
from serving.lists.user_past import UserPast, posted_lately
from serving.release.snapshot import Snapshot
from serving.requests import BatchRequest, SessionRequest

__all__ = ["BatchAnswer", "Done", "batch", "done_lately"]


class BatchAnswer(msgspec.Struct, frozen=True):
    """A list for each visitor, in their order, all of one release."""

    answers: list[ListAnswer]
    release: str


class Done(NamedTuple):
    """What a visitor did, as far as the request and the events on record say."""

    viewed: list[str]
    """Product ids, oldest first."""
    posted: OnRecord
    """Of the user, where the list is the user's."""


async def done_lately(request: BatchRequest, store: Store, workers: Workers) -> list[Done]:
    """What each visitor did, in their order."""
    for_you = request.list == "for_you"
    # What the user did is then read as one history, and a session besides.
    users = [one.user_id if for_you else None for one in request.visitors]
    actors = [msgspec.structs.replace(one, user_id=None) if for_you else one for one in request.visitors]
    viewed = await asyncio.gather(*(recent_views(one, store, workers) for one in actors))
    posted = await asyncio.gather(*(posted_lately(user, store, workers) for user in users))
    return [Done(*each) for each in zip(viewed, posted, strict=True)]


def batch(snapshot: Snapshot, request: BatchRequest, done: Sequence[Done], changes: Sequence[Change]) -> BatchAnswer:
    """The list of each visitor; ``changes`` say what each list does without, by experiments."""

    def answer(one: SessionRequest, did: Done, change: Change) -> ListAnswer:
        asked = replace(one.list_request(), change=change)
        if request.list == "for_you":
            return lists.for_you(snapshot, UserPast.of(snapshot, one.user_id, did.posted), asked, did.viewed)
        return lists.session(snapshot, did.viewed, asked)

    answers = [answer(*each) for each in zip(request.visitors, done, changes, strict=True)]
    return BatchAnswer(answers, snapshot.version)
