"""The routes of the console, joined: who may pass, and how an error reads.

What belongs here: what holds for every page alike.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException

from resources.registry import Registry
from serving.console import banners, discover, entry, overview, quality, releases, side_by_side, targeting
from serving.console.access import PATH, Access, Console, Session
from serving.console.rendering import html
from serving.console.rules import page as rules
from serving.http.problems import ProblemError
from serving.release.second import SecondRelease

__all__ = ["console_routes"]

Admission = Callable[[Request[Any, Any, Any]], Awaitable[Response[Any] | None]]


def console_routes(access: Access, registry: Registry | None, second: SecondRelease | None) -> list[Router]:
    """Pages behind a session, and what it takes to get one."""
    console = Console(access, registry, second)

    def provide_console() -> Console:
        return console

    common: dict[str, Any] = {
        "opt": {"scope": "open"},  # no API key: the session is asked for here
        "include_in_schema": False,
        "exception_handlers": {ProblemError: _on_problem, HTTPException: _on_http},
    }
    made = {"console": Provide(provide_console, sync_to_thread=False)}
    signed_in = {**made, "session": Provide(_session_of, sync_to_thread=False)}
    pages = [
        entry.sign_out,
        overview.overview,
        releases.change,
        releases.apply_change,
        discover.discover,
        discover.completions,
        discover.product,
        side_by_side.side_by_side,
        side_by_side.choose,
        rules.rules,
        rules.try_draft,
        rules.keep,
        rules.delete,
        rules.download,
        targeting.targeting,
        targeting.export,
        banners.banners,
        quality.quality,
    ]
    return [
        Router(PATH, route_handlers=[entry.sign_in, entry.asset], dependencies=made, **common),
        Router(PATH, route_handlers=pages, dependencies=signed_in, before_request=_admission(console), **common),
    ]


def _admission(console: Console) -> Admission:
    async def admitted(request: Request[Any, Any, Any]) -> Response[Any] | None:
        session = await console.access.session(request)
        if session is None:
            query = f"?{request.url.query}" if request.url.query else ""
            onward = f"{request.url.path}{query}" if request.method == "GET" else PATH
            return await entry.entry_page(console, request, onward, wrong=False)
        request.scope["state"]["console_session"] = session
        if request.method != "GET":
            await console.access.check_token(request, session)
        return None

    return admitted


def _session_of(request: Request[Any, Any, Any]) -> Session:
    """The session that was admitted."""
    session: Session = request.scope["state"]["console_session"]
    return session


def _on_problem(request: Request[Any, Any, Any], error: ProblemError) -> Response[str]:
    return _problem(request, error.status, error.detail)


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    rules = [str(one.get("message")) for one in error.extra] if isinstance(error.extra, list) else []
    return _problem(request, error.status_code, "; ".join(rules) or error.detail)


def _problem(request: Request[Any, Any, Any], status: int, detail: str) -> Response[str]:
    session = request.scope["state"].get("console_session")
    return html("problem.html", session=session, here="problem", status=status, code=status, detail=detail)
