"""Do the recommenders predict what comes next? Held-out days, full ranking, beside popularity and item-kNN."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.charts import bars_with_intervals, pictures
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import BEHAVIOUR, SAME_DAY, STATE
from assets.models.popularity.items import Popularity
from assets.models.products.catalogue import Catalogue
from assets.models.search.vectors.index import VectorIndex
from assets.models.sessions.model import SessionModel
from assets.models.sessions.parameters import NIGHTLY
from assets.recommendations.fitting import fitted_co_purchase, fitted_next_basket, fitted_popularity
from assets.recommendations.held_out import Query, hidden_items, next_baskets, next_items, segments
from assets.recommendations.item_knn import ItemKnn
from assets.tables.held_out import HeldOutDays, held_out_days
from assets.tables.interactions import basket_rows, session_rows
from evaluation.ranking.list_report import list_figures
from evaluation.ranking.ranking import hit_rate
from resources.lake import Lake
from resources.model_store import Unavailable
from resources.shop import Shop

__all__ = ["CUTOFF", "HOLDOUT_FILE", "recommendation_report"]

CUTOFF = 20
HOLDOUT_FILE = "holdout.arrow"

Items = NDArray[np.integer]
Figures = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Queries of one module, and each recommender's answers to them."""

    queries: list[Query]
    lists: dict[str, list[Items]]


@daily_model(
    group="reports",
    kinds={"matplotlib"},
    reads={
        "catalogue": SAME_DAY,
        "hnsw_index": SAME_DAY,
        "sessions": BEHAVIOUR,
        "baskets": BEHAVIOUR,
        "returns": BEHAVIOUR,
        "product_stats": BEHAVIOUR,
        "products": STATE,
    },
)
def recommendation_report(at: AsOf) -> Built:
    """What came next on the last days, by models fitted on the days before them, and what kind of lists they give.

    Hit rate, MRR, NDCG, recall, coverage, novelty and diversity at 20, over all queries and by users and products.
    """
    products = Catalogue.load(at.model("catalogue"))
    if not len(products):
        raise Unavailable("the shop has no products yet")
    first, days = at.first(BEHAVIOUR), held_out_days(at.shop, at.lake, ["sessions", "baskets"], at.day)
    has_vectors = at.models.unavailable("hnsw_index", at.day) is None
    text = VectorIndex.load(at.model("hnsw_index")) if has_vectors else None
    asked = _answers(at.shop, at.lake, products, text, first, days)
    if not asked:
        raise Unavailable(f"no sessions or baskets both on {days} and before")
    if "session" in asked:
        _save_holdout(at.folder, products, asked["session"], days)
    figures = _measured(at.lake, products, asked, first, days.before)
    (at.folder / "recommendations.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    charts = _draw(at.folder, figures, days)
    return Built(
        sum(len(one.queries) for one in asked.values()),
        {
            "held_out": str(days),
            "figures": figures,
            **pictures(*charts),
        },
        metrics={
            f"{module}_hit_rate_{name}": measures["hit_rate"]["estimate"]
            for module, of in figures.items()
            for name, measures in of.items()
        },
    )


def _answers(
    shop: Shop,
    lake: Lake,
    products: Catalogue,
    text: VectorIndex | None,
    first: str,
    days: HeldOutDays,
) -> dict[str, _Asked]:
    """Module → the held-out queries and what it, and its baselines, answer; modules without queries are left out."""
    n, cut = len(products), days.before
    popular = fitted_popularity(shop, lake, products, first, cut)
    seen, bought = session_rows(lake, products, first, cut), basket_rows(lake, products, first, cut)
    held = basket_rows(lake, products, days.first, days.last)
    asked: dict[str, _Asked] = {}
    queries = next_items(session_rows(lake, products, days.first, days.last))
    if queries and seen.item.size:
        model = SessionModel.fit(seen.group, seen.item, seen.ts, n, NIGHTLY)
        near = ItemKnn.fit(seen.group, seen.item, n)
        asked["session"] = _ask(
            queries,
            popular,
            model=lambda q: model.recommend(q.prefix, CUTOFF).items,
            item_knn=lambda q: near.recommend(q.prefix, CUTOFF).items,
        )
        if text is not None:
            alike = [_without(text.similar(q.prefix[-1], CUTOFF + len(q.prefix)).items, q.prefix) for q in queries]
            asked["session"].lists["similar_text"] = alike
    if not bought.item.size:
        return asked
    together = fitted_co_purchase(shop, lake, products, first, cut)
    if queries := hidden_items(held):
        near_bought = ItemKnn.fit(bought.group, bought.item, n)
        asked["co_purchase"] = _ask(
            queries,
            popular,
            model=lambda q: together.related(q.prefix, CUTOFF).items,
            item_knn=lambda q: near_bought.recommend(q.prefix, CUTOFF).items,
        )
    if queries := next_baskets(held, bought):
        basket = fitted_next_basket(shop, lake, products, first, cut)
        known = bought.user.is_not_null().to_numpy()
        customer = bought.user.drop_nulls().rank("dense").to_numpy()
        near_user = ItemKnn.fit(customer, bought.item[known], n)
        asked["next_basket"] = _ask(
            queries,
            popular,
            leave_out=False,
            model=lambda q: basket.recommend(q.user, [], CUTOFF, together).items,
            item_knn=lambda q: near_user.recommend(q.prefix, CUTOFF).items,
        )
    return asked


def _ask(
    queries: list[Query], popular: Popularity, *, leave_out: bool = True, **answers: Callable[[Query], Items]
) -> _Asked:
    """Ask each recommender, and popularity, which leaves out what stands in the prefix where that is no answer."""
    longest = max(len(query.prefix) for query in queries)
    order = popular.top(CUTOFF + longest).items
    lists = {name: [answer(query) for query in queries] for name, answer in answers.items()}
    lists["popularity"] = [_without(order, query.prefix if leave_out else []) for query in queries]
    return _Asked(queries, lists)


def _without(items: Items, prefix: Sequence[int]) -> Items:
    return items[~np.isin(items, prefix)][:CUTOFF]


def _measured(lake: Lake, products: Catalogue, asked: Mapping[str, _Asked], first: str, cut: str) -> Figures:
    """Figures of every module and its baselines."""
    seen, bought = session_rows(lake, products, first, cut), basket_rows(lake, products, first, cut)
    interactions = np.bincount(np.concatenate([seen.item, bought.item]), minlength=len(products))
    known = set(seen.user.drop_nulls()) | set(bought.user.drop_nulls())
    labels = [set(paths or ()) for paths in products.frame["categories"].to_list()] if products.category_names else None
    return {
        module: list_figures(
            one.lists,
            [query.targets for query in one.queries],
            CUTOFF,
            interactions=interactions,
            labels=labels,
            segments=segments(one.queries, interactions, known),
        )
        for module, one in asked.items()
    }


def _draw(folder: Path, figures: Figures, days: HeldOutDays) -> list[Path]:
    """Hit rates of all recommenders, and of the models by segment."""
    every, by_segment = folder / "hit_rate.png", folder / "hit_rate_by_segment.png"
    unit = f"hit rate @{CUTOFF}"
    bars = {
        f"{module}: {name.replace('_', ' ')}": tuple(scored["hit_rate"].values())
        for module, by_name in figures.items()
        for name, scored in by_name.items()
    }
    bars_with_intervals(every, bars, title=f"What came next, held out: {days}", unit=unit)
    of_segments = {
        f"{module}: {segment}": tuple(scored["hit_rate"].values())
        for module, by_name in figures.items()
        for segment, scored in by_name["model"]["segments"].items()
    }
    bars_with_intervals(by_segment, of_segments, title="Models by users and products", unit=unit)
    return [every, by_segment]


def _save_holdout(folder: Path, products: Catalogue, asked: _Asked, days: HeldOutDays) -> None:
    """Keep the session queries by product id and what the model hit, so that another release can be asked the same."""
    targets = [query.targets for query in asked.queries]
    frame = pl.DataFrame(
        {
            "prefix": [[products.ids[i] for i in query.prefix] for query in asked.queries],
            "target": [products.ids[target] for (target,) in targets],
            "hit": hit_rate(asked.lists["model"], targets, CUTOFF),
            "held_from": days.first,
        },
        schema={"prefix": pl.List(pl.String), "target": pl.String, "hit": pl.Float64, "held_from": pl.String},
    )
    frame.write_ipc(folder / HOLDOUT_FILE)
