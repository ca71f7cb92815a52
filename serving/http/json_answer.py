"""An answer on its way out: JSON of a struct, without what Litestar's own response prepares for and ours never has.

What belongs here: encoding and sending. Cookies, background work and headers of an answer's own are for `Response`,
which a route may return itself.
"""

from typing import Any, Final

import msgspec
from litestar import Response
from litestar.types import Receive, Scope, Send

__all__ = ["JsonAnswer"]

_encode: Final = msgspec.json.Encoder().encode
_JSON: Final = (b"content-type", b"application/json")


class _Sent:
    """The ASGI application that an answer is."""

    __slots__ = ("_body", "_status")

    def __init__(self, status: int, body: bytes) -> None:
        self._status, self._body = status, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [_JSON, (b"content-length", b"%d" % len(self._body))]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


class JsonAnswer(Response[Any]):
    """What a route returned; Litestar makes one of each value that is no response already."""

    def __init__(self, content: Any, *, status_code: int | None = None, **_: object) -> None:  # noqa: ANN401  # a struct
        # Not the parent's: it would make room for cookies and headers.
        self.content, self.status_code = content, status_code

    def to_asgi_response(self, *_: object, **__: object) -> Any:  # noqa: ANN401  # Litestar asks for no more than ASGI
        """The bytes with their length."""
        return _Sent(self.status_code or 200, _encode(self.content))
