"""Signing in and out, and the files that pages load."""

from pathlib import Path
from typing import Any, Literal

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import File, Redirect

from serving.console.access import PATH, Console
from serving.console.rendering import html

__all__ = ["asset", "entry_page", "sign_in", "sign_out"]

_STATIC = Path(__file__).parent / "static"
_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


async def entry_page(console: Console, request: Request[Any, Any, Any], onward: str, wrong: bool) -> Response[str]:
    """The form that asks for a key, answered with 401 in place of any page; ``onward`` is where it leads."""
    entry = await console.access.entry(request)
    cookie = await console.access.cookie(request, entry)
    status = 403 if wrong else 401
    values = {"onward": onward, "wrong": wrong, "token": entry.csrf}
    return html("sign_in.html", session=None, here="sign-in", status=status, cookies=(cookie,), **values)


@post("/sign-in", status_code=303)
async def sign_in(request: Request[Any, Any, Any], console: NamedDependency[Console]) -> Response[Any]:
    """Open a session for an admin key and go on to the page that was asked for."""
    session = await console.access.sign_in(request)
    onward = _onward(str((await request.form()).get("onward", "")))
    if session is None:
        return await entry_page(console, request, onward, wrong=True)
    return Redirect(onward, status_code=303, cookies=[await console.access.cookie(request, session)])


@post("/sign-out", status_code=303)
async def sign_out(request: Request[Any, Any, Any], console: NamedDependency[Console]) -> Redirect:
    """End the session in this browser."""
    return Redirect(PATH, status_code=303, cookies=[console.access.no_cookie(request)])


@get("/static/{name:str}", sync_to_thread=False)
def asset(name: FromPath[Literal["console.css", "suggest.js", "wait.js"]]) -> File:
    """The style sheet, and the scripts of the search box and of a page that waits."""
    kind = _KINDS[name.rpartition(".")[2]]
    headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
    return File(_STATIC / name, media_type=kind, content_disposition_type="inline", headers=headers)


def _onward(address: str) -> str:
    """An address of the console, whatever the form says: a redirect never leaves it."""
    inside = address == PATH or address.startswith((f"{PATH}/", f"{PATH}?"))
    return address if inside and address.isprintable() and "\\" not in address else PATH
