"""What a measure of a ranking is where users stand in no order at all: its mean over random orders, and their band.

What belongs here: the orders. What is measured, and what a ranking is compared with, is the caller's.
"""

from collections.abc import Callable

import numpy as np

from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import USUAL, Interval, percentile_interval

__all__ = ["ORDERS", "random_orders_interval"]

ORDERS = 200
"""Orders drawn: the bounds of a band of 95 % are then its fifth and last but fifth ones."""


def random_orders_interval(
    measure: Callable[[Floats], float], users: int, orders: int = ORDERS, seed: int = USUAL.seed
) -> Interval:
    """Mean of ``measure`` over ``orders`` random scores of ``users`` users, and the band that holds 95 % of them.

    The band is that of chance on these users: a ranking without any merit lies outside it once in twenty times. It is
    no interval of the mean, which is known far better.

    Args:
        measure: takes a score float64[users], higher is targeted first.
        users: at least 1.
        orders: at least 2.
        seed: equal ones give equal orders.
    """
    rng = np.random.default_rng(seed)
    measured = np.array([measure(rng.random(users)) for _ in range(orders)])
    return percentile_interval(float(measured.mean()), measured)
