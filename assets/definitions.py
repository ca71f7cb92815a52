"""Composition root: every asset, job, schedule, sensor and resource of the code location, and nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pkgutil import iter_modules

import dagster as dg

from assets.alerts import ALERTS
from assets.automation import JOBS, SCHEDULES, SENSORS
from assets.daily.declared import CAMPAIGN_GROUP, Declared
from assets.tables.raw import source_tables
from resources.engine import Engine
from resources.lake import Lake
from resources.model_store import open_models
from resources.registry import Registry
from resources.settings import Settings
from resources.shop import Shop
from resources.sources import open_source
from resources.store import Store

__all__ = ["build_defs", "declared_assets", "defs"]

_ROOMS = ("tables", "search", "recommendations", "uplift", "targeting", "release")
"""Packages whose modules declare assets; one that is declared there is in the code location."""
_OWNERS = {
    "raw": "team:data-engineering",
    "features": "team:data-engineering",
    "embeddings": "team:search",
    "index": "team:search",
    "recommenders": "team:recommendations",
    "uplift": "team:marketing-science",
    "reports": "team:marketing-science",
    "roi": "team:marketing-science",
    "release": "team:platform",
}
_FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=30))
"""A night that failed shows the next morning; a second one fails."""


def declared_assets() -> list[Declared]:
    """Every asset that a module of the rooms declares, by name or in a tuple."""
    by_name = {asset.name: asset for room in _ROOMS for asset in _declared_in(f"assets.{room}")}
    return list(by_name.values())


def _declared_in(package: str) -> Iterator[Declared]:
    for module in iter_modules(import_module(package).__path__, f"{package}."):
        for value in vars(import_module(module.name)).values():
            yield from (
                part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Declared)
            )


def _with_policy(asset: dg.AssetsDefinition, shop: Shop) -> dg.AssetsDefinition:
    """The asset with the owner of its group and, where the shop's logs go on, the freshness that is expected of it."""

    def add(spec: dg.AssetSpec) -> dg.AssetSpec:
        group = spec.group_name or ""
        owned = spec.replace_attributes(owners=[_OWNERS["uplift" if group.startswith(CAMPAIGN_GROUP) else group]])
        return owned if shop.last_day is not None else owned.replace_attributes(freshness_policy=_FRESH)

    return asset.map_asset_specs(add)


def build_defs(
    settings: Settings | None = None, *, shop: Shop | None = None, **resource_overrides: object
) -> dg.Definitions:
    """The code location of a shop. Nothing is written or connected to before a run, a schedule or a sensor needs it.

    Args:
        settings: Where things are (default: the environment's).
        shop: The shop that is served (default: the one that the settings name).
        **resource_overrides: Resources by name, in place of those of the settings.
    """
    settings = settings or Settings.from_env()
    shop = shop or Shop.load(settings.shop)
    resources = {
        "settings": settings,
        "shop": shop,
        "source": open_source(shop, settings),
        "lake": Lake(settings.lake_url),
        "engine": Engine(
            memory_limit_gb=settings.engine_memory_gb, threads=settings.engine_threads, spill=settings.home / "tmp"
        ),
        "models": open_models(settings),
        "store": Store(settings.store_url),
        "registry": Registry(settings, shop.name),
        **resource_overrides,
    }
    return dg.Definitions(
        assets=[
            *(_with_policy(made, shop) for asset in declared_assets() for made in asset.in_shop(shop)),
            *source_tables(shop),
        ],
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=[*SENSORS, *ALERTS],
        resources=resources,
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location that `workspace.yaml` names: the shop of the environment."""
    return build_defs()
