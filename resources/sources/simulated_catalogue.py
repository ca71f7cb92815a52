"""The products of the simulated shop: text, prices, categories, complements, arrivals and changes.

What belongs here: what is true of products on each day. Who buys them is in `simulated_purchases`.
Products are positions sorted by leaf category and, within it, by noun, so that products alike stand together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.sources.simulated_random import Purpose, Weights, stream
from resources.sources.simulated_words import BRANDS, COLOURS, LEAVES

__all__ = ["N_LEAVES", "Products"]

N_LEAVES = len(LEAVES)
CHANGED_SHARE_PER_DAY = 0.0025
ARRIVING_SHARE = 0.03
CHANGE_HOUR = 3
CHUNK_ROWS = 50_000
COMPLEMENT_SHARES = (0.65, 0.35)
"""How a complementary purchase is divided among a product's complements."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Products:
    """Static parameters of all products, each array ``[products]`` unless it says otherwise."""

    ids: pl.Series
    """Text ids, ``P000001`` and on, in an order that tells nothing."""
    leaf: Ints
    leaf_start: Ints
    """``[leaves + 1]``: first position of each leaf."""
    group_low: Ints
    group_high: Ints
    """Half-open range of the products of the same leaf and noun."""
    weights: Weights
    """Popularity."""
    leaf_weights: Weights
    complements: Ints
    """``[products, 2]``: the products that are bought along, likelier first."""
    arrives: Ints
    """Day on which the product enters the catalogue, 0 for most."""
    stand_in: Ints
    """A product of the same leaf that is there from the first day."""
    changes: Ints
    """Day on which title or price changes; -1 for never."""
    changes_price: Bools
    price: NDArray[np.float64]
    words: pl.DataFrame
    """Columns title, description, brand, categories, tags, in_stock, and the query texts ``query0`` … ``query3``."""

    @classmethod
    def build(cls, seed: int, n: int, days: int) -> "Products":
        """Compose ``n`` products (at least one a leaf) of a shop that runs for ``days``."""
        rng = stream(seed, Purpose.CATALOGUE)
        sizes = 1 + rng.multinomial(n - N_LEAVES, rng.dirichlet(np.full(N_LEAVES, 12.0)))
        leaf_start = np.concatenate([[0], np.cumsum(sizes)])
        leaf = np.repeat(np.arange(N_LEAVES), sizes)
        noun = rng.integers(0, 5, n)
        noun = noun[np.lexsort((noun, leaf))]
        group = leaf * 5 + noun
        arrives = np.where(rng.random(n) < ARRIVING_SHARE, rng.integers(1, days, n), 0)
        arrives[leaf_start[:-1]] = 0
        stand_in = np.maximum.accumulate(np.where(arrives == 0, np.arange(n), 0))
        changing = rng.random(n) < min(0.3, CHANGED_SHARE_PER_DAY * days)
        changes = np.where(changing, rng.integers(1, days, n), -1)
        changes[changes <= arrives] = -1
        base = np.array([item.price for item in LEAVES])[leaf]
        number = np.char.mod(f"P%0{max(6, len(str(n)))}d", rng.permutation(n) + 1)
        return cls(
            ids=pl.Series("product_id", number),
            leaf=leaf,
            leaf_start=leaf_start,
            group_low=np.searchsorted(group, group, side="left"),
            group_high=np.searchsorted(group, group, side="right"),
            weights=Weights(rng.lognormal(0, 1, n)),
            leaf_weights=Weights(rng.lognormal(0, 0.5, N_LEAVES)),
            complements=_complements(rng, leaf, leaf_start),
            arrives=arrives,
            stand_in=stand_in,
            changes=changes,
            changes_price=rng.random(n) < 0.6,
            price=np.round(np.ceil(base * rng.lognormal(0, 0.45, n)) - 0.05, 2),
            words=_compose(rng, leaf, noun),
        )

    def __len__(self) -> int:
        return len(self.leaf)

    def available(self, position: Ints, day: int) -> Ints:
        """The products themselves, or their stand-ins where they have not arrived by ``day``."""
        return np.where(self.arrives[position] <= day, position, self.stand_in[position])

    def price_on(self, position: Ints, day: int) -> NDArray[np.float64]:
        """Price on ``day`` in the shop's currency: a tenth lower from the day on which it changes."""
        price = self.price[position]
        change = self.changes[position]
        lower = self.changes_price[position] & (change >= 0) & (change <= day)
        return np.where(lower, np.round(price * 0.9, 2), price)

    def last_change(self) -> int:
        """The newest day on which a product arrives or changes."""
        return int(max(self.arrives.max(), self.changes.max()))

    def frames(self, first_day: date, start: int, stop: int) -> Iterator[pl.DataFrame]:
        """States that begin on the days ``start <= day < stop``, in frames of bounded size."""
        arriving = np.flatnonzero((self.arrives >= start) & (self.arrives < stop))
        changing = np.flatnonzero((self.changes >= start) & (self.changes < stop))
        for positions, since in ((arriving, self.arrives), (changing, self.changes)):
            for low in range(0, len(positions), CHUNK_ROWS):
                at = positions[low : low + CHUNK_ROWS]
                yield self._states(first_day, at, since[at])

    def _states(self, first_day: date, at: Ints, day: Ints) -> pl.DataFrame:
        """Rows of the products contract for the products ``at``, each as of its ``day``."""
        midnight = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
        changed = (self.changes[at] >= 0) & (self.changes[at] <= day)
        price = np.where(changed & self.changes_price[at], np.round(self.price[at] * 0.9, 2), self.price[at])
        retitled = pl.Series(changed & ~self.changes_price[at])
        hours = np.where(day > 0, day * 24 + CHANGE_HOUR, 0)
        updated = pl.lit(midnight).cast(pl.Datetime("us", "UTC")) + pl.duration(hours=pl.lit(pl.Series(hours)))
        title = pl.when(retitled).then(pl.col("title") + " – new edition").otherwise(pl.col("title"))
        return self.words[at].select(
            self.ids.gather(at).alias("product_id"),
            title.alias("title"),
            "description",
            "brand",
            "categories",
            "tags",
            pl.Series("price", price),
            "in_stock",
            pl.lit(None, dtype=pl.Boolean).alias("removed"),
            pl.lit(None, dtype=pl.String).alias("replaced_by"),
            pl.lit(None, dtype=pl.String).alias("image_url"),
            pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("created_at"),
            updated.alias("updated_at"),
        )


def _complements(rng: np.random.Generator, leaf: Ints, leaf_start: Ints) -> Ints:
    """Two complements of each product from the leaves that complement its own."""
    number = {item.path: i for i, item in enumerate(LEAVES)}
    partners = np.array(
        [[number[item.complements[0]], number[item.complements[-1]]] for item in LEAVES], dtype=np.int64
    )[leaf]
    low, high = leaf_start[partners], leaf_start[partners + 1]
    first = rng.integers(low[:, 0], high[:, 0])
    second = rng.integers(low[:, 1], high[:, 1])
    # A second complement equal to the first moves on by one, where the leaf has another.
    moved = np.where(second + 1 < high[:, 1], second + 1, low[:, 1])
    return np.stack([first, np.where(second == first, moved, second)], axis=1)


def _compose(rng: np.random.Generator, leaf: Ints, noun: Ints) -> pl.DataFrame:
    """Texts of all products from the words of their leaves."""
    n = len(leaf)
    table = pl.DataFrame(
        {
            "path": [item.path for item in LEAVES],
            "second": [item.complements[0] for item in LEAVES],
            "department": [item.department for item in LEAVES],
            "nouns": [list(item.nouns) for item in LEAVES],
            "looks": [list(item.looks) for item in LEAVES],
            "features": [list(item.features) for item in LEAVES],
            "brands": [list(BRANDS[item.department]) for item in LEAVES],
        }
    )
    picks = pl.DataFrame(
        {
            "noun_at": noun,
            "look_at": rng.integers(0, 5, n),
            "feature_at": rng.integers(0, 4, n),
            "brand_at": rng.integers(0, 4, n),
            "colour": np.array(COLOURS)[rng.integers(0, len(COLOURS), n)],
            "in_two": rng.random(n) < 0.08,
            "in_stock": rng.random(n) < 0.95,
        }
    )
    brand, look, thing, feature = (pl.col(c) for c in ("brand", "look", "thing", "feature"))
    return (
        pl.concat([table[leaf], picks], how="horizontal")
        .with_columns(
            pl.col("nouns").list.get(pl.col("noun_at")).alias("thing"),
            pl.col("looks").list.get(pl.col("look_at")).alias("look"),
            pl.col("features").list.get(pl.col("feature_at")).alias("feature"),
            pl.col("brands").list.get(pl.col("brand_at")).alias("brand"),
        )
        .select(
            pl.format("{} {} {}, {}", brand, look, thing, feature).alias("title"),
            pl.format(
                "A {} {} by {} in {}. It comes {}. Part of our {} range for {}.",
                look,
                thing,
                brand,
                "colour",
                pl.when(feature.str.contains(r"^(with|for|from|in) ")).then(feature).otherwise("as " + feature),
                pl.col("path").str.split(" > ").list.last().str.to_lowercase(),
                pl.col("department").str.to_lowercase(),
            ).alias("description"),
            "brand",
            pl.when("in_two")
            .then(pl.concat_list("path", "second"))
            .otherwise(pl.concat_list("path"))
            .alias("categories"),
            pl.concat_list(look, thing.str.split(" ").list.last(), "colour").alias("tags"),
            "in_stock",
            thing.alias("query0"),
            pl.format("{} {}", look, thing).alias("query1"),
            pl.format("{} {}", thing, feature).alias("query2"),
            pl.format("{} {}", brand.str.to_lowercase(), thing).alias("query3"),
        )
    )
