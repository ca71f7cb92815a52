"""Composition root: every asset, job, schedule, sensor and resource of the code location, and nothing else."""

from collections.abc import Mapping
from datetime import timedelta

import dagster as dg

from assets.arm_effects import ARM_EFFECT_ASSETS
from assets.automation import JOBS, SCHEDULES, SENSORS
from assets.catalogue import CATALOGUE_ASSETS
from assets.drift_report import DRIFT_ASSETS
from assets.embeddings import EMBEDDING_ASSETS
from assets.experiment import EXPERIMENT_ASSETS
from assets.features import FEATURE_ASSETS
from assets.index import INDEX_ASSETS
from assets.partitions import SHOP
from assets.raw import RAW_ASSETS
from assets.recommendation_report import RECOMMENDATION_REPORT_ASSETS
from assets.recommenders import RECOMMENDER_ASSETS
from assets.release import RELEASE_ASSETS
from assets.roi import ROI_ASSETS
from assets.search_model import SEARCH_MODEL_ASSETS
from assets.search_report import SEARCH_REPORT_ASSETS
from assets.similar_model import SIMILAR_MODEL_ASSETS
from assets.similar_report import SIMILAR_REPORT_ASSETS
from assets.targeting import TARGETING_ASSETS
from assets.uplift import UPLIFT_ASSETS
from assets.uplift_report import UPLIFT_REPORT_ASSETS
from resources.engine import Engine
from resources.lake import Lake
from resources.model_store import ModelStore
from resources.registry import Registry
from resources.settings import Settings
from resources.sources import open_source
from resources.store import Store

__all__ = ["build_defs", "defs"]

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
_ASSETS = [
    *RAW_ASSETS,
    *FEATURE_ASSETS,
    *CATALOGUE_ASSETS,
    *EMBEDDING_ASSETS,
    *INDEX_ASSETS,
    *RECOMMENDER_ASSETS,
    *EXPERIMENT_ASSETS,
    *UPLIFT_ASSETS,
    *ARM_EFFECT_ASSETS,
    *TARGETING_ASSETS,
    *DRIFT_ASSETS,
    *RECOMMENDATION_REPORT_ASSETS,
    *SEARCH_REPORT_ASSETS,
    *SEARCH_MODEL_ASSETS,
    *SIMILAR_REPORT_ASSETS,
    *SIMILAR_MODEL_ASSETS,
    *UPLIFT_REPORT_ASSETS,
    *ROI_ASSETS,
    *RELEASE_ASSETS,
]


_FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=30))
"""A night that failed shows the next morning; a second one fails."""


def _with_policy(asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The asset with the owner of its group and, where the shop's logs go on, the freshness that is expected of it."""

    def add(spec: dg.AssetSpec) -> dg.AssetSpec:
        owned = spec.replace_attributes(owners=[_OWNERS[spec.group_name or ""]])
        return owned if SHOP.last_day is not None else owned.replace_attributes(freshness_policy=_FRESH)

    return asset.map_asset_specs(add)


def build_defs(*, settings: Settings | None = None, **resource_overrides: object) -> dg.Definitions:
    """The code location for ``settings`` (default: the environment's); overrides replace resources by name."""
    settings = settings or Settings.from_env()
    settings.home.mkdir(parents=True, exist_ok=True)
    resources: Mapping[str, object] = {
        "settings": settings,
        "shop": SHOP,
        "source": open_source(SHOP, settings),
        "lake": Lake(settings.lake_url),
        "engine": Engine(),
        "models": ModelStore(settings.home / "models"),
        "store": Store(settings.store_url),
        "registry": Registry(settings, SHOP.name),
        **resource_overrides,
    }
    return dg.Definitions(
        assets=[_with_policy(asset) for asset in _ASSETS],
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=SENSORS,
        resources=resources,
        executor=dg.in_process_executor,
    )


defs = build_defs()
