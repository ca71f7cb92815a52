"""The application: parts made, routes joined, lifetime. Nothing else.

Import it cheaply: neither torch nor causalml nor dagster nor MLflow is imported before the registry is asked.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler

from resources.registry import Registry
from resources.store import Store
from serving.banners.rewards import RewardDesk
from serving.banners.selection import BannerDesk
from serving.context import Context
from serving.experiments.desk import ExperimentDesk
from serving.http import openapi
from serving.http.addresses import Addressed
from serving.http.gate import Gate, gate
from serving.http.idempotency import Idempotency
from serving.http.json_answer import JsonAnswer
from serving.http.kept_answers import KeptAnswers
from serving.http.keys import KeyRing, RouteScope
from serving.http.limits import Limits, TokenBuckets
from serving.http.problems import EXCEPTION_HANDLERS
from serving.http.strict_request import StrictRequest
from serving.http.watched import Watched
from serving.http.workers import Workers
from serving.release.live_updates import LiveUpdates
from serving.release.reload import Follower, ReleaseSource
from serving.release.second import SecondRelease
from serving.release.snapshot import Snapshot
from serving.requests import BODIES, REPEATED, list_request
from serving.routes import (
    banners,
    decisions,
    events,
    experiments,
    exports,
    health,
    product_updates,
    products,
    recommendations,
    release,
    reports,
    search,
    targeting,
    users,
)
from serving.settings import ServingSettings
from serving.watch.answered import Watcher
from serving.watch.logs import RequestLog
from serving.watch.metrics import Metrics

__all__ = ["create_app", "routes"]

TEXTS = {"segments_members": targeting.MEDIA_TYPES, "exports": exports.MEDIA_TYPES}
"""Operations that answer with files, and of which kinds."""


def routes(*, is_development: bool) -> list[Router]:
    """All routes by audience: what the description files them under, and which keys may call them."""

    def group(tag: str, scope: RouteScope, *handlers: HTTPRouteHandler) -> Router:
        security = [] if is_development or scope == "open" else openapi.NEEDS_KEY
        return Router(
            "/",
            route_handlers=handlers,
            tags=[tag],
            opt={"scope": scope},
            security=security,
            response_class=JsonAnswer,
        )

    # One path for two audiences, so that each of the two says for itself whom it is for.
    security = [] if is_development else openapi.NEEDS_KEY
    of_product = [product_updates.methods_of_product, products.product, product_updates.update_product]
    return [
        Router("/", route_handlers=of_product, security=security, response_class=JsonAnswer),
        group(
            "storefront",
            "storefront",
            search.search,
            search.suggest,
            products.similar,
            products.bought_together,
            recommendations.session,
            recommendations.category,
            recommendations.basket,
            recommendations.for_you,
            recommendations.popular,
            recommendations.batch,
            recommendations.page,
            banners.select,
            banners.reward,
            banners.rewards,
            decisions.decision,
            events.events,
        ),
        group(
            "campaigns",
            "campaigns",
            targeting.score,
            targeting.segments,
            targeting.campaigns,
            targeting.members,
            targeting.roi,
            targeting.plan,
            exports.export,
            reports.report,
            experiments.experiments,
        ),
        group("operations", "any", release.release),
        group(
            "operations",
            "admin",
            health.metrics,
            users.forget,
            users.history,
            users.take_out,
            product_updates.update_products,
        ),
        group("operations", "open", health.live, health.ready),
    ]


def _cors(origins: Sequence[str]) -> CORSConfig | None:
    """What pages of these origins may ask from a browser; none where there are none, as it costs every answer."""
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=[
            "authorization",
            "content-type",
            "idempotency-key",
            "if-none-match",
            "x-api-key",
            "x-request-id",
        ],
        expose_headers=["etag", "idempotent-replayed", "retry-after", "x-experiments", "x-release", "x-request-id"],
    )


def _watchers(settings: ServingSettings) -> list[Watcher]:
    """Who is told of each request; nobody by default."""
    watchers: list[Watcher] = [RequestLog()] if settings.log_format == "json" else []
    if settings.otlp_endpoint is not None:
        from serving.watch.tracing import Tracing

        watchers.append(Tracing(settings.otlp_endpoint))
    return watchers


def create_app(
    settings: ServingSettings,
    source: ReleaseSource,
    *,
    limits: Limits | None = None,
    metrics: Metrics | None = None,
    registry: Registry | None = None,
    wait_seconds: float = 0.0,
) -> Litestar:
    """The application that answers from the champion of ``source``; it starts before there is one.

    Args:
        settings: Address, keys and limits.
        source: Where releases come from, such as `resources.registry.Registry`.
        limits: Buckets of the callers (default: as the settings say, in this process's memory).
        metrics: What it counts in (default: this process's memory).
        registry: Where the console promotes and rolls back; without one it only shows.
        wait_seconds: How long its start may wait for a release, where there is one.
    """
    workers, store = Workers(), Store(settings.store_url)
    limits = limits or TokenBuckets(settings.rate_per_second, settings.burst)
    keys = None if settings.is_development else KeyRing(settings)
    metrics = metrics or Metrics()
    live = LiveUpdates(store)
    follower = Follower(source, settings.cache, workers, metrics, retry_seconds=settings.retry_seconds, over=live.over)
    watchers, once = _watchers(settings), Idempotency(store, workers, settings.max_body_bytes)
    desk, rewards = BannerDesk(store, workers), RewardDesk(store, workers, metrics)
    context = Context(settings, follower, store, desk, rewards, ExperimentDesk(store, workers), workers, metrics)

    def provide_context() -> Context:
        return context

    # Each needs the one before it: what needs nothing of another, Litestar resolves side by side in a group of tasks,
    # which costs more than most answers.
    def provide_snapshot(api: NamedDependency[Context]) -> Snapshot:
        return api.follower.require()

    @asynccontextmanager
    async def lifetime(_: Litestar) -> AsyncIterator[None]:
        following = [
            asyncio.create_task(follower.follow(settings.poll_seconds), name="follow the champion"),
            asyncio.create_task(live.follow(workers, follower), name="follow the products"),
        ]
        if keys is not None:
            following.append(asyncio.create_task(keys.follow(settings.poll_seconds), name="follow the keys"))
        try:
            await follower.wait_for_release(wait_seconds)
            yield
        finally:
            for task in following:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            if second is not None:
                await second.close()
            await desk.drain()
            await rewards.drain()
            await asyncio.to_thread(workers.close)
            follower.close()
            store.close()
            for watcher in watchers:
                await asyncio.to_thread(watcher.close)

    def release_now() -> str | None:
        return None if follower.current is None else follower.current.version

    def next_change(at: float) -> float:
        return math.inf if follower.current is None else follower.current.release.rules.next_change(at)

    kept = KeptAnswers(lambda: follower.current, next_change=next_change)
    console, second = [], None
    if settings.console and keys is not None:
        from serving.console.access import Access
        from serving.console.pages import console_routes

        if registry is not None:
            second = SecondRelease(registry.fetch, follower.own, workers)
        console = console_routes(Access(keys, limits, store, workers), registry, second)
    app = (Watched if watchers else Addressed)(
        route_handlers=[*routes(is_development=settings.is_development), *console],
        dependencies={
            "api": Provide(provide_context, sync_to_thread=False),
            "snapshot": Provide(provide_snapshot, sync_to_thread=False),
            "list_request": Provide(list_request, sync_to_thread=False),
        },
        middleware=[gate(Gate(keys, limits, metrics, kept, once))],
        cors_config=_cors(settings.origins),
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[lifetime],
        openapi_config=openapi.config(bodies=BODIES, items=REPEATED, texts=TEXTS),
        request_class=StrictRequest,
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
        debug=False,
    )
    if isinstance(app, Watched):
        app.watch(watchers, release_now)
    return app
