"""Shopper events of the simulated shop, day by day: browsing sessions and the sessions that end in an order.

What belongs here: sessions and their events. Orders themselves are in `simulated_purchases`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.sources.simulated_catalogue import Products
from resources.sources.simulated_people import People
from resources.sources.simulated_purchases import MEAN_LINES, SECOND, Purchases, pick_starts, taste
from resources.sources.simulated_random import Purpose, stream

__all__ = ["event_rows"]

GUEST_SHARE = 0.25
MEAN_FURTHER_VIEWS = 2.6
MAX_FURTHER_VIEWS = 9
SEARCH_CHANCE = np.array([0.35, 0.20, 0.20, 0.25, 0.25])
CART_CHANCE = np.array([0.45, 0.25, 0.08, 0.25, 0.15])
REMOVE_CHANCE = np.array([0.20, 0.10, 0.20, 0.50, 0.20])
"""By effect type, guests last; removing is given a cart."""
SURFACES = ("home", "category", "similar", "bought-together")
SURFACE_CHANCE = 0.2
GAP_SECONDS = (5, 90)
"""Between two events of a session; the longest session stays below half an hour and ends before its order."""
PURCHASE_EXTRA_VIEWS = 1.5
MEAN_PURCHASE_EVENTS = 2 * MEAN_LINES + PURCHASE_EXTRA_VIEWS
LOGGED_LIMIT = 0.6
"""Largest share of the day's events that sessions ending in an order may make; the rest of those goes unlogged."""
KINDS = ("search", "click", "view", "add_to_cart", "remove_from_cart")
SEARCH, CLICK, VIEW, ADD, REMOVE = range(5)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Events:
    """Arrays ``[events]``; ``step`` orders the events of a session."""

    session: Ints
    step: Ints
    kind: Ints
    product: Ints

    @classmethod
    def of(cls, session: Ints, step: Ints | int, kind: int, product: Ints) -> "_Events":
        n = len(session)
        return cls(session, np.broadcast_to(step, n), np.full(n, kind), product)


def event_rows(
    seed: int, products: Products, people: People, bought: Purchases, *, events_per_day: int, day: int
) -> pl.DataFrame:
    """Rows of the events contract of ``day``, with ``ts`` in microseconds since midnight."""
    rng = stream(seed, Purpose.SESSIONS, day)
    expected = len(bought.user) * MEAN_PURCHASE_EVENTS
    logged_share = min(1.0, LOGGED_LIMIT * events_per_day / max(expected, 1.0))
    share = np.append(people.mean_activity_kind * (1 - GUEST_SHARE), GUEST_SHARE)
    browse_mean = 1 + MEAN_FURTHER_VIEWS + 2 * share @ SEARCH_CHANCE + share @ (CART_CHANCE * (1 + REMOVE_CHANCE))
    n_browse = int(rng.poisson((events_per_day - expected * logged_share) / browse_mean))
    user = people.activity.draw_any(rng, n_browse)
    user[(rng.random(n_browse) < GUEST_SHARE) | (people.joins[user] > day)] = -1
    logged = rng.random(len(bought.user)) < logged_share
    starts = np.concatenate([pick_starts(rng, n_browse), bought.start[logged]])
    owner = np.concatenate([user, bought.user[logged]])
    parts = [
        *_browse(rng, products, people, user, day),
        *_check_out(rng, products, bought, logged, first_session=n_browse, day=day),
    ]
    session, step, kind, product = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("session", "step", "kind", "product")
    )
    order = np.lexsort((step, session))
    session, kind, product = session[order], kind[order], product[order]
    ts = starts[session] + _offsets(rng, session)
    query = _queries(rng, products, kind, product)
    surface = np.where(
        kind == CLICK,
        0,
        np.where((kind == VIEW) & (rng.random(len(kind)) < SURFACE_CHANCE), rng.integers(1, 5, len(kind)), -1),
    )
    frame = pl.DataFrame(
        {
            "ts": ts,
            "kind": pl.Series(KINDS).gather(kind),
            "user_id": people.ids(owner[session]),
            "session_id": pl.Series(session).cast(pl.String).str.zfill(7).str.replace("^", f"S{day:05d}-"),
            "product_id": products.ids.gather(np.where(kind == SEARCH, 0, product)),
            "query": query,
            "surface": pl.Series(("search", *SURFACES)).gather(pl.Series(surface).replace(-1, None)),
            "is_search": kind == SEARCH,
        }
    ).sort("ts", "session_id", maintain_order=True)
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(8)
    return frame.select(
        (f"E{day:05d}-" + number).alias("event_id"),
        "ts",
        "kind",
        "user_id",
        "session_id",
        pl.when(~pl.col("is_search")).then("product_id").alias("product_id"),
        "query",
        "surface",
        pl.lit(None, dtype=pl.String).alias("release"),
        pl.lit(None, dtype=pl.String).alias("agent"),
    )


def _browse(rng: np.random.Generator, products: Products, people: People, user: Ints, day: int) -> list[_Events]:
    """Sessions that circle around one product: its like, its leaf, its complements, or another taste."""
    n = len(user)
    session = np.arange(n)
    leaf = taste(rng, products, people, user)
    anchor = products.available(_in_leaf(rng, products, leaf), day)
    further = np.minimum(rng.poisson(MEAN_FURTHER_VIEWS, n), MAX_FURTHER_VIEWS)
    later = np.repeat(session, further)
    at = anchor[later]
    alike = products.weights.draw(rng, products.group_low[at], products.group_high[at])
    same_leaf = _in_leaf(rng, products, products.leaf[at])
    along = products.complements[at, rng.integers(0, 2, len(at))]
    elsewhere = _in_leaf(rng, products, taste(rng, products, people, user[later]))
    turn = rng.random(len(at))
    seen = np.select([turn < 0.5, turn < 0.77, turn < 0.85], [alike, same_leaf, along], elsewhere)
    step = 4 + np.arange(len(later)) - np.searchsorted(later, later, side="left")
    kind = np.where(user < 0, 4, people.kind[user])
    searching = np.flatnonzero(rng.random(n) < SEARCH_CHANCE[kind])
    carting = np.flatnonzero(rng.random(n) < CART_CHANCE[kind])
    removing = carting[rng.random(len(carting)) < REMOVE_CHANCE[kind[carting]]]
    return [
        _Events.of(searching, 0, SEARCH, anchor[searching]),
        _Events.of(searching, 1, CLICK, anchor[searching]),
        _Events.of(session, 2, VIEW, anchor),
        _Events.of(carting, 3, ADD, anchor[carting]),
        _Events.of(later, step, VIEW, products.available(seen, day)),
        _Events.of(removing, 50, REMOVE, anchor[removing]),
    ]


def _check_out(
    rng: np.random.Generator,
    products: Products,
    bought: Purchases,
    logged: NDArray[np.bool_],
    *,
    first_session: int,
    day: int,
) -> list[_Events]:
    """Sessions that end in an order: each product is viewed and put in the cart, a few others are viewed."""
    number = np.where(logged, first_session + np.cumsum(logged) - 1, -1)
    lines = np.flatnonzero(logged[bought.line_order])
    session, product = number[bought.line_order[lines]], bought.line_product[lines]
    step = 2 * (np.arange(len(lines)) - np.searchsorted(session, session, side="left"))
    is_first = step == 0
    extra = np.repeat(np.flatnonzero(is_first), np.minimum(rng.poisson(PURCHASE_EXTRA_VIEWS, is_first.sum()), 3))
    beside = products.weights.draw(rng, products.group_low[product[extra]], products.group_high[product[extra]])
    return [
        _Events.of(session, step + 10, VIEW, product),
        _Events.of(session, step + 11, ADD, product),
        _Events.of(session[extra], 5, VIEW, products.available(beside, day)),
    ]


def _in_leaf(rng: np.random.Generator, products: Products, leaf: Ints) -> Ints:
    return products.weights.draw(rng, products.leaf_start[leaf], products.leaf_start[leaf + 1])


def _offsets(rng: np.random.Generator, session: Ints) -> Ints:
    """Microseconds from the start of the session to each of its events (sorted by session)."""
    total = np.cumsum(rng.integers(GAP_SECONDS[0] * SECOND, GAP_SECONDS[1] * SECOND, len(session)))
    return total - total[np.searchsorted(session, session, side="left")] if len(session) else total


def _queries(rng: np.random.Generator, products: Products, kind: Ints, product: Ints) -> pl.Series:
    """Query texts of searches, and of the clicks that follow them; null for other kinds."""
    variant = rng.choice(4, size=len(kind), p=(0.35, 0.35, 0.2, 0.1))
    # A click repeats the query of the search just before it.
    variant[1:] = np.where(kind[1:] == CLICK, variant[:-1], variant[1:])
    texts = products.words.select("query0", "query1", "query2", "query3")
    chosen = pl.DataFrame({"variant": variant, "asked": kind <= CLICK})
    asked = pl.concat([texts[product], chosen], how="horizontal")
    options = [pl.when(pl.col("variant") == i).then(f"query{i}") for i in range(4)]
    return asked.select(pl.when("asked").then(pl.coalesce(options)).alias("query")).to_series()
