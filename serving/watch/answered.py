"""What is told of a request once it is answered, and to whom.

What belongs here: what may be told. A path and a query may name a person, so a request is told by its route's template.
Who tells is `serving.http.watched`.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

__all__ = ["Answered", "Ending", "Headers", "Watcher"]

Headers = Iterable[tuple[bytes, bytes]]


class Answered(NamedTuple):
    """A request that was answered."""

    request_id: str
    method: str
    """``other`` for a method that HTTP does not know."""
    route: str
    """Template of the route; ``other`` where there is none."""
    status: int
    seconds: float
    release: str | None
    """The release that answers now; none if there is none yet."""


Ending = Callable[[Answered], None]


class Watcher(Protocol):
    """Who is told of requests; called on the event loop, so it may not wait for anything."""

    def begin(self, headers: Headers) -> Ending:
        """A request begins; what is returned is called once it is answered."""

    def close(self) -> None:
        """No request follows; may wait. Called off the event loop."""
