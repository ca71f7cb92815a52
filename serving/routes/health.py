"""Health and metrics, for whoever operates the API."""

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from serving.context import Context

__all__ = ["Health", "live", "metrics", "ready"]


class Health(msgspec.Struct, frozen=True):
    """Whether the API can answer, from which release, and what is wrong if something is."""

    status: str
    mode: str
    """``keys``, or ``development`` when everything is open."""
    release: str | None
    registry_version: str | None
    problems: list[str]


@get("/health/live", tags=["operations"], summary="The process runs", sync_to_thread=False)
def live() -> dict[str, str]:
    """Answers as long as the event loop turns."""
    return {"status": "ok"}


@get("/health/ready", tags=["operations"], summary="The API can answer")
async def ready(context: NamedDependency[Context]) -> Response[Health]:
    """200 with a release and a store that answers, else 503; a newer release that was refused is named either way."""
    follower, problems = context.follower, list[str]()
    snapshot = follower.current
    if snapshot is None or follower.failure is not None:
        problems.append(follower.reason)
    store_answers = True
    try:
        await context.workers.run("store", context.store.ping)
    except Exception as error:  # whatever the driver raises means the same here, and its type is shown
        store_answers = False
        problems.append(f"the operational store does not answer ({type(error).__name__})")
    is_ready = snapshot is not None and store_answers
    health = Health(
        status="ready" if is_ready else "not ready",
        mode="development" if context.settings.is_development else "keys",
        release=snapshot.version if snapshot else None,
        registry_version=snapshot.registry_version if snapshot else None,
        problems=problems,
    )
    return Response(health, status_code=200 if is_ready else 503)


@get(
    "/metrics",
    opt={"scope": "admin"},
    tags=["operations"],
    summary="Metrics in Prometheus' text format",
    sync_to_thread=False,
)
def metrics(context: NamedDependency[Context]) -> Response[bytes]:
    """Requests, times, answers by module, reloads and their failures."""
    return Response(context.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
