"""The gate that every routed request passes: request id, key, rate, unknown query parameters, metrics.

What belongs here: what holds for every route alike, as one pure ASGI middleware (several of them cost more than an
answer). What does not: anything that needs a release.
"""

import time
import uuid
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from serving.keys import KeyRing, RouteScope, may
from serving.limits import TokenBuckets
from serving.metrics import Metrics
from serving.problems import MEDIA_TYPE, Invalid, problem_body
from serving.settings import ServingSettings

__all__ = ["Gate", "gate"]

_MAX_ID_CHARS = 100
_INJECTED = frozenset({"context", "snapshot", "data"})
"""Arguments of handlers that no query parameter can set."""


class _Refusal:
    """Why the gate refuses a request."""

    __slots__ = ("detail", "headers", "invalid", "kind", "status")

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        invalid: tuple[Invalid, ...] = (),
    ) -> None:
        self.status, self.kind, self.detail, self.headers, self.invalid = status, kind, detail, headers, invalid


class Gate:
    """Decides on requests; one for an application."""

    def __init__(self, settings: ServingSettings, metrics: Metrics) -> None:
        self._keys = KeyRing(settings.keys)
        self._development = settings.is_development
        self._buckets = TokenBuckets(settings.rate_per_second, settings.burst)
        self.metrics = metrics

    def check(self, scope: HTTPScope) -> _Refusal | None:
        """The reason to refuse a request, or none."""
        handler: Any = scope["route_handler"]
        asked: RouteScope = handler.opt.get("scope", "open")
        headers = dict(scope["headers"])
        client = scope.get("client")
        caller = client[0] if client else "unknown"
        if not self._development and asked != "open":
            key = _presented(headers)
            scopes = self._keys.scopes(key)
            if not scopes:
                challenge = ((b"www-authenticate", b"Bearer"),)
                detail = "This needs a key: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'."
                # A wrong key costs its address a token, so that keys cannot be tried out at full speed.
                return self._limited(caller) or _Refusal(401, "key-required", detail, challenge)
            if not may(scopes, asked):
                return _Refusal(403, "wrong-scope", f"This needs a key of the scope '{asked}'.")
            caller = key.decode("latin-1")
        return (None if asked == "open" else self._limited(caller)) or _unknown_parameters(scope, handler)

    def _limited(self, caller: str) -> _Refusal | None:
        wait = self._buckets.take(caller)
        if not wait:
            return None
        retry = ((b"retry-after", str(wait).encode()),)
        return _Refusal(429, "too-many-requests", f"Too many requests; the next one is possible in {wait} s.", retry)


def gate(rules: Gate) -> Any:  # noqa: ANN401  # Litestar's middleware type is a union of factories
    """The middleware factory for `Gate`."""

    def factory(app: ASGIApp, **_: object) -> ASGIApp:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            started = time.perf_counter()
            request_id = _request_id(scope)
            scope["state"]["request_id"] = request_id
            status = 500

            async def observed(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                await send(message)

            try:
                refusal = rules.check(scope)
                if refusal is None:
                    await app(scope, receive, observed)
                else:
                    await _refuse(refusal, scope["path"], request_id, observed)
            finally:
                route = str(scope.get("path_template") or "other")
                rules.metrics.requests.labels(scope["method"], route, str(status)).inc()
                rules.metrics.seconds.labels(route).observe(time.perf_counter() - started)

        return middleware

    return factory


def _presented(headers: dict[bytes, bytes]) -> bytes:
    """The key in the request's headers; empty if there is none."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"")


def _request_id(scope: HTTPScope) -> str:
    """The caller's own id if it is a plain short word, else a new one."""
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    plain = given.replace("-", "").replace("_", "")
    return given if len(given) <= _MAX_ID_CHARS and plain.isalnum() and plain.isascii() else uuid.uuid4().hex


def _unknown_parameters(scope: HTTPScope, handler: Any) -> _Refusal | None:  # noqa: ANN401  # several handler classes
    """Refuse a query parameter that the route does not have: a misspelt one would be ignored in silence."""
    query = scope["query_string"]
    if not query:
        return None
    known = handler.parsed_fn_signature.parameters
    names = {part.partition(b"=")[0].decode("latin-1") for part in query.split(b"&")}
    unknown = sorted(name for name in names if name and (name not in known or name in _INJECTED))
    if not unknown:
        return None
    invalid = tuple(Invalid(f"query: {name[:_MAX_ID_CHARS]}", "this route has no such parameter") for name in unknown)
    return _Refusal(400, "invalid-input", "Some inputs break their rules; see 'invalid'.", (), invalid[:20])


async def _refuse(refusal: _Refusal, path: str, request_id: str, send: Send) -> None:
    body = problem_body(
        refusal.status,
        refusal.kind,
        refusal.detail,
        instance=path,
        request_id=request_id,
        invalid=refusal.invalid,
    )
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode()), *refusal.headers]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
