"""Recommenders: popularity, co-purchase, sessions, categories, and the priors of the banner bandit.

What belongs here: which window each is fitted on. What does not: fitting (`assets.models`) and measuring
(`assets.recommendations.report`).
"""

from dataclasses import asdict
from datetime import timedelta

import polars as pl

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import BEHAVIOUR, SAME_DAY, STATE
from assets.models.banners.slot_policy import slot_policies_from
from assets.models.baskets.cold_start import with_borrowed_partners
from assets.models.popularity.category_affinity import CategoryAffinity
from assets.models.popularity.segments import SEGMENTS
from assets.models.popularity.user_histories import UserHistories
from assets.models.products.catalogue import Catalogue
from assets.models.search.vectors.index import VectorIndex
from assets.models.sessions.model import SessionModel
from assets.models.sessions.parameters import NIGHTLY
from assets.recommendations.banner_log import fitted_priors
from assets.recommendations.declared_banners import declared_banners
from assets.recommendations.fitting import (
    fitted_co_purchase,
    fitted_next_basket,
    fitted_popularity,
    fitted_segment_popularity,
)
from assets.recommendations.policy_trial import served_policies
from assets.tables.interactions import session_rows, user_category_rows, user_history_rows
from resources.model_store import Unavailable
from resources.shop.slots import slots_json

__all__ = [
    "banner_priors",
    "category_recommendations",
    "co_purchase",
    "next_basket",
    "popularity",
    "session_model",
    "user_histories",
]

RETIRED_DAYS = 14
"""Where no banner is declared, one that its slot has not shown for so long is taken for retired."""


@daily_model(
    group="recommenders",
    kinds={"numpy"},
    reads={
        "catalogue": SAME_DAY,
        "product_stats": BEHAVIOUR,
        "sessions": BEHAVIOUR,
        "baskets": BEHAVIOUR,
        "returns": BEHAVIOUR,
        "products": STATE,
        "users": STATE,
    },
)
def popularity(at: AsOf) -> Built:
    """What sells and is looked at now, with decay: the last fallback of every answer.

    Where the shop names an attribute of its users as ``segment``, also by each of its values.
    """
    products = Catalogue.load(at.model("catalogue"))
    model = fitted_popularity(at.shop, at.lake, products, at.first(BEHAVIOUR), at.day)
    model.save(at.folder)
    by_segment = fitted_segment_popularity(at.shop, at.lake, products, at.first(BEHAVIOUR), at.day)
    if by_segment is not None:
        (at.folder / SEGMENTS).mkdir()
        by_segment.save(at.folder / SEGMENTS)
    top = model.top(5).items.tolist() if len(products) else []
    return Built(
        int((model.score > 0).sum()),
        {
            "segments": [] if by_segment is None else by_segment.names,
            "top": [products.frame["title"][i] for i in top],
        },
    )


@daily_model(
    group="recommenders",
    kinds={"scipy"},
    reads={
        "catalogue": SAME_DAY,
        "hnsw_index": SAME_DAY,
        "baskets": BEHAVIOUR,
        "returns": BEHAVIOUR,
        "sessions": BEHAVIOUR,
    },
)
def co_purchase(at: AsOf) -> Built:
    """Bought together: products that share baskets, with decay; substitutes, viewed together instead, are left out.

    Products that no basket tells anything of, such as today's, borrow the partners of products with texts like theirs.
    """
    products = Catalogue.load(at.model("catalogue"))
    model = fitted_co_purchase(at.shop, at.lake, products, at.first(BEHAVIOUR), at.day)
    lonely = len(model.without_partners())
    if at.models.unavailable("hnsw_index", at.day) is None:
        model = with_borrowed_partners(model, VectorIndex.load(at.model("hnsw_index")).similar)
    model.save(at.folder)
    return Built(
        model.n_pairs,
        {
            "products_with_partners": len(products) - lonely,
            "products_with_borrowed_partners": lonely - len(model.without_partners()),
        },
    )


@daily_model(
    group="recommenders",
    kinds={"numpy"},
    reads={"catalogue": SAME_DAY, "baskets": BEHAVIOUR, "returns": BEHAVIOUR},
)
def next_basket(at: AsOf) -> Built:
    """What each customer buys again, and how often customers of this shop buy a product again at all."""
    products = Catalogue.load(at.model("catalogue"))
    model = fitted_next_basket(at.shop, at.lake, products, at.first(BEHAVIOUR), at.day)
    model.save(at.folder)
    return Built(len(model), {"repeat_rate": model.repeat_rate})


@daily_model(group="recommenders", kinds={"lightgbm"}, reads={"catalogue": SAME_DAY, "sessions": BEHAVIOUR})
def session_model(at: AsOf) -> Built:
    """Recently viewed → related: what past sessions like this one went on to, ranked by what was clicked next.

    With too few sessions to learn a ranking, nearest past sessions alone (VMIS-kNN; Kersbergen et al., SIGMOD 2022).
    """
    products = Catalogue.load(at.model("catalogue"))
    rows = session_rows(at.lake, products, at.first(BEHAVIOUR), at.day)
    if not rows.item.size:
        raise Unavailable(f"no views of known products in the {at.shop.window_days} days up to {at.day}")
    model = SessionModel.fit(rows.group, rows.item, rows.ts, len(products), NIGHTLY)
    model.save(at.folder)
    return Built(
        rows.item.size,
        {
            "ranked": model.ranked is not None,
            "validation": model.figures,
            "parameters": asdict(model.parameters),
            "trials": model.trials,
            "sessions": int(rows.group.max()) + 1,
        },
    )


@daily_model(
    group="recommenders",
    kinds={"polars"},
    reads={"catalogue": SAME_DAY, "sessions": BEHAVIOUR, "baskets": BEHAVIOUR, "returns": BEHAVIOUR},
)
def category_recommendations(at: AsOf) -> Built:
    """Each known user's affinity to categories, with decay."""
    products = Catalogue.load(at.model("catalogue"))
    if not products.category_names:
        raise Unavailable("no product has a category")
    said = at.shop.recommendations
    rows = user_category_rows(at.lake, products, at.first(BEHAVIOUR), at.day, said.weights)
    if rows.is_empty():
        raise Unavailable(f"no known user's views or purchases in the {at.shop.window_days} days up to {at.day}")
    CategoryAffinity.fit(
        rows["user_id"].to_list(),
        rows["category"].to_numpy(),
        rows["weight"].to_numpy(),
        rows["age_days"].to_numpy(),
        half_life_days=said.half_life_days.affinity,
    ).save(at.folder)
    return Built(rows.height, {"users": rows["user_id"].n_unique()})


@daily_model(
    group="recommenders",
    kinds={"numpy"},
    reads={"catalogue": SAME_DAY, "sessions": BEHAVIOUR, "baskets": BEHAVIOUR, "returns": BEHAVIOUR},
)
def user_histories(at: AsOf) -> Built:
    """Each known user's last products viewed and bought, and how often buyers of a product buy it again."""
    products = Catalogue.load(at.model("catalogue"))
    rows = user_history_rows(at.lake, products, at.first(BEHAVIOUR), at.day)
    if rows.is_empty():
        raise Unavailable(f"no known user's views or purchases in the {at.shop.window_days} days up to {at.day}")
    item, kind, seconds = (rows[name].to_numpy() for name in ("item", "kind", "seconds"))
    model = UserHistories.fit(rows["user_id"].to_list(), item, kind, seconds, len(products))
    model.save(at.folder)
    return Built(rows.height, {"users": len(model)})


@daily_model(group="recommenders", kinds={"numpy"}, reads={"banner_impressions": BEHAVIOUR, "banners": STATE})
def banner_priors(at: AsOf) -> Built:
    """Where the banner bandit starts: a Beta prior of each banner's reward in each slot, from past impressions.

    Of the banners that the shop declares, in shop.toml or the table banners, also of those never shown; where it
    declares none, of those in the logs that were still shown in the last 14 days of their slot. A policy that the shop
    declares in place of another is served once it would have earned more on the log, or where the shop accepts it.
    """
    shown = at.lake.read("banner_impressions", at.first(BEHAVIOUR), at.day)
    declared = declared_banners(at)
    if shown.is_empty() and not declared:
        raise Unavailable(
            f"no banner impressions in the {at.shop.window_days} days up to {at.day}, no [banners] in shop.toml, and "
            "no rows in the table banners"
        )
    if not declared:
        quiet = pl.col("ts").max().over("slot") - pl.col("ts").max().over("slot", "banner_id")
        shown = shown.filter(quiet <= timedelta(days=RETIRED_DAYS))
    served, trials = served_policies(at, shown, slot_policies_from(slots_json(at.shop.slots)))
    priors = fitted_priors(shown, at.day, served, declared)
    priors.trials = trials
    priors.save(at.folder)
    return Built(
        shown.height,
        {
            "slots": {slot: list(priors.arms(slot)) for slot in priors.slots()},
            "policies": {slot: trial.verdict for slot, trial in trials.items()},
        },
    )
