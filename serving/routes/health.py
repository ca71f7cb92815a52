"""Health and metrics, for whoever operates the API."""

from datetime import UTC, date, datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from serving.context import Context
from serving.http.openapi import responses

__all__ = ["Health", "live", "metrics", "ready"]

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_WITHOUT_CHARSET = "text/plain; version=0.0.4"
"""Litestar adds the charset to what it sends."""


class Health(msgspec.Struct, frozen=True):
    """Whether the API can answer, from which release, and what is wrong if something is."""

    status: str
    mode: str
    """``keys``, or ``development`` when everything is open."""
    release: str | None
    registry_version: str | None
    as_of: str | None
    """The last day that the release knows of."""
    age_days: int | None
    """Days from then to today (UTC): 1 in the morning after a nightly run."""
    modules: list[str]
    missing: list[str]
    """Modules that the release lacks; `/v1/release` gives the reasons."""
    problems: list[str]


@get("/health/live", summary="The process runs", sync_to_thread=False)
def live() -> dict[str, str]:
    """Answers as long as the event loop turns."""
    return {"status": "ok"}


@get("/health/ready", summary="The API can answer")
async def ready(api: NamedDependency[Context]) -> Response[Health]:
    """200 with a release and a store that answers, else 503; a newer release that was refused is named either way."""
    follower, problems = api.follower, list[str]()
    snapshot = follower.current
    if snapshot is None or follower.failure is not None:
        problems.append(follower.reason)
    store_answers = True
    try:
        await api.workers.run("store", api.store.ping)
    except Exception as error:  # whatever the driver raises means the same here, and its type is shown
        store_answers = False
        problems.append(f"the operational store does not answer ({type(error).__name__})")
    is_ready = snapshot is not None and store_answers
    as_of = None if snapshot is None else snapshot.release.manifest.as_of
    health = Health(
        status="ready" if is_ready else "not ready",
        mode="development" if api.settings.is_development else "keys",
        release=snapshot.version if snapshot else None,
        registry_version=snapshot.registry_version if snapshot else None,
        as_of=as_of,
        age_days=None if as_of is None else (datetime.now(UTC).date() - date.fromisoformat(as_of)).days,
        modules=snapshot.modules if snapshot else [],
        missing=sorted(snapshot.missing) if snapshot else [],
        problems=problems,
    )
    return Response(health, status_code=200 if is_ready else 503)


@get(
    "/metrics",
    summary="Metrics in Prometheus' text format",
    media_type=_TEXT,
    responses=responses(problems=()),
    sync_to_thread=True,
)
def metrics(api: NamedDependency[Context]) -> Response[bytes]:
    """Requests, times, answers by module, fallbacks, the release in use, reloads and their failures."""
    return Response(api.metrics.text(), media_type=_WITHOUT_CHARSET)
