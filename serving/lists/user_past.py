"""What is known of a user without a session: what the release holds and what was posted since, as one history.

What belongs here: joining both, and what of it a list for the user leaves out. What to show is `serving.lists.lists`;
reading events is the store's part.
"""

import logging
from dataclasses import dataclass
from typing import Self

import numpy as np

from assets.models.popularity.user_histories import KINDS, MOST, Act
from resources.store import Store, StoreError
from resources.store.operational_store import VIEWED_KINDS
from resources.store.user_history import NOTHING_ON_RECORD, OnRecord, on_record
from serving.http.workers import BusyError, Workers
from serving.lists.variants import with_variants
from serving.release.snapshot import Snapshot

__all__ = ["UserPast", "acts_of", "posted_lately"]

_log = logging.getLogger(__name__)

MAX_EVENTS = 50
"""Last posted events that count."""
BOUGHT_AGAIN = 0.1
"""Share of a product's buyers who must have bought it again for it to be shown to one who has bought it once."""
_PURCHASE = KINDS[-1]


async def posted_lately(user_id: str | None, store: Store, workers: Workers) -> OnRecord:
    """A user's last posted views, clicks and additions to the cart.

    Nothing where no user is named, and where the store is too busy or away: the release answers alone.
    """
    if user_id is None:
        return NOTHING_ON_RECORD
    try:
        return await workers.run("store", _posted, store, user_id)
    except BusyError:
        return NOTHING_ON_RECORD
    except StoreError as error:
        _log.warning("posted events are left out: %s", error)
        return NOTHING_ON_RECORD


def _posted(store: Store, user_id: str) -> OnRecord:
    return on_record(store.engine, user_id, MAX_EVENTS, kinds=VIEWED_KINDS)


def acts_of(snapshot: Snapshot, user_id: str, posted: OnRecord) -> list[Act]:
    """What the release knows that a user did, oldest first, but what was taken out of the history since.

    Purchases stay: they are in the shop's books. Of a user who is to be forgotten there is nothing.
    """
    histories, ids = snapshot.release.user_histories, snapshot.release.catalogue.ids
    if histories is None or posted.is_forgotten:
        return []
    return [
        act
        for act in histories.of(user_id)
        if act.kind == _PURCHASE or act.at * 1_000_000 > posted.taken_out.get(ids[act.item], -1)
    ]


@dataclass(frozen=True, slots=True)
class UserPast:
    """A user's history as lists start from it."""

    user_id: str | None
    """Whom models are asked for; none for a stranger and for one who is to be forgotten."""
    viewed: list[int]
    """Positions of the last products looked at, oldest first, each once."""
    bought: frozenset[int]
    """Positions of all products bought, as far as the release goes back."""
    left_out: list[str]
    """Products not to show: looked at, or bought and of a kind that few buy again, with the variants of these."""
    is_known: bool
    """Whether anything is on record."""

    @classmethod
    def of(cls, snapshot: Snapshot, user_id: str | None, posted: OnRecord) -> Self:
        """Join what the release knows with what was ``posted``; a product counts at the place of its latest act."""
        if user_id is None or posted.is_forgotten:
            return cls(None, [], frozenset(), [], is_known=False)
        catalogue, acts = snapshot.release.catalogue, acts_of(snapshot, user_id, posted)
        seen = {act.item: act.at * 1_000_000 for act in acts if act.kind != _PURCHASE}
        events = [event for event in reversed(posted.events) if event.product_id is not None]
        items = catalogue.positions([str(event.product_id) for event in events]).tolist()
        for item, event in zip(items, events, strict=True):
            if item >= 0:
                seen[item] = max(event.ts_us, seen.pop(item, 0))
        viewed = sorted(seen, key=seen.__getitem__)[-MOST:]
        times = {act.item: act.times for act in acts if act.kind == _PURCHASE}
        bought = _bought(snapshot, user_id) | times.keys()
        once = {item for item in bought if times.get(item, 1) < 2 and not _is_bought_again(snapshot, item)}
        ids = catalogue.ids
        left_out = [ids[item] for item in viewed if item not in bought]
        left_out += with_variants(snapshot, (ids[item] for item in sorted(once)))
        known = bool(viewed or bought) or _is_in_models(snapshot, user_id)
        return cls(user_id, viewed, bought, left_out, is_known=known)


def _bought(snapshot: Snapshot, user_id: str) -> frozenset[int]:
    """Everything that a user bought, as far as the release goes back."""
    model = snapshot.release.next_basket
    return frozenset() if model is None else frozenset(model.bought(user_id).tolist())


def _is_bought_again(snapshot: Snapshot, item: int) -> bool:
    """Whether enough of a product's buyers buy it again; unknown is no."""
    histories = snapshot.release.user_histories
    return histories is not None and bool(np.greater_equal(histories.again[item], BOUGHT_AGAIN))


def _is_in_models(snapshot: Snapshot, user_id: str) -> bool:
    """Whether the release knows categories or a segment of a user."""
    affinity, segments = snapshot.release.category_recommendations, snapshot.release.segment_popularity
    return bool(affinity is not None and affinity.categories(user_id, 1)) or bool(
        segments is not None and segments.segment(user_id)
    )
