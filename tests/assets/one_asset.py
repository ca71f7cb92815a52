"""Run one declared asset over some days, with real resources in a home of its own."""

from pathlib import Path
from typing import Any

import dagster as dg

from assets.daily.declared import Declared
from resources.engine import Engine
from resources.lake import Lake
from resources.model_store import ModelStore
from resources.settings import Settings
from resources.shop import Shop
from tests.default_shop import SHOP


def run(
    asset: Declared, *days: str, home: Path, shop: Shop = SHOP, campaign: str | None = None, **more: object
) -> dg.ExecuteInProcessResult:
    """Materialise ``asset`` in one run as of ``days``, which follow each other; lake and models are in ``home``.

    Of several campaigns it is that of ``campaign``. ``more`` are the resources that only some assets need, by name.
    """
    settings = Settings.from_env({"UPSHELF_HOME": str(home)})
    resources: dict[str, Any] = {
        "settings": settings,
        "shop": shop,
        "lake": Lake(settings.lake_url),
        "engine": Engine(),
        "models": ModelStore(home / "models"),
        **more,
    }
    tags = {"dagster/asset_partition_range_start": days[0], "dagster/asset_partition_range_end": days[-1]}
    logs = home / "dagster"  # an instance without a folder given makes one and warns when it goes
    logs.mkdir(parents=True, exist_ok=True)
    with dg.DagsterInstance.ephemeral(tempdir=str(logs)) as instance:
        return dg.materialize(
            [asset.of_shop(shop.of_campaign(campaign), campaign)], tags=tags, resources=resources, instance=instance
        )
