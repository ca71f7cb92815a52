"""An application that tells of each request once it is answered, to whoever watches.

What belongs here: telling. What is told is `serving.watch.answered`; who watches, `serving.watch.logs` and
`serving.watch.tracing`. Where nobody does, the plain application runs instead.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from litestar.types import Message

from serving.http.addresses import Addressed
from serving.watch.answered import Answered, Watcher

__all__ = ["Watched"]

_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Watched(Addressed):
    """An application whose requests are watched from `watch` on."""

    _watchers: Sequence[Watcher] = ()

    def watch(self, watchers: Sequence[Watcher], release: Callable[[], str | None]) -> None:
        """Tell ``watchers`` of each request, with the release that ``release`` gives."""
        self._watchers, self._release = watchers, release

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI's, of any kind
        """Answer as the plain application does, and tell of it."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        started, status, request_id = time.perf_counter(), 500, ""

        async def observed(message: Message) -> None:
            nonlocal status, request_id
            if message["type"] == "http.response.start":
                status = message["status"]
                # Whoever answered gave it one: the gate, or the problem of an address that is no route.
                request_id = dict(message["headers"]).get(b"x-request-id", b"").decode("latin-1")
            await send(message)

        endings = [watcher.begin(scope["headers"]) for watcher in self._watchers]
        try:
            await super().__call__(scope, receive, observed)
        finally:
            method, route = scope["method"], str(scope.get("path_template") or "other")
            told = Answered(
                request_id,
                method if method in _METHODS else "other",
                route,
                status,
                time.perf_counter() - started,
                self._release(),
            )
            for end in endings:
                end(told)
