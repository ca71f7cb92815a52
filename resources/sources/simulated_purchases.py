"""Purchases and returns of the simulated shop, day by day.

What belongs here: who buys what on a day, with true complements in the basket, and the rows of the orders
contract. The clicks that lead to a purchase are in `simulated_sessions`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.sources.simulated_catalogue import COMPLEMENT_SHARES, Products
from resources.sources.simulated_people import People
from resources.sources.simulated_random import Purpose, stream

__all__ = ["MEAN_LINES", "Purchases", "buy", "order_rows", "order_times", "pick_starts", "taste"]

SECOND = 1_000_000
"""Microseconds."""
LINES_CHANCES = (0.20, 0.35, 0.25, 0.12, 0.08)
MEAN_LINES = sum(n * p for n, p in enumerate(LINES_CHANCES, start=1))
COMPLEMENT_CHANCE = 0.65
"""That a further line of a basket is a complement of its first product."""
TASTE_SHARES = (0.5, 0.75, 0.9)
"""Cumulative shares of a user's three favourite leaf categories; the rest goes anywhere."""
GUEST_SHARE = 0.08
RETURN_DELAYS_DAYS = (2, 4, 7)
RETURN_CHANCE = 0.012
"""That an order line comes back, for each of the delays."""
OPEN_SECOND, CLOSE_SECOND = 6 * 3600, 23 * 3600 + 20 * 60
"""First and last second of the day at which a session starts: none crosses midnight."""
CHECKOUT_SECONDS = (1200, 1500)
"""From the start of the session to the order."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Purchases:
    """The orders of one day: arrays ``[orders]``, and those that start with ``line`` ``[lines]``."""

    user: Ints
    """Position of the user, -1 for a guest."""
    start: Ints
    """Start of the session, in microseconds since midnight."""
    line_order: Ints
    """Position of the line's order; ascending."""
    line_product: Ints
    """Position of the product; no product stands twice in an order."""
    line_quantity: Ints


def pick_starts(rng: np.random.Generator, n: int) -> Ints:
    """Starts of ``n`` sessions in microseconds since midnight; evenings are busier."""
    seconds = OPEN_SECOND + rng.beta(2.2, 1.6, n) * (CLOSE_SECOND - OPEN_SECOND)
    return (seconds * SECOND).astype(np.int64)


def taste(rng: np.random.Generator, products: Products, people: People, user: Ints) -> Ints:
    """A leaf category for each user by taste, by popularity alone for guests (-1)."""
    which = np.searchsorted(TASTE_SHARES, rng.random(len(user)), side="right")
    anywhere = products.leaf_weights.draw_any(rng, len(user))
    own = people.leaves[user, np.minimum(which, 2)].astype(np.int64)
    return np.where((which == 3) | (user < 0), anywhere, own)


def buy(seed: int, products: Products, people: People, day: int) -> Purchases:
    """Draw the purchases of ``day`` (counted from the first day, which is 0)."""
    rng = stream(seed, Purpose.PURCHASES, day)
    chance = people.purchase_chance(day)
    buyers = np.flatnonzero(rng.random(len(people)) < chance)
    guests = rng.poisson(GUEST_SHARE * people.p_control.sum() / 7)
    user = np.concatenate([buyers, np.full(guests, -1)])
    n = len(user)
    leaf = taste(rng, products, people, user)
    main = products.weights.draw(rng, products.leaf_start[leaf], products.leaf_start[leaf + 1])
    lines = 1 + rng.choice(len(LINES_CHANCES), size=n, p=LINES_CHANCES)
    order = np.repeat(np.arange(n), lines)
    first = np.concatenate([[True], order[1:] != order[:-1]]) if len(order) else np.zeros(0, dtype=bool)
    second_choice = (rng.random(len(order)) >= COMPLEMENT_SHARES[0]).astype(np.int64)
    along = products.complements[main[order], second_choice]
    leaf_else = taste(rng, products, people, user[order])
    other = products.weights.draw(rng, products.leaf_start[leaf_else], products.leaf_start[leaf_else + 1])
    product = np.where(rng.random(len(order)) < COMPLEMENT_CHANCE, along, other)
    product = products.available(np.where(first, main[order], product), day)
    _, kept = np.unique(order * len(products) + product, return_index=True)
    kept.sort()
    return Purchases(
        user=user,
        start=pick_starts(rng, n),
        line_order=order[kept],
        line_product=product[kept],
        line_quantity=1 + rng.binomial(2, 0.12, len(order))[kept],
    )


def order_times(purchases: Purchases) -> Ints:
    """Microseconds since midnight at which each order is placed: some minutes into its session."""
    low, high = CHECKOUT_SECONDS
    return purchases.start + (low + purchases.start // 1000 % (high - low)) * SECOND


def order_rows(
    seed: int, products: Products, people: People, purchases_on: Callable[[int], Purchases], day: int
) -> pl.DataFrame:
    """Rows of the orders contract of ``day``, with ``ts`` in microseconds since midnight.

    Returns repeat lines of earlier days, at the price paid, as orders of their own.
    """
    bought = purchases_on(day)
    order = bought.line_order
    number = np.arange(len(order)) - np.searchsorted(order, order, side="left") + 1
    sales = pl.DataFrame(
        {
            "order_id": _order_ids(day, order),
            "line": pl.Series(number, dtype=pl.Int32),
            "ts": order_times(bought)[order],
            "kind": pl.repeat("sale", len(order), eager=True),
            "user_id": people.ids(bought.user[order]),
            "product_id": products.ids.gather(bought.line_product),
            "quantity": pl.Series(bought.line_quantity, dtype=pl.Float64),
            "unit_price": products.price_on(bought.line_product, day),
        }
    )
    back = [
        _returns(seed, products, people, purchases_on(day - delay), bought_on=day - delay, delay=delay)
        for delay in RETURN_DELAYS_DAYS
        if delay <= day
    ]
    return pl.concat([sales, *back])


def _returns(
    seed: int, products: Products, people: People, bought: Purchases, *, bought_on: int, delay: int
) -> pl.DataFrame:
    """Rows for the lines of the day ``bought_on`` that come back ``delay`` days later; a line comes back once."""
    fate = stream(seed, Purpose.RETURNS, bought_on).random(len(bought.line_order)) // RETURN_CHANCE
    at = np.flatnonzero(fate == RETURN_DELAYS_DAYS.index(delay))
    order, product = bought.line_order[at], bought.line_product[at]
    line = pl.Series(at).cast(pl.String)
    return pl.DataFrame(
        {
            "order_id": pl.select("R" + _order_ids(bought_on, order) + "-" + line).to_series(),
            "line": pl.repeat(1, len(at), dtype=pl.Int32, eager=True),
            "ts": order_times(bought)[order],
            "kind": pl.repeat("return", len(at), eager=True),
            "user_id": people.ids(bought.user[order]),
            "product_id": products.ids.gather(product),
            "quantity": pl.Series(bought.line_quantity[at], dtype=pl.Float64),
            "unit_price": products.price_on(product, bought_on),
        }
    )


def _order_ids(day: int, order: Ints) -> pl.Series:
    """Ids such as ``O00012-0000345``."""
    return pl.Series(order).cast(pl.String).str.zfill(7).str.replace("^", f"O{day:05d}-").alias("order_id")
