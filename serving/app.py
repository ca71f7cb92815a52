"""The application: parts made, routes joined, lifetime. Nothing else.

Import it cheaply: neither torch nor causalml nor dagster nor MLflow is imported before the registry is asked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from litestar import Litestar
from litestar.di import Provide

from resources.store import Store
from serving import openapi
from serving.banners import BannerDesk
from serving.context import Context
from serving.gate import Gate, gate
from serving.metrics import Metrics
from serving.problems import EXCEPTION_HANDLERS
from serving.reload import Follower, ReleaseSource
from serving.routes import (
    banners,
    baskets,
    decisions,
    events,
    health,
    products,
    recommendations,
    release,
    reports,
    search,
    targeting,
)
from serving.settings import ServingSettings
from serving.snapshot import Snapshot
from serving.workers import Workers

__all__ = ["create_app"]

ROUTES = [
    search.search,
    search.suggest,
    products.product,
    products.similar,
    products.bought_together,
    recommendations.session,
    recommendations.category,
    baskets.basket,
    recommendations.popular,
    banners.select,
    banners.reward,
    decisions.decision,
    events.events,
    targeting.score,
    targeting.segments,
    targeting.members,
    targeting.roi,
    reports.report,
    release.release,
    health.live,
    health.ready,
    health.metrics,
]


def create_app(settings: ServingSettings, source: ReleaseSource) -> Litestar:
    """The application that answers from the champion of ``source``; it starts before there is one.

    Args:
        settings: Address, keys and limits.
        source: Where releases come from, such as `resources.registry.Registry`.
    """
    workers, metrics, store = Workers(), Metrics(), Store(settings.store_url)
    follower = Follower(source, settings.cache, workers, metrics, retry_seconds=settings.retry_seconds)
    context = Context(settings, follower, store, BannerDesk(store, workers), workers, metrics)

    def provide_context() -> Context:
        return context

    def provide_snapshot() -> Snapshot:
        return follower.require()

    @asynccontextmanager
    async def lifetime(_: Litestar) -> AsyncIterator[None]:
        following = asyncio.create_task(follower.follow(settings.poll_seconds), name="follow the champion")
        try:
            yield
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            await asyncio.to_thread(workers.close)
            follower.close()
            store.close()

    return Litestar(
        route_handlers=ROUTES,
        dependencies={
            "context": Provide(provide_context, sync_to_thread=False),
            "snapshot": Provide(provide_snapshot, sync_to_thread=False),
        },
        middleware=[gate(Gate(settings, metrics))],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[lifetime],
        openapi_config=openapi.config(),
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
        debug=False,
    )
