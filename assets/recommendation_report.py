"""Do the recommenders predict what comes next? Held-out days, full ranking, beside popularity."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import numpy as np
import polars as pl

from assets.charts import bars_with_intervals, picture
from assets.daily_models import Metadata, build_each_day
from assets.fitted import fitted_co_purchase, fitted_popularity
from assets.interactions import Interactions, basket_rows, session_rows
from assets.models.catalogue import Catalogue
from assets.models.popularity import Popularity
from assets.models.ranked import Ranked
from assets.models.session_model import SessionModel
from assets.models.session_parameters import NIGHTLY
from assets.partitions import SAME_DAY, SHOP, daily_asset, days_before, trailing
from evaluation.bootstrap import mean_interval, paired_difference_interval
from evaluation.ranking import coverage, hit_rate, mrr, ndcg
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["CUTOFF", "HOLDOUT_FILE", "RECOMMENDATION_REPORT_ASSETS", "NextItem", "next_items"]

CUTOFF = 20
HOLDOUT_FILE = "holdout.arrow"
_MAX_QUERIES = 2_000


class NextItem(NamedTuple):
    """A query of the holdout: the items seen so far, oldest first, and the one that came next."""

    prefix: list[int]
    target: int


def next_items(rows: Interactions) -> list[NextItem]:
    """The last item of each session or basket, asked for from the distinct items before it; at most 2,000 queries.

    Repeats of the target within the prefix are left out: they are no recommendation.
    """
    ends = np.flatnonzero(np.diff(rows.group)) + 1
    queries = []
    for items in np.split(rows.item, ends):
        distinct = list(dict.fromkeys(items[::-1].tolist()))[::-1]
        if len(distinct) >= 2:
            queries.append(NextItem(distinct[:-1], distinct[-1]))
    if len(queries) > _MAX_QUERIES:
        step = len(queries) / _MAX_QUERIES
        queries = [queries[int(i * step)] for i in range(_MAX_QUERIES)]
    return queries


def _measured(
    queries: list[NextItem], n_items: int, answer: Callable[[list[int]], Ranked], baseline: Popularity
) -> dict[str, dict[str, object]]:
    """Measures of a recommender and of popularity on the same queries, with the interval of the difference."""
    targets = [{query.target} for query in queries]
    popular = baseline.top(min(CUTOFF + max(len(q.prefix) for q in queries), n_items)).items
    ranked = {
        "model": [answer(query.prefix).items for query in queries],
        "popularity": [popular[~np.isin(popular, q.prefix)][:CUTOFF] for q in queries],
    }
    figures: dict[str, dict[str, object]] = {name: {"queries": len(queries)} for name in ranked}
    for label, measure in (("hit_rate", hit_rate), ("mrr", mrr), ("ndcg", ndcg)):
        values = {name: measure(lists, targets, CUTOFF) for name, lists in ranked.items()}
        for name, of_query in values.items():
            figures[name][label] = mean_interval(of_query)._asdict()
        gain = paired_difference_interval(values["model"], values["popularity"])
        figures["model"][f"{label}_above_popularity"] = gain._asdict()
    for name, lists in ranked.items():
        figures[name]["coverage"] = coverage(lists, CUTOFF, n_items)
    return figures


@daily_asset(
    group_name="reports",
    kinds={"matplotlib"},
    deps=[dg.AssetDep("catalogue", partition_mapping=SAME_DAY)]
    + [
        dg.AssetDep(table, partition_mapping=trailing(SHOP.window_days))
        for table in ("sessions", "baskets", "product_stats")
    ],
)
def recommendation_report(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Hit rate, MRR and NDCG at 20 of the next item on the last days, by models fitted on the days before them."""

    def build(day: str, folder: Path) -> Metadata:
        products = Catalogue.load(models.require("catalogue", day))
        if not len(products):
            raise Unavailable("the shop has no products yet")
        first, cut = days_before(day, shop.window_days - 1), days_before(day, shop.holdout_days)
        held_from, n = days_before(day, shop.holdout_days - 1), len(products)
        popular = fitted_popularity(shop, lake, products, first, cut)
        figures: dict[str, dict[str, dict[str, object]]] = {}
        queries = next_items(session_rows(lake, products, held_from, day))
        seen = session_rows(lake, products, first, cut)
        if queries and seen.item.size:
            sessions = SessionModel.fit(seen.group, seen.item, seen.ts, n, NIGHTLY)
            figures["session"] = _measured(queries, n, lambda prefix: sessions.recommend(prefix, CUTOFF), popular)
            _save_holdout(folder, products, queries, sessions)
        pairs = next_items(basket_rows(lake, products, held_from, day))
        if pairs and basket_rows(lake, products, first, cut).item.size:
            together = fitted_co_purchase(shop, lake, products, first, cut)
            figures["co_purchase"] = _measured(pairs, n, lambda prefix: together.related(prefix, CUTOFF), popular)
        if not figures:
            raise Unavailable(f"no sessions or baskets both before and after {cut}")
        (folder / "recommendations.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
        chart = folder / "hit_rate.png"
        bars = {
            f"{module}: {name}": tuple(scored["hit_rate"].values())  # type: ignore[attr-defined]  # an interval's fields
            for module, by_name in figures.items()
            for name, scored in by_name.items()
        }
        bars_with_intervals(chart, bars, title=f"Next item, held-out days from {held_from}", unit=f"hit rate @{CUTOFF}")
        return {
            "dagster/row_count": dg.MetadataValue.int(len(queries) + len(pairs)),
            "figures": dg.MetadataValue.json(figures),
            "hit_rates": picture(chart),
        }

    return build_each_day(context, models, build)


def _save_holdout(folder: Path, products: Catalogue, queries: list[NextItem], model: SessionModel) -> None:
    """Keep the session queries by product id and what the model hit, so that another release can be asked the same."""
    ranked = [model.recommend(query.prefix, CUTOFF).items for query in queries]
    frame = pl.DataFrame(
        {
            "prefix": [[products.ids[i] for i in query.prefix] for query in queries],
            "target": [products.ids[query.target] for query in queries],
            "hit": hit_rate(ranked, [{query.target} for query in queries], CUTOFF),
        },
        schema={"prefix": pl.List(pl.String), "target": pl.String, "hit": pl.Float64},
    )
    frame.write_ipc(folder / HOLDOUT_FILE)


RECOMMENDATION_REPORT_ASSETS = [recommendation_report]
