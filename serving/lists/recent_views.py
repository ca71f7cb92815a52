"""What a shopper has viewed, as far as the request and the events on record say.

What belongs here: joining the request's list with the posted events of its session, or else of its user. Reading
events is the store's part; what to show after them is `serving.lists.lists`.
"""

import logging
from collections.abc import Sequence

from resources.store import Store, StoreError
from serving.http.workers import BusyError, Workers
from serving.requests import SessionRequest

__all__ = ["join", "recent_views"]

_log = logging.getLogger(__name__)

MAX_EVENTS = 50
"""Last events that count: as many clicks as the session model keeps of a session."""


async def recent_views(request: SessionRequest, store: Store, workers: Workers) -> list[str]:
    """Product ids, oldest first: the posted events of ``session_id``, or else of ``user_id``, and then ``viewed``.

    A request that names neither costs no look at the store. Where too many calls are waiting for the store, or it does
    not answer, ``viewed`` answers alone: better than to let shoppers wait or to refuse them.
    """
    if request.session_id is None and (request.user_id is None or request.viewed):
        return list(request.viewed)
    try:
        posted = await workers.run(
            "store", store.last_products, MAX_EVENTS, session_id=request.session_id, user_id=request.user_id
        )
    except BusyError:
        posted = []
    except StoreError as error:
        _log.warning("posted events are left out: %s", error)
        posted = []
    return join(posted, request.viewed)


def join(posted: Sequence[str], viewed: Sequence[str]) -> list[str]:
    """Both lists as one, oldest first; a product of both keeps its places in ``viewed``.

    The request's list has no times. What was posted after its last product is newer than the list; all else that was
    posted is older, as a storefront's list is mostly ahead of the events that it has sent.
    """
    if not viewed:
        return list(posted)
    listed, last = set(viewed), viewed[-1]
    end = len(posted) - list(reversed(posted)).index(last) if last in posted else len(posted)
    older, newer = ([p for p in part if p not in listed] for part in (posted[:end], posted[end:]))
    return [*older, *viewed, *newer]
