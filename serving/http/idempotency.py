"""``Idempotency-Key``: a write that is asked for again under its key is answered as before, and not done again.

What belongs here: the header, the answer's way out, and how both are described. Which writes take a key is said by
each (``opt``); the record of all processes is `resources.store.idempotency`. As in the IETF's draft
draft-ietf-httpapi-idempotency-key-header, a key of another request is a 422, and one under way a 409.
"""

import logging
import re
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex
from typing import Final

from litestar.openapi.spec import OpenAPIType, Operation, Parameter, Schema
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPScope,
    Message,
    Receive,
    Send,
    WebSocketReceiveMessage,
)
from sqlalchemy.exc import SQLAlchemyError

from resources.store import Store
from resources.store.idempotency import IdempotencyKeys, KeptAnswer
from serving.http.problems import Invalid, ProblemError
from serving.http.workers import BusyError, Workers

__all__ = ["HEADER", "Idempotency", "KeyedOperation"]

HEADER: Final = b"idempotency-key"
_MAX_CHARS = 200
_RULE = "give 1 to 200 visible characters of ASCII, such as a UUID"
_KEY = re.compile(rb"[!-~]{1,200}")
_OK, _BAD = 200, 300
_START: Final = "http.response.start"
_BODY: Final = "http.response.body"
_REQUEST: Final = "http.request"
_log = logging.getLogger(__name__)


@dataclass
class KeyedOperation(Operation):
    """The description of a write that takes a key."""

    def __post_init__(self) -> None:
        """Describe the header beside what the route itself takes."""
        schema = Schema(type=OpenAPIType.STRING, min_length=1, max_length=_MAX_CHARS, pattern="^[!-~]+$")
        about = "The same request under the same key, within a day, gets the same answer and does nothing again"
        key = Parameter(name="Idempotency-Key", param_in="header", schema=schema, required=False, description=about)
        self.parameters = [*(self.parameters or ()), key]


class Idempotency:
    """Answers writes that have a key; one for an application.

    Args:
        store: Where keys and answers are on record.
        workers: Threads for that.
        max_body_bytes: A longer body is handed on as it comes, and refused by the route.
    """

    def __init__(self, store: Store, workers: Workers, max_body_bytes: int) -> None:
        self._keys, self._workers, self._most = IdempotencyKeys(store), workers, max_body_bytes

    async def answer(
        self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send, *, caller: bytes, key: bytes
    ) -> None:
        """Do what is asked for, unless that was done under this key: then give the answer of then.

        An answer that is no success did nothing and is not kept: the key is free again.

        Args:
            app: What does it.
            scope: The request.
            receive: Gives its body.
            send: Takes the answer.
            caller: Whose key it is; another caller's is another key.
            key: The header's value.

        Raises:
            ProblemError: 400 for a key that breaks the rule, 422 for one of another request, 409 for one under way.
            BusyError: If too many requests wait for the store.
            SQLAlchemyError: If the store does not answer.
        """
        if not _KEY.fullmatch(key):
            invalid = (Invalid("header: Idempotency-Key", _RULE),)
            raise ProblemError(400, "invalid-input", "Some inputs break their rules; see 'invalid'.", invalid=invalid)
        body, again = await _whole(receive, self._most)
        if body is None:
            await app(scope, again, send)
            return
        digest = sha256(sha256(caller).digest() + key).hexdigest()
        asked = (scope["method"].encode(), scope["raw_path"], scope["query_string"], body)
        fingerprint = sha256(b"".join(sha256(part).digest() for part in asked)).hexdigest()
        owner = token_hex(16)
        begun = await self._workers.run("store", self._keys.begin, digest, fingerprint, owner)
        if isinstance(begun, KeptAnswer):
            await _send(begun, send)
        elif begun == "begun":
            for message in await self._done(app, scope, again, digest, owner):
                await send(message)
        else:
            raise _refused(begun)

    async def _done(self, app: ASGIApp, scope: HTTPScope, receive: Receive, digest: str, owner: str) -> list[Message]:
        """What the route answers, kept if it is a success."""
        messages = list[Message]()

        async def held(message: Message) -> None:
            messages.append(message)

        await app(scope, receive, held)
        status = next(message["status"] for message in messages if message["type"] == _START)
        body = b"".join(message["body"] for message in messages if message["type"] == _BODY)
        try:
            if _OK <= status < _BAD:
                await self._workers.run("store", self._keys.finish, digest, owner, KeptAnswer(status, body.decode()))
            else:
                await self._workers.run("store", self._keys.release, digest, owner)
        except (BusyError, SQLAlchemyError) as error:
            # It was done, so its answer goes out; the key is in use until the record counts it as cut off.
            _log.warning("an answer was not kept for its idempotency key: %s", type(error).__name__)
        return messages


async def _whole(receive: Receive, most: int) -> tuple[bytes | None, Receive]:
    """The body of a request, none if it is too long or breaks off, and what gives it once more."""
    messages, size, is_whole = list[HTTPReceiveMessage | WebSocketReceiveMessage](), 0, False
    while not is_whole and size <= most:
        message = await receive()
        messages.append(message)
        if message["type"] != _REQUEST:
            break
        size += len(message["body"])
        is_whole = not message["more_body"]
    left = iter(messages)

    async def again() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        return next(left, None) or await receive()

    body = b"".join(message["body"] for message in messages if message["type"] == _REQUEST)
    return body if is_whole and size <= most else None, again


async def _send(answer: KeptAnswer, send: Send) -> None:
    body = answer.body.encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"idempotent-replayed", b"true"),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _refused(why: str) -> ProblemError:
    if why == "reused":
        detail = "This Idempotency-Key was used for another request within the last day: give each request its own."
        return ProblemError(422, "idempotency-key-reused", detail)
    detail = "The request of this Idempotency-Key is under way. Send it again in a moment for its answer."
    return ProblemError(409, "idempotency-key-in-use", detail, retry_after_seconds=1)
