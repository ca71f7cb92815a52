"""What both clients do alike around the wire: the request's parts, the answer's reading, and when to ask again.

What belongs here: all that neither waits nor sends.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import httpx
import msgspec
from msgspec import Struct

from upshelf_client.calls import Call
from upshelf_client.errors import Invalid, ProblemError, UnreachableError, UnreadableError

__all__ = ["LIMITS", "Lines", "Patience", "decoded", "headers", "problem_of", "read", "sent", "unreachable"]

KEY_VARIABLE = "UPSHELF_API_KEY"
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=3.0)
"""Idle connections are left before the API closes them, after 5 s: else a call might be sent into a closing one."""
_DEFAULT_WAIT_SECONDS = 1.0
_TOO_MANY, _UNAVAILABLE = 429, 503
_IN_USE = "idempotency-key-in-use"

T = TypeVar("T")


def headers(key: str | None) -> dict[str, str]:
    """What every call sends; the key is that of the environment where none is given.

    Raises:
        ValueError: If the key holds characters that no header may; the message does not show it.
    """
    key = os.environ.get(KEY_VARIABLE, "") if key is None else key
    common = {"user-agent": "upshelf-client", "accept": "application/json"}
    if not key:
        return common
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ValueError(f"The key (argument or {KEY_VARIABLE}) has blanks or characters that no key of the API has.")
    return {**common, "authorization": f"Bearer {key}"}


def sent(call: Call[Any]) -> dict[str, Any]:
    """The arguments of a request by httpx."""
    parts: dict[str, Any] = {"method": call.method, "url": call.path}
    if call.query is not None:
        parts["params"] = {name: value for name, value in call.query.items() if value is not None}
    headers = {} if call.idempotency_key is None else {"idempotency-key": call.idempotency_key}
    if call.body is not None:
        parts["content"] = msgspec.json.encode(call.body)
        headers["content-type"] = "application/json"
    return parts | {"headers": headers}


def read(call: Call[T], response: httpx.Response) -> T:
    """The answer.

    Raises:
        ProblemError: The API cannot answer.
        UnreadableError: The answer is none of this API's.
    """
    if response.status_code not in call.statuses:
        raise problem_of(response)
    if call.answer is str:
        return response.text  # type: ignore[return-value]  # T is str here
    try:
        return decoded(call, response.content)
    except UnreadableError:
        if response.is_success:
            raise
        raise problem_of(response) from None


def decoded(call: Call[T], content: bytes) -> T:
    """An answer, or a line of one, out of its JSON.

    Raises:
        UnreadableError: It is something else.
    """
    try:
        return msgspec.json.decode(content, type=call.answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"What came to {call.method} {call.path} is no answer of this API: {error}") from None


class _Document(Struct):
    """A problem document."""

    type: str = ""
    detail: str = ""
    request_id: str = ""
    invalid: tuple[Invalid, ...] = ()


def problem_of(response: httpx.Response) -> ProblemError:
    """The error that a response is; it must have been read."""
    try:
        document = msgspec.json.decode(response.content, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = _Document()
    return ProblemError(
        response.status_code,
        document.type.removeprefix("/problems/"),
        document.detail or response.reason_phrase,
        invalid=document.invalid,
        request_id=document.request_id or response.headers.get("x-request-id", ""),
        retry_after_seconds=_retry_after(response.headers),
    )


def _retry_after(given: Mapping[str, str]) -> float | None:
    """Seconds of ``Retry-After``; none where there is none, or a date, which only others than this API send."""
    text = given.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None


def unreachable(call: Call[Any], error: httpx.HTTPError) -> UnreachableError:
    """The error of a call that no answer came to."""
    return UnreachableError(f"{call.method} {call.path}: {type(error).__name__}: {error}")


class Patience(Struct, frozen=True):
    """How often a call is made again that the API could not take, and how long to wait for that at most."""

    retries: int
    longest_wait_seconds: float

    def wait_seconds(self, call: Call[Any], problem: ProblemError, tried: int) -> float | None:
        """How long to wait before the next try; none if there is to be none.

        What is refused for its rate (429) has not been looked at, so any call may be made again; one that was refused
        as the API was busy or without a release (503), only where twice is the same as once. One whose first is under
        way is asked for its answer.
        """
        may_be_sent = problem.status == _TOO_MANY or (problem.status == _UNAVAILABLE and call.is_repeatable)
        may_be_sent = may_be_sent or problem.kind == _IN_USE
        wait = _DEFAULT_WAIT_SECONDS if problem.retry_after_seconds is None else problem.retry_after_seconds
        return wait if may_be_sent and tried < self.retries and wait <= self.longest_wait_seconds else None


class Lines:
    """Lines of bytes out of chunks cut anywhere. Only a line feed ends one: ids may hold other separators of text."""

    def __init__(self) -> None:
        self._rest = b""

    def of(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that end in this chunk."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        return (line for line in whole if line)

    def last(self) -> Iterator[bytes]:
        """What stands behind the last line feed, if anything does."""
        rest, self._rest = self._rest, b""
        return iter([rest] if rest else [])
