"""Errors as RFC 9457 problem details: one shape for every error that leaves the API.

What belongs here: the problem document, the exception that routes raise, and the handlers. What does not: the rules
that are broken (they stand with their routes).
"""

import logging
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from sqlalchemy.exc import SQLAlchemyError

from resources.store.errors import is_away
from serving.http.workers import BusyError
from serving.watch.logs import FIELDS

__all__ = ["EXCEPTION_HANDLERS", "MEDIA_TYPE", "Invalid", "Problem", "ProblemError", "as_problem", "problem_body"]

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class Invalid(msgspec.Struct, frozen=True):
    """One input that breaks a rule: where it stands and the rule."""

    where: str
    rule: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem document. ``type`` is a stable word of this API, such as ``/problems/unknown-product``."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = ""
    request_id: str = ""
    invalid: tuple[Invalid, ...] = ()


class ProblemError(Exception):
    """Raised where a request cannot be answered; becomes a problem document.

    Args:
        status: HTTP status.
        kind: Last part of the problem's type, such as ``unknown-product``.
        detail: What is wrong and what to do.
        retry_after_seconds: When it makes sense to ask again.
        invalid: The inputs at fault.
        field: The one input at fault, by its name in the query or body; ``detail`` is then the rule.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        retry_after_seconds: int | None = None,
        invalid: tuple[Invalid, ...] = (),
        field: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        self.invalid = invalid
        self.field = field

    def inputs(self, method: str) -> tuple[Invalid, ...]:
        """The inputs at fault in a request of this method: each 400 names one, if need be its whole query or body."""
        if self.status != HTTPStatus.BAD_REQUEST or self.invalid:
            return self.invalid
        place = "query" if method in ("GET", "HEAD", "DELETE") else "body"
        return (Invalid(place if self.field is None else f"{place}: {self.field}", self.detail),)


def problem_body(status: int, kind: str, detail: str, **more: Any) -> bytes:  # noqa: ANN401  # Problem's own fields
    """An encoded problem document."""
    title = HTTPStatus(status).phrase
    return msgspec.json.encode(Problem(f"/problems/{kind}", title, status, detail, **more))


def _respond(request: Request[Any, Any, Any], error: ProblemError, headers: Mapping[str, str]) -> Response[bytes]:
    request_id = request.scope.get("state", {}).get("request_id", "")
    sent = dict(headers)
    if not request_id:  # no route, so the request did not pass the gate
        request_id = uuid.uuid4().hex
        sent["x-request-id"] = request_id
    body = problem_body(
        error.status,
        error.kind,
        error.detail,
        instance=request.scope["path"],
        request_id=request_id,
        invalid=error.inputs(request.method),
    )
    if error.retry_after_seconds is not None:
        sent["retry-after"] = str(error.retry_after_seconds)
    return Response(body, status_code=error.status, media_type=MEDIA_TYPE, headers=sent)


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    status = error.status_code
    kind = HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")
    invalid: tuple[Invalid, ...] = ()
    detail = error.detail
    if status == HTTPStatus.BAD_REQUEST:
        kind = "invalid-input"
        if isinstance(error.extra, list):
            invalid = tuple(Invalid(_where(e), str(e.get("message"))) for e in error.extra)
            detail = "Some inputs break their rules; see 'invalid'."
    elif status == HTTPStatus.NOT_FOUND:
        detail = f"There is no {request.scope['path']!r} here; /schema lists what there is."
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not possible on {request.scope['path']!r}; /schema lists what is."
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _on_any(request, error)
    return _respond(request, ProblemError(status, kind, detail, invalid=invalid), error.headers or {})


def _where(fault: Mapping[str, Any]) -> str:
    """Where an input at fault stands: ``query``, ``path`` or ``body``, not Litestar's name for it, and its key."""
    source, key = fault.get("source", "body"), fault.get("key")
    place = str(getattr(source, "value", source))
    # Litestar calls a body that is not there by the name of the route's argument.
    return f"{place}: {key}" if key and (place, key) != ("body", "data") else place


def _on_unreadable(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    # The JSON decoder raises these two as they are; Litestar makes a 400 of its other errors by itself.
    if request.method == "GET":
        return _on_any(request, error)
    rule = "is nested too deeply" if isinstance(error, RecursionError) else "is not UTF-8"
    return _respond(request, ProblemError(400, "invalid-input", f"The body {rule}."), {})


def as_problem(error: Exception) -> ProblemError | None:
    """What a caller is told of an error that goes by; none of one that is a fault of the API."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, BusyError):
        return ProblemError(503, "busy", str(error), retry_after_seconds=1)
    if isinstance(error, SQLAlchemyError) and is_away(error):
        detail = "The operational store does not answer. Nothing was kept; send the request again in a moment."
        return ProblemError(503, "store-away", detail, retry_after_seconds=5)
    return None


def _on_passing(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    problem = as_problem(error)
    return _on_any(request, error) if problem is None else _respond(request, problem, {})


def _on_any(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    # What went wrong inside is for the log alone; the request id ties the two together. The path may name a person.
    request_id = request.scope.get("state", {}).get("request_id", "")
    route = str(request.scope.get("path_template") or "other")
    about = {"request_id": request_id, "method": request.method, "route": route}
    _log.error("request %s to %s failed", request_id, route, exc_info=error, extra={FIELDS: about})
    detail = "The API failed on this request. Its operators find the reason in the log under the request id."
    return _respond(request, ProblemError(500, "internal-error", detail), {})


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    ProblemError: _on_passing,
    BusyError: _on_passing,
    SQLAlchemyError: _on_passing,
    RecursionError: _on_unreadable,
    UnicodeDecodeError: _on_unreadable,
    HTTPException: _on_http,
    Exception: _on_any,
}
"""Handlers for Litestar's ``exception_handlers``."""
