"""``HEAD``: what GET would answer, with its status and headers and without its body (RFC 9110, 9.3.2).

What belongs here: asking for GET and leaving the body out, for whatever route. Nothing of what is answered.
"""

from typing import Any

__all__ = ["head"]


async def head(app: Any, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI's, of any kind
    """Ask ``app`` for GET; the rest of an answer that it streams is not made."""
    # A copy: the server that runs this knows by its own scope that no body follows the length.
    asked = {**scope, "method": "GET"}
    is_begun = False

    async def without_body(message: Any) -> None:  # noqa: ANN401  # ASGI's
        nonlocal is_begun
        if message["type"] == "http.response.start" and not is_begun:
            is_begun = True
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def until_begun() -> Any:  # noqa: ANN401  # ASGI's
        return {"type": "http.disconnect"} if is_begun else await receive()

    try:
        await app(asked, until_begun, without_body)
    finally:
        if "path_template" in asked:  # for whoever watches requests from outside
            scope["path_template"] = asked["path_template"]
