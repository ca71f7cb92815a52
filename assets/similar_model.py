"""The adapter of similar items: fitted on all days where its trial on held-out days said that it is worth it."""

import json
from pathlib import Path

import dagster as dg

from assets.daily_models import Metadata, build_each_day
from assets.partitions import SAME_DAY, SHOP, daily_asset, days_before, trailing
from assets.similar_learning import SimilarShop
from assets.similar_report import SIMILAR_REPORT_FILE
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["NOT_SERVED", "SIMILAR_MODEL_ASSETS"]

NOT_SERVED = "what shoppers teach of similar items is not served"
"""How the reason begins where the trial was lost."""


@daily_asset(
    group_name="index",
    kinds={"numpy"},
    deps=[dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in ("catalogue", "hnsw_index", "similar_report")]
    + [
        dg.AssetDep(table, partition_mapping=trailing(SHOP.window_days))
        for table in ("sessions", "searches", "baskets")
    ],
)
def similar_model(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Adapter of products' vectors learnt from what shoppers looked at in turn, where `similar_report` kept it.

    Without a trial that it won there is none, and similar items are compared in the untuned space.
    """

    def build(day: str, folder: Path) -> Metadata:
        report = json.loads((models.require("similar_report", day) / SIMILAR_REPORT_FILE).read_text(encoding="utf-8"))
        if not report["kept"]:
            raise Unavailable(f"{NOT_SERVED}: {report['why_not']}")
        alike = SimilarShop.of_day(lake, models, day)
        pairs = alike.pairs(days_before(day, shop.window_days - 1), day)
        alike.learn(pairs).save(folder)
        return {
            "dagster/row_count": dg.MetadataValue.int(len(pairs.item)),
            "differences": dg.MetadataValue.json(report["differences"]),
        }

    return build_each_day(context, models, build)


SIMILAR_MODEL_ASSETS = [similar_model]
