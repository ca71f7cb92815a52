"""Addresses whose parts hold a slash: ``%2F`` belongs to an id, ``/`` ends it.

A server hands over the path decoded, where the two look alike. So before routing the slashes of ids are put aside, and
put back once the route is known.
"""

from typing import Any
from urllib.parse import unquote

from litestar import Litestar

from serving.http.bodiless import head
from serving.http.problems import MEDIA_TYPE, Invalid, problem_body

__all__ = ["Addressed", "put_back"]

_ASIDE = "\x00"
"""Stands for a slash within an id; no id holds it (`serving.requests.BoundedId`)."""


class Addressed(Litestar):
    """An application whose path parameters may hold slashes."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI's, of any kind
        """Answer as Litestar does, HEAD as GET without the body."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await head(self._answer, scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI's
        if scope["type"] == "http" and _ASIDE in scope["path"]:
            await _refuse(scope["path"], send)
            return
        if scope["type"] == "http" and b"%2f" in (raw := scope["raw_path"]).lower():
            parts = raw.partition(b"?")[0].decode("ascii", "replace").split("/")
            scope["path"] = "/".join(unquote(part).replace("/", _ASIDE) for part in parts)
        await super().__call__(scope, receive, send)


async def _refuse(path: str, send: Any) -> None:  # noqa: ANN401  # ASGI's
    """No id holds what the address holds."""
    invalid = (Invalid("path", "%00 is in no id"),)
    body = problem_body(
        400, "invalid-input", "The address holds %00, which is in no id.", instance=path, invalid=invalid
    )
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def put_back(scope: Any) -> None:  # noqa: ANN401  # Litestar's scopes are typed dictionaries of several kinds
    """Give the path and its parameters their slashes back."""
    if _ASIDE in scope["path"]:
        scope["path"] = scope["path"].replace(_ASIDE, "/")
        scope["path_params"] = {
            name: value.replace(_ASIDE, "/") if isinstance(value, str) else value
            for name, value in scope["path_params"].items()
        }
