"""A person's history: what was posted of the user and what the release knows, newest first.

What belongs here: joining both, in pages. What lists make of it is `serving.lists.user_past`.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from resources.store.instants import EPOCH
from resources.store.user_history import OnRecord, Posted
from serving.lists.user_past import acts_of
from serving.release.snapshot import Snapshot

__all__ = ["CategoryShare", "HistoryAnswer", "HistoryItem", "history"]

MOST_BOUGHT = 1_000
"""Products that are told of all that was bought."""
MOST_CATEGORIES = 20
_US = 1_000_000


class HistoryItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that the user did: an event as it was posted, or the latest on a product that the release knows of."""

    at: datetime
    kind: str
    source: Literal["posted", "release"]
    product_id: str | None = None
    title: str | None = None
    """None for products that the release does not have."""
    times: int = 1
    """How often in all, of what the release knows."""
    session_id: str | None = None
    query: str | None = None
    surface: str | None = None


class CategoryShare(msgspec.Struct, frozen=True):
    """A category that the user is after, and its share of all that the user did."""

    name: str
    share: float


class HistoryAnswer(msgspec.Struct, frozen=True):
    """A page of a history, newest first, and what the release knows of the user besides."""

    items: list[HistoryItem]
    more: bool
    """Whether there are older ones."""
    bought: list[str]
    """Products bought as far as the release goes back, the likeliest to be bought again first."""
    categories: list[CategoryShare]
    segment: str | None
    release: str | None
    """None where there is no release yet: then items are posted ones alone."""


def history(snapshot: Snapshot | None, user_id: str, posted: OnRecord, *, offset: int, limit: int) -> HistoryAnswer:
    """The ``limit`` items behind the first ``offset``; ``posted`` holds at least one event more than both together.

    What the release knows of an event that is still on record as posted is told once, as posted. Of a user who is to
    be forgotten there is nothing.
    """
    known = [] if snapshot is None else _known(snapshot, user_id, posted)
    items = sorted([*(_posted(snapshot, event) for event in posted.events), *known], key=lambda i: i.at, reverse=True)
    page = items[offset : offset + limit]
    more = len(items) > offset + limit
    if snapshot is None:
        return HistoryAnswer(page, more, [], [], None, None)
    return HistoryAnswer(page, more, *_of_models(snapshot, None if posted.is_forgotten else user_id), snapshot.version)


def _posted(snapshot: Snapshot | None, event: Posted) -> HistoryItem:
    return HistoryItem(
        EPOCH + timedelta(microseconds=event.ts_us),
        event.kind,
        "posted",
        event.product_id,
        None if snapshot is None else _title(snapshot, event.product_id),
        session_id=event.session_id,
        query=event.query,
        surface=event.surface,
    )


def _known(snapshot: Snapshot, user_id: str, posted: OnRecord) -> list[HistoryItem]:
    """What the release knows and no posted event tells."""
    told = {(event.product_id, event.kind, event.ts_us // _US) for event in posted.events}
    return [
        HistoryItem(
            EPOCH + timedelta(seconds=act.at),
            act.kind,
            "release",
            shown.product_id,
            shown.title,
            act.times,
        )
        for act in acts_of(snapshot, user_id, posted)
        for shown in [snapshot.shown[act.item]]
        if (shown.product_id, act.kind, act.at) not in told
    ]


def _title(snapshot: Snapshot, product_id: str | None) -> str | None:
    item = -1 if product_id is None else snapshot.release.catalogue.position(product_id)
    return None if item < 0 else snapshot.shown[item].title


def _of_models(snapshot: Snapshot, user_id: str | None) -> tuple[list[str], list[CategoryShare], str | None]:
    """What was bought, the user's categories, and the segment by which popularity is told."""
    if user_id is None:
        return [], [], None
    release, catalogue = snapshot.release, snapshot.release.catalogue
    bought = [] if release.next_basket is None else release.next_basket.bought(user_id)[:MOST_BOUGHT].tolist()
    affinity, segments = release.category_recommendations, release.segment_popularity
    shares = [] if affinity is None else affinity.categories(user_id, MOST_CATEGORIES)
    return (
        [catalogue.ids[item] for item in bought],
        [CategoryShare(catalogue.category_names[index], round(share, 6)) for index, share in shares],
        None if segments is None else segments.segment(user_id),
    )
