"""The gate that every routed request passes: request id, key, rate, unknown parameters, answers given before, metrics.

What belongs here: what holds for every route alike, as one pure ASGI middleware (several of them cost more than an
answer). What does not: anything that needs a release.
"""

import time
from collections.abc import Mapping
from functools import cache
from secrets import token_hex
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from serving.http.addresses import put_back
from serving.http.idempotency import HEADER, Idempotency
from serving.http.kept_answers import Kept, KeptAnswers
from serving.http.keys import KeyRing, RouteScope, may
from serving.http.limits import Limits
from serving.http.problems import MEDIA_TYPE, Invalid, as_problem, problem_body
from serving.watch.fallbacks import told_by
from serving.watch.metrics import Metrics

__all__ = ["Gate", "gate"]

_MAX_ID_CHARS = 100
OK, NOT_MODIFIED = 200, 304
_BODY: Final = "http.response.body"


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

    def __init__(
        self, keys: KeyRing | None, limits: Limits, metrics: Metrics, kept: KeptAnswers, once: Idempotency
    ) -> None:
        """``keys`` open routes; without them everything is open."""
        self._keys = keys
        self._limits, self.metrics, self.kept, self._once = limits, metrics, kept, once

    def check(self, scope: HTTPScope, headers: Mapping[bytes, bytes]) -> _Refusal | None:
        """The reason to refuse a request, or none."""
        handler: Any = scope["route_handler"]
        asked: RouteScope = handler.opt.get("scope", "open")
        client = scope.get("client")
        caller = client[0] if client else "unknown"
        if scope["method"] == "OPTIONS":  # asks what may be asked, with the address of what will be
            return self._limited(caller)
        if self._keys is not None and asked != "open":
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

    async def kept_or_made(self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> Kept | None:
        """The answer of a route whose answers are kept, counted; none where what was made cannot be and is sent."""
        url = scope["raw_path"] + b"?" + scope["query_string"]
        kept = self.kept.find(url)
        if kept is not None:
            for counter in kept.counters:
                counter.inc()
            return kept
        period, messages = self.kept.period, list[Message]()

        async def held(message: Message) -> None:
            messages.append(message)

        await app(scope, receive, held)
        start, body = messages[0], b"".join(part["body"] for part in messages[1:] if part["type"] == _BODY)
        if start["type"] != "http.response.start" or start["status"] != OK or "passing" in scope["state"]:
            for message in messages:
                await send(message)
            return None
        made = Kept.of(start["headers"], body, self.metrics.counters(scope["route_handler"].opt["kept"], told_by(body)))
        self.kept.keep(url, made, period)
        return made

    async def once(
        self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send, headers: Mapping[bytes, bytes]
    ) -> _Refusal | None:
        """Do a write that has an idempotency key, unless it was done; the reason to refuse it, or none."""
        caller = b"" if self._keys is None else _presented(headers)
        try:
            await self._once.answer(app, scope, receive, send, caller=caller, key=headers[HEADER])
        except Exception as error:
            if (problem := as_problem(error)) is None:
                raise
            wait = problem.retry_after_seconds
            retry = () if wait is None else ((b"retry-after", str(wait).encode()),)
            return _Refusal(problem.status, problem.kind, problem.detail, retry, problem.inputs(scope["method"]))
        return None

    def _limited(self, caller: str) -> _Refusal | None:
        wait = self._limits.take(caller)
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
            put_back(scope)
            headers = dict(scope["headers"])
            request_id = _request_id(headers)
            scope["state"]["request_id"] = request_id
            status = 500

            async def observed(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    told = [(b"x-request-id", request_id.encode()), *_arms(scope["state"].get("arms"))]
                    message["headers"] = [*message["headers"], *told]
                await send(message)

            try:
                refusal, opt = rules.check(scope, headers), scope["route_handler"].opt
                if refusal is None and "once" in opt and HEADER in headers:
                    refusal = await rules.once(app, scope, receive, observed, headers)
                elif refusal is None and "kept" in opt:
                    answer = await rules.kept_or_made(app, scope, receive, observed)
                    if answer is not None:
                        await _answer(answer, headers.get(b"if-none-match", b""), observed)
                elif refusal is None:
                    await app(scope, receive, observed)
                if refusal is not None:
                    await _refuse(refusal, scope["path"], request_id, observed)
            finally:
                route = str(scope.get("path_template") or "other")
                rules.metrics.request(scope["method"], route, str(status)).inc()
                rules.metrics.time(route).observe(time.perf_counter() - started)

        return middleware

    return factory


def _arms(arms: Mapping[str, str] | None) -> list[tuple[bytes, bytes]]:
    """The header that tells which arms of experiments answered, such as ``new-home=challenger; banners=champion``."""
    if not arms:
        return []
    return [(b"x-experiments", "; ".join(f"{name}={arm}" for name, arm in arms.items()).encode("ascii"))]


async def _answer(kept: Kept, tags: bytes, send: Send) -> None:
    """The answer, or to a caller that has it the word that it still holds."""
    if tags and kept.is_known(tags):
        await send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": kept.unchanged})
        await send({"type": _BODY, "body": b"", "more_body": False})
        return
    await send({"type": "http.response.start", "status": OK, "headers": kept.headers})
    await send({"type": _BODY, "body": kept.body, "more_body": False})


def _presented(headers: Mapping[bytes, bytes]) -> bytes:
    """The key in the request's headers; empty if there is none."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"")


def _request_id(headers: Mapping[bytes, bytes]) -> str:
    """The caller's own id if it is a plain short word, else a new one."""
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    if not given:
        return token_hex(16)
    plain = given.replace("-", "").replace("_", "")
    return given if len(given) <= _MAX_ID_CHARS and plain.isalnum() and plain.isascii() else token_hex(16)


@cache
def _query_parameters(handler: Any) -> frozenset[str]:  # noqa: ANN401  # several handler classes
    """What a query of the route's URL may set: arguments of the handler, and of what is injected into it."""
    injected = handler.resolve_dependencies()
    arguments = set(handler.parsed_fn_signature.parameters)
    of_injected = {name for part in arguments & set(injected) for name in injected[part].parsed_fn_signature.parameters}
    return frozenset((arguments | of_injected) - set(injected) - {"data", "request", "scope"})


def _unknown_parameters(scope: HTTPScope, handler: Any) -> _Refusal | None:  # noqa: ANN401  # several handler classes
    """Refuse a query parameter that the route does not have: a misspelt one would be ignored in silence."""
    query = scope["query_string"]
    if not query:
        return None
    names = {part.partition(b"=")[0].decode("latin-1") for part in query.split(b"&")}
    unknown = sorted(names - _query_parameters(handler) - {""})
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
    await send({"type": _BODY, "body": body, "more_body": False})
