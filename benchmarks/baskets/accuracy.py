"""Next baskets, given the customer's past and given half of the basket: Upshelf beside its peers.

Usage: ``make bench BENCH=copurchase DATA=<folder>`` or ``python -m benchmarks.baskets.accuracy [DATA]``, where
DATA holds ``orders.parquet`` (as the orders contract has it) or ``online_retail.parquet``. The last 30 days are the
test; every product sold before may be ranked, none is sampled. Measures at 20: hit rate (a wanted product is in the
list), NDCG, recall. The last columns are how far a row is below Upshelf's of the same knowledge, with 95 % paired
bootstrap intervals: the customer's past in the first task, the cart alone in the second, where the row "next basket"
knows the customer too.
"""

import argparse
import logging
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.next_basket import NextBasket
from assets.models.popularity.items import Popularity
from benchmarks.baskets.peers import CUT, MISSING, Lists, Peer, peers
from benchmarks.baskets.task import WINDOW_DAYS, Split, Task, sales, split
from evaluation.arrays import Floats
from evaluation.ranking.ranking import hit_rate, ndcg, recall
from evaluation.resampling.bootstrap import Interval, paired_difference_interval
from resources.settings import Settings

TASKS = {
    "past": ("next basket, given the customer's past", "Upshelf next basket"),
    "cart": ("half of a basket, given the other half", "Upshelf bought together"),
}
"""Title of each task, and the row that others are compared with."""
MEASURES = {"HR@20": hit_rate, "NDCG@20": ndcg, "recall@20": recall}


def ours(data: Split) -> dict[str, Callable[[Task], Lists]]:
    """Popularity and Upshelf's models with their defaults, by the name of their row."""
    together = CoPurchase.fit(data.basket, data.item, data.n_items, age_days=data.age_days)
    basket = NextBasket.fit(data.users, data.basket, data.item, data.age_days, data.n_items)
    ones = np.ones(len(data.item))
    popular = Popularity.fit(data.item, ones, data.age_days, data.n_items).top(data.n_items).items

    def fill(items: list[int], cart: list[int]) -> list[int]:
        """As served: what is missing of an answer is filled up with what is popular."""
        rest = [i for i in popular[: 2 * CUT + len(cart)].tolist() if i not in cart and i not in items]
        return (items + rest)[:CUT]

    return {
        "popularity, half-life 7 days": lambda task: [fill([], cart) for cart in task.carts],
        "Upshelf bought together": lambda task: [
            fill(together.related(cart, CUT).items.tolist(), cart) for cart in task.carts
        ],
        "Upshelf next basket": lambda task: [
            fill(basket.recommend(user, cart, CUT, together).items.tolist(), cart)
            for user, cart in zip(task.users, task.carts, strict=True)
        ],
    }


def measured(lists: Lists, task: Task) -> dict[str, Floats]:
    """Each measure, one figure a query."""
    return {name: measure(lists, task.targets, CUT) for name, measure in MEASURES.items()}


def best_peers(all_of_them: list[Peer], validation: Split) -> dict[str, list[Peer]]:
    """For each task the setting of each peer with the highest NDCG on the 30 days before the test."""
    best: dict[str, dict[str, tuple[float, Peer]]] = {which: {} for which in TASKS}
    for peer in all_of_them:
        answer = peer.fit(validation)
        for which, of_task in best.items():
            task: Task = getattr(validation, which)
            score = float(measured(answer(task), task)["NDCG@20"].mean())
            if peer.name not in of_task or score > of_task[peer.name][0]:
                of_task[peer.name] = (score, peer)
    return {which: [peer for _, peer in of_task.values()] for which, of_task in best.items()}


def _shown(interval: Interval) -> str:
    return f"{interval.estimate:+.4f} ({interval.lower:+.4f} to {interval.upper:+.4f})"


def main() -> None:
    """Fit, ask, print a table a task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    default = os.environ.get("DATA") or Settings.from_env().data / "online_retail"
    parser.add_argument("data", nargs="?", default=default, help="folder of the orders (or DATA)")
    lines = sales(Path(parser.parse_args().data))
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore", module="implicit")
    test, validation = split(lines, 1), split(lines, 2)
    start = time.process_time()
    mine = ours(test)
    fitted = time.process_time() - start
    print(f"{len(test.item):,} basket lines, {test.n_items:,} products before the last {WINDOW_DAYS} days")
    print(f"Upshelf's models fitted in {fitted:.1f} s of CPU")
    try:
        others = peers()
    except ImportError:
        print(MISSING)
        others = []
    chosen = best_peers(others, validation)
    for which, (title, reference) in TASKS.items():
        task: Task = getattr(test, which)
        rows = {name: answer(task) for name, answer in mine.items() if any(task.carts) or "together" not in name}
        for peer in chosen[which]:
            rows[f"{peer.name} ({peer.setting})"] = peer.fit(test)(task)
        figures = {name: measured(lists, task) for name, lists in rows.items()}
        print(f"\n{title}: {len(task.targets):,} queries")
        print(f"{'':<48}" + "".join(f"{name:>10}" for name in MEASURES) + f"   {reference} - row: HR, NDCG")
        for name, of_row in figures.items():
            line = "".join(f"{values.mean():>10.4f}" for values in of_row.values())
            if name != reference:
                gaps = [paired_difference_interval(figures[reference][m], of_row[m]) for m in ("HR@20", "NDCG@20")]
                line += "   " + "  ".join(map(_shown, gaps))
            print(f"{name:<48}{line}", flush=True)


if __name__ == "__main__":
    main()
