"""Recommenders: popularity, co-purchase, sessions, categories, and the priors of the banner bandit.

What belongs here: which window each is fitted on. What does not: fitting (`assets.models`) and measuring
(`assets.recommendation_report`).
"""

from dataclasses import asdict
from pathlib import Path

import dagster as dg

from assets.daily_models import Metadata, build_each_day
from assets.fitted import fitted_co_purchase, fitted_next_basket, fitted_popularity, fitted_segment_popularity
from assets.interactions import session_rows, user_category_rows
from assets.models.banner_bandit import BannerPriors
from assets.models.baskets.cold_start import with_borrowed_partners
from assets.models.catalogue import Catalogue
from assets.models.category_affinity import CategoryAffinity
from assets.models.search.vector_index import VectorIndex
from assets.models.segment_popularity import SEGMENTS
from assets.models.sessions.session_model import SessionModel
from assets.models.sessions.session_parameters import NIGHTLY
from assets.partitions import EVERY_EARLIER_DAY, SAME_DAY, SHOP, daily_asset, days_before, trailing
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["RECOMMENDER_ASSETS"]

_WINDOW = trailing(SHOP.window_days)


def _deps(*tables: str) -> list[dg.AssetDep]:
    """The day's catalogue and the trailing window of ``tables``."""
    return [
        dg.AssetDep("catalogue", partition_mapping=SAME_DAY),
        *(dg.AssetDep(table, partition_mapping=_WINDOW) for table in tables),
    ]


@daily_asset(
    group_name="recommenders",
    kinds={"numpy"},
    deps=[
        *_deps("product_stats", "sessions", "baskets"),
        dg.AssetDep("users", partition_mapping=EVERY_EARLIER_DAY),
    ],
)
def popularity(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """What sells and is looked at now, with decay: the last fallback of every answer.

    Where the shop names an attribute of its users as ``segment``, also by each of its values.
    """

    def build(day: str, folder: Path) -> Metadata:
        products = Catalogue.load(models.require("catalogue", day))
        model = fitted_popularity(shop, lake, products, days_before(day, shop.window_days - 1), day)
        model.save(folder)
        by_segment = fitted_segment_popularity(shop, lake, products, days_before(day, shop.window_days - 1), day)
        if by_segment is not None:
            (folder / SEGMENTS).mkdir()
            by_segment.save(folder / SEGMENTS)
        top = model.top(5).items.tolist() if len(products) else []
        return {
            "dagster/row_count": dg.MetadataValue.int(int((model.score > 0).sum())),
            "segments": dg.MetadataValue.json([] if by_segment is None else by_segment.names),
            "top": dg.MetadataValue.json([products.frame["title"][i] for i in top]),
        }

    return build_each_day(context, models, build)


@daily_asset(
    group_name="recommenders",
    kinds={"scipy"},
    deps=[*_deps("baskets", "sessions"), dg.AssetDep("hnsw_index", partition_mapping=SAME_DAY)],
)
def co_purchase(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Bought together: products that share baskets, with decay; substitutes, viewed together instead, are left out.

    Products that no basket tells anything of, such as today's, borrow the partners of products with texts like theirs.
    """

    def build(day: str, folder: Path) -> Metadata:
        products = Catalogue.load(models.require("catalogue", day))
        model = fitted_co_purchase(shop, lake, products, days_before(day, shop.window_days - 1), day)
        lonely = len(model.without_partners())
        if models.unavailable("hnsw_index", day) is None:
            model = with_borrowed_partners(model, VectorIndex.load(models.path("hnsw_index", day)).similar)
        model.save(folder)
        return {
            "dagster/row_count": dg.MetadataValue.int(model.n_pairs),
            "products_with_partners": dg.MetadataValue.int(len(products) - lonely),
            "products_with_borrowed_partners": dg.MetadataValue.int(lonely - len(model.without_partners())),
        }

    return build_each_day(context, models, build)


@daily_asset(group_name="recommenders", kinds={"numpy"}, deps=_deps("baskets"))
def next_basket(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """What each customer buys again, and how often customers of this shop buy a product again at all."""

    def build(day: str, folder: Path) -> Metadata:
        products = Catalogue.load(models.require("catalogue", day))
        model = fitted_next_basket(shop, lake, products, days_before(day, shop.window_days - 1), day)
        model.save(folder)
        return {
            "dagster/row_count": dg.MetadataValue.int(len(model)),
            "repeat_rate": dg.MetadataValue.float(model.repeat_rate),
        }

    return build_each_day(context, models, build)


@daily_asset(
    group_name="recommenders",
    kinds={"lightgbm"},
    deps=_deps("sessions"),
)
def session_model(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Recently viewed → related: what past sessions like this one went on to, ranked by what was clicked next.

    With too few sessions to learn a ranking, nearest past sessions alone (VMIS-kNN; Kersbergen et al., SIGMOD 2022).
    """

    def build(day: str, folder: Path) -> Metadata:
        products = Catalogue.load(models.require("catalogue", day))
        rows = session_rows(lake, products, days_before(day, shop.window_days - 1), day)
        if not rows.item.size:
            raise Unavailable(f"no views of known products in the {shop.window_days} days up to {day}")
        model = SessionModel.fit(rows.group, rows.item, rows.ts, len(products), NIGHTLY)
        model.save(folder)
        return {
            "dagster/row_count": dg.MetadataValue.int(rows.item.size),
            "ranked": dg.MetadataValue.bool(model.ranked is not None),
            "validation": dg.MetadataValue.json(model.figures),
            "parameters": dg.MetadataValue.json(asdict(model.parameters)),
            "trials": dg.MetadataValue.json(model.trials),
            "sessions": dg.MetadataValue.int(int(rows.group.max()) + 1),
        }

    return build_each_day(context, models, build)


@daily_asset(
    group_name="recommenders",
    kinds={"polars"},
    deps=_deps("sessions", "baskets"),
)
def category_recommendations(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Each known user's affinity to categories, with decay."""

    def build(day: str, folder: Path) -> Metadata:
        products = Catalogue.load(models.require("catalogue", day))
        if not products.category_names:
            raise Unavailable("no product has a category")
        said = shop.recommendations
        rows = user_category_rows(lake, products, days_before(day, shop.window_days - 1), day, said.weights)
        if rows.is_empty():
            raise Unavailable(f"no known user's views or purchases in the {shop.window_days} days up to {day}")
        CategoryAffinity.fit(
            rows["user_id"].to_list(),
            rows["category"].to_numpy(),
            rows["weight"].to_numpy(),
            rows["age_days"].to_numpy(),
            half_life_days=said.half_life_days.affinity,
        ).save(folder)
        return {
            "dagster/row_count": dg.MetadataValue.int(rows.height),
            "users": dg.MetadataValue.int(rows["user_id"].n_unique()),
        }

    return build_each_day(context, models, build)


@daily_asset(
    group_name="recommenders",
    kinds={"numpy"},
    deps=[dg.AssetDep("banner_impressions", partition_mapping=_WINDOW)],
)
def banner_priors(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Where the banner bandit starts: a Beta prior of each banner's reward in each slot, from past impressions."""

    def build(day: str, folder: Path) -> Metadata:
        shown = lake.read("banner_impressions", days_before(day, shop.window_days - 1), day)
        if shown.is_empty():
            raise Unavailable(f"no banner impressions in the {shop.window_days} days up to {day}")
        priors = BannerPriors.fit(shown["slot"].to_list(), shown["banner_id"].to_list(), shown["reward"].to_numpy())
        priors.save(folder)
        return {
            "dagster/row_count": dg.MetadataValue.int(shown.height),
            "slots": dg.MetadataValue.json({slot: list(priors.arms(slot)) for slot in priors.slots()}),
        }

    return build_each_day(context, models, build)


RECOMMENDER_ASSETS = [
    popularity,
    co_purchase,
    next_basket,
    session_model,
    category_recommendations,
    banner_priors,
]
