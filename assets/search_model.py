"""The learnt search: fitted on all days where its trial on held-out days said that it is worth it."""

import json
from pathlib import Path

import dagster as dg

from assets.daily_models import Metadata, build_each_day
from assets.partitions import EVERY_EARLIER_DAY, SAME_DAY, SHOP, daily_asset, days_before, trailing
from assets.search_learning import SearchShop, learn_from_days
from assets.search_report import REPORT_FILE
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.settings import Settings
from resources.shop import Shop

__all__ = ["NOT_SERVED", "SEARCH_MODEL_ASSETS"]

NOT_SERVED = "what search learnt is not served"
"""How the reason begins where the trial was lost."""


@daily_asset(
    group_name="index",
    kinds={"lightgbm"},
    deps=[
        dg.AssetDep(asset, partition_mapping=SAME_DAY)
        for asset in ("catalogue", "hnsw_index", "lexical_index", "search_report")
    ]
    + [dg.AssetDep(table, partition_mapping=trailing(SHOP.window_days)) for table in ("searches", "product_stats")]
    + [dg.AssetDep(table, partition_mapping=EVERY_EARLIER_DAY) for table in ("products", "judgments")],
)
def search_model(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Query adapter, memory of past queries and LambdaRank from clicks and judgments, where `search_report` kept them.

    Without a trial that it won there is none, and search answers by the untuned hybrid.
    """

    def build(day: str, folder: Path) -> Metadata:
        report = json.loads((models.require("search_report", day) / REPORT_FILE).read_text(encoding="utf-8"))
        if report["kept"] is None:
            raise Unavailable(f"{NOT_SERVED}: {report['why_not']}")
        search = SearchShop.of_day(settings, shop, lake, models, day)
        learnt = learn_from_days(search, days_before(day, shop.window_days - 1), day)
        model = learnt if report["kept"] == "ranker" else learnt.without_ranker()
        model.save(folder)
        return {
            "dagster/row_count": dg.MetadataValue.int(
                lake.count("searches", days_before(day, shop.window_days - 1), day)
            ),
            "kept": dg.MetadataValue.text(report["kept"]),
            "differences": dg.MetadataValue.json(report["differences"]),
        }

    return build_each_day(context, models, build)


SEARCH_MODEL_ASSETS = [search_model]
