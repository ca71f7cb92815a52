"""Events that a shop posts."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from serving.requests.bounds import Body, BoundedId, BoundedText

__all__ = ["EventBatch", "EventIn"]


class EventIn(Body, frozen=True):
    """An event as the events contract has it; ``ts`` with a zone, now if it is left out.

    ``agent`` is the shopper's User-Agent, by which robots tell themselves; that of the request may be the shop's own.
    """

    event_id: BoundedId
    kind: Literal["visit", "view", "add_to_cart", "remove_from_cart", "search", "click"]
    ts: Annotated[datetime, Meta(tz=True)] | None = None
    user_id: BoundedId | None = None
    session_id: BoundedId | None = None
    product_id: BoundedId | None = None
    query: BoundedText | None = None
    surface: BoundedId | None = None
    release: BoundedId | None = None
    agent: Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")] | None = None


class EventBatch(Body, frozen=True):
    """Events to keep, in any order."""

    events: Annotated[list[EventIn], Meta(min_length=1, max_length=1_000)]
