"""The simulated shop: a seeded generative model that yields the canonical tables and knows its own truth.

What belongs here: windows, days and the truth. The model is in `simulated_catalogue`, `simulated_people`,
`simulated_purchases`, `simulated_sessions` and `simulated_campaign`.

Each day is generated from (seed, day) and the static parameters of users and products alone, so any window gives
the same rows however it is cut, with the memory of one day.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import polars as pl

from resources.contracts import CONTRACTS
from resources.shop import SimulatedSource
from resources.sources.left_out import LeftOut
from resources.sources.simulated_campaign import BANNER_RATES, banner_rows, exposure_rows
from resources.sources.simulated_catalogue import Products
from resources.sources.simulated_people import TYPES, People
from resources.sources.simulated_purchases import RETURN_DELAYS_DAYS, Purchases, buy, order_rows
from resources.sources.simulated_sessions import event_rows
from resources.sources.source_error import SourceError
from resources.sources.user_attributes import pack_attributes

__all__ = ["SimulatedShop", "Truth"]

DAY = timedelta(days=1)
NUMERIC = ("age", "tenure_days", "discount_share", "mail_open_rate", "household_size")
CATEGORICAL = ("region", "channel")


@dataclass(frozen=True, slots=True)
class Truth:
    """What the simulated shop was made from. For tests and benchmarks only: no asset may read it."""

    effects: pl.DataFrame
    """user_id, p_control, p_treated (chance of a purchase within seven days), uplift (their difference), type."""
    banner_rates: pl.DataFrame
    """slot, banner_id, rate (true click rate)."""
    complements: pl.DataFrame
    """product_id, complement_id: what is bought along with a product, two rows a product."""


class SimulatedShop:
    """A `Source` of generated rows, deterministic by ``config.seed``.

    The first use draws the static parameters: about 150 bytes a user and 1 kB a product.
    """

    def __init__(self, config: SimulatedSource, first_day: date) -> None:
        self._config = config
        self._first_day = first_day
        self._origin = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
        self._recent: OrderedDict[int, Purchases] = OrderedDict()

    @cached_property
    def _products(self) -> Products:
        return Products.build(self._config.seed, self._config.products, self._config.days)

    @cached_property
    def _people(self) -> People:
        return People.build(self._config.seed, self._config.users, self._config.days)

    def read(self, table: str, start: datetime | None, end: datetime) -> Iterator[pl.DataFrame]:
        """Yield the rows of ``table`` with ``start <= time < end`` (see `Source.read`)."""
        contract = CONTRACTS.get(table)
        if contract is None:
            raise SourceError(
                "the simulated shop", f"it has no table '{table}'", f"Ask for one of {', '.join(sorted(CONTRACTS))}."
            )
        time = pl.col(contract.time)
        window = (time < end) if start is None else (time >= start) & (time < end)
        first = 0 if start is None else max(0, (start - self._origin) // DAY)
        stop = min(self._config.days, -((self._origin - end) // DAY))
        for frame in self._frames(table, first, stop):
            rows = frame.select(list(contract.columns)).filter(window)
            if rows.height:
                yield rows

    def describe(self, table: str) -> str:
        """The generator and its seed."""
        return f"simulated shop, seed {self._config.seed}, table {table}"

    def left_out(self, table: str) -> LeftOut:
        """Nothing: a table is read whole, or not at all."""
        return LeftOut()

    def last_day_with_rows(self, table: str) -> datetime | None:
        """Midnight (UTC) of the newest day that has rows of ``table``."""
        match table:
            case "products":
                day = self._products.last_change()
            case "users":
                day = int(self._people.joins.max())
            case "judgments" | "banners":
                return None
            case "ad_exposures":
                day = int(self._people.exposed.max())
                if day < 0:
                    return None
            case _:
                day = self._config.days - 1
        return self._origin + day * DAY

    def truth(self) -> Truth:
        """The parameters behind the logs. For tests and benchmarks only."""
        people, products = self._people, self._products
        n = len(people)
        everyone = pl.int_range(n, eager=True).to_numpy()
        pairs = pl.DataFrame(
            {
                "product_id": pl.concat([products.ids, products.ids]),
                "complement_id": products.ids.gather(products.complements.T.ravel()),
            }
        )
        return Truth(
            effects=pl.DataFrame(
                {
                    "user_id": people.ids(everyone),
                    "p_control": people.p_control,
                    "p_treated": people.p_treated,
                    "uplift": people.p_treated - people.p_control,
                    "type": pl.Series(TYPES).gather(people.kind.astype("int64")),
                }
            ),
            banner_rates=pl.DataFrame(
                [(slot, banner, rate) for slot, rates in BANNER_RATES.items() for banner, rate in rates.items()],
                schema={"slot": pl.String, "banner_id": pl.String, "rate": pl.Float64},
                orient="row",
            ),
            complements=pairs.unique().sort("product_id", "complement_id"),
        )

    def _frames(self, table: str, first: int, stop: int) -> Iterator[pl.DataFrame]:
        """Rows of the days ``first <= day < stop``, unfiltered."""
        if table == "products":
            yield from self._products.frames(self._first_day, first, stop)
        elif table in ("judgments", "banners"):
            return  # nobody has judged what it sells, and its banners are those of its log
        elif table == "users":
            for wide in self._people.frames(self._first_day, first, stop):
                yield pack_attributes(wide, NUMERIC, CATEGORICAL, self.describe("users"))
        else:
            for day in range(first, stop):
                midnight = pl.lit(self._origin + day * DAY).cast(pl.Datetime("us", "UTC"))
                # Those who are exposed in the course of a day were drawn as it began.
                drawn = {"assigned_at": midnight} if table == "ad_exposures" else {}
                yield self._day(table, day).with_columns(ts=midnight + pl.duration(microseconds="ts"), **drawn)

    def _day(self, table: str, day: int) -> pl.DataFrame:
        """Rows of a log on ``day``, with ``ts`` in microseconds since midnight."""
        seed, products, people = self._config.seed, self._products, self._people
        match table:
            case "orders":
                return order_rows(seed, products, people, self._purchases, day)
            case "ad_exposures":
                return exposure_rows(seed, people, day)
            case "banner_impressions":
                return banner_rows(seed, self._config.events_per_day, day)
            case _:
                bought = self._purchases(day)
                size = self._config.events_per_day
                return event_rows(seed, products, people, bought, events_per_day=size, day=day)

    def _purchases(self, day: int) -> Purchases:
        """The purchases of ``day``; those of the days that returns look back to are kept."""
        bought = self._recent.get(day)
        if bought is None:
            bought = self._recent[day] = buy(self._config.seed, self._products, self._people, day)
            while len(self._recent) > max(RETURN_DELAYS_DAYS) + 1:
                self._recent.popitem(last=False)
        return bought
