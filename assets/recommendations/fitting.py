"""Recommenders fitted on a range of a shop's days, with the shop's weights and half-lives.

What belongs here: which rows and settings a model is fitted with, said once for the nightly models and for the report
that measures them on held-out days. What does not: fitting (`assets.models`).
"""

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.next_basket import NextBasket
from assets.models.baskets.pair_counts import pair_counts
from assets.models.popularity.head_start import head_starts
from assets.models.popularity.items import Popularity
from assets.models.popularity.segments import SegmentPopularity
from assets.models.products.catalogue import Catalogue
from assets.tables.interactions import (
    age_days,
    arrival_days,
    basket_rows,
    popularity_rows,
    session_rows,
    user_rows,
    user_segments,
)
from resources.lake import Lake
from resources.model_store import Unavailable
from resources.shop import Shop

__all__ = [
    "fitted_co_purchase",
    "fitted_next_basket",
    "fitted_popularity",
    "fitted_segment_popularity",
    "plain_popularity",
]


def fitted_popularity(shop: Shop, lake: Lake, products: Catalogue, first: str, as_of: str) -> Popularity:
    """What is looked at and bought, with decay; new products get the head start of good ones of their categories."""
    plain = plain_popularity(shop, lake, products, first, as_of)
    half_life = shop.recommendations.half_life_days.popularity
    return plain.with_head_start(head_starts(plain.score, products, arrival_days(lake, products, as_of), half_life))


def plain_popularity(shop: Shop, lake: Lake, products: Catalogue, first: str, as_of: str) -> Popularity:
    """What is looked at and bought, with decay, and nothing else."""
    said = shop.recommendations
    rows = popularity_rows(lake, products, first, as_of, said.weights)
    return Popularity.fit(*rows, n_items=len(products), half_life_days=said.half_life_days.popularity)


def fitted_segment_popularity(
    shop: Shop, lake: Lake, products: Catalogue, first: str, as_of: str
) -> SegmentPopularity | None:
    """The same by the users' segments; none where the shop names no attribute, or no user has a value of it."""
    said = shop.recommendations
    of_user = {} if said.segment is None else user_segments(lake, said.segment, as_of)
    if not of_user:
        return None
    rows = user_rows(lake, first, as_of, said.weights)
    return SegmentPopularity.fit(
        of_user,
        rows["user_id"].to_list(),
        products.positions(rows["product_id"].to_list()),
        rows["weight"].to_numpy(),
        rows["age_days"].to_numpy(),
        len(products),
        half_life_days=said.half_life_days.popularity,
    )


def fitted_co_purchase(shop: Shop, lake: Lake, products: Catalogue, first: str, as_of: str) -> CoPurchase:
    """Partners by shared baskets; sessions of the same days tell the substitutes, which are left out.

    Raises:
        Unavailable: If no order of these days has a known product.
    """
    bought = basket_rows(lake, products, first, as_of)
    if not bought.item.size:
        raise Unavailable(f"no orders of known products from {first} to {as_of}")
    viewed, n = session_rows(lake, products, first, as_of), len(products)
    return CoPurchase.fit(
        bought.group,
        bought.item,
        n,
        age_days=age_days(bought.ts, as_of),
        half_life_days=shop.recommendations.half_life_days.co_purchase,
        viewed=pair_counts(viewed.group, viewed.item, n) if viewed.item.size else None,
    )


def fitted_next_basket(shop: Shop, lake: Lake, products: Catalogue, first: str, as_of: str) -> NextBasket:
    """Customers' purchase histories, with the half-life of co-purchases; the trend has that of popularity.

    Raises:
        Unavailable: If no known customer ordered a known product on these days.
    """
    bought = basket_rows(lake, products, first, as_of)
    if bought.user.null_count() == len(bought.user):
        raise Unavailable(f"no orders of known customers and products from {first} to {as_of}")
    return NextBasket.fit(
        bought.user.to_list(),
        bought.group,
        bought.item,
        age_days(bought.ts, as_of),
        len(products),
        half_life_days=shop.recommendations.half_life_days.co_purchase,
        trend_half_life_days=shop.recommendations.half_life_days.popularity,
    )
