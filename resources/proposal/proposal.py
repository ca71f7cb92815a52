"""All of a proposal: the tables, the first day and the currency, from what a reader sees."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from resources.contracts.times import TimeFormat
from resources.proposal.entities import Orders, find_orders, find_products, find_returns, find_users
from resources.proposal.fields import Field, choose
from resources.proposal.looking.catalogue import Reader, Table
from resources.proposal.references import Entity
from resources.proposal.tables.events import guess_events
from resources.proposal.tables.exposures import Exposures, guess_exposures
from resources.proposal.tables.guess import TableGuess
from resources.proposal.tables.money import Prices
from resources.proposal.tables.orders import guess_orders
from resources.proposal.tables.price_evidence import with_evidence
from resources.proposal.tables.products import guess_products
from resources.proposal.tables.returns import add_returns
from resources.proposal.tables.users import guess_users

__all__ = ["Proposal", "propose"]

_CURRENCY = Field((("currency", 0.9), ("currency id", 0.9)), frozenset({"text"}), frozenset({"price"}))
_EARLIEST = date(2000, 1, 1)
_DAYS = 90


@dataclass(slots=True)
class Proposal:
    """What a ``shop.toml`` is written from."""

    tables: list[TableGuess]
    first_day: date
    first_day_reason: str
    currency: str
    currency_reason: str
    numeric: list[str]
    categorical: list[str]
    exposures: Exposures
    looked_at: int
    """Tables that were looked at."""
    unused: list[str] = field(default_factory=list)
    """Tables that stand in no query."""
    unread: list[str] = field(default_factory=list)
    """Why others could not be looked at."""

    @property
    def found(self) -> list[TableGuess]:
        """Tables that have a query."""
        return [table for table in self.tables if table.selects]


def propose(
    reader: Reader, *, currency: str | None = None, prices: Prices = "unknown", today: date | None = None
) -> Proposal:
    """Look at all tables, and guess.

    Args:
        reader: Of the files or the database.
        currency: Of all prices, where the user says so.
        prices: What prices that are whole numbers are in.
        today: The day on which the look is taken (default: the clock's).

    Raises:
        SourceError: If nothing can be read.
    """
    catalogue = reader.catalogue()
    tables = catalogue.tables
    products = find_products(tables)
    product = products.entity if products else None
    users = find_users(tables, product)
    user = users.entity if users else None
    known = [entity for entity in (product, user) if entity]
    orders = find_orders(reader, tables, known, product)
    taken = [*(entity.table for entity in known), *_of_orders(orders)]
    ordered = guess_orders(orders, reader, product, user, prices)
    returned = find_returns(tables, taken)
    add_returns(ordered, orders, returned, reader, product, user, prices)
    others = [table for table in tables if not any(table is one for one in [*taken, *returned])]
    exposures = guess_exposures(others, reader, user)
    sent = {select.source.rsplit(" AS ", 1)[0] for select in exposures.guess.selects}
    logged = guess_events([table for table in others if table.source not in sent], reader, product, user)
    first_day, why = _first_day(reader, [ordered, logged], today or date.today())
    people, (numeric, categorical) = guess_users(users, reader, first_day.isoformat())
    catalogued = guess_products(products, tables, reader, first_day.isoformat(), prices)
    if orders and product:
        _compare_prices(ordered, orders, product, catalogued, reader)
    money, told = _currency([*_of_orders(orders), *([product.table] if product else [])], currency)
    return Proposal(
        [catalogued, people, ordered, logged, exposures.guess],
        first_day, why, money, told, numeric, categorical, exposures, len(tables),
        _unused(tables, [catalogued, people, ordered, logged, exposures.guess]), catalogue.unread,
    )  # fmt: skip


def _compare_prices(
    ordered: TableGuess, orders: Orders, products: Entity, catalogued: TableGuess, reader: Reader
) -> None:
    """Let the products' prices judge those of the order lines."""
    select = ordered.selects[0]
    price, quantity = select.of("unit_price"), select.of("quantity")
    if price and quantity:
        place = select.columns.index(price)
        select.columns[place] = with_evidence(
            price, quantity.sql, f"{orders.lines.source} AS l", orders.product, products, catalogued.selects[0], reader
        )


def _of_orders(orders: Orders | None) -> list[Table]:
    if orders is None:
        return []
    return [orders.lines, *([orders.header.table] if orders.header else [])]


def _unused(tables: Sequence[Table], guesses: Sequence[TableGuess]) -> list[str]:
    selects = [select for guess in guesses for select in guess.selects]
    said = " ".join([*(one.sql for select in selects for one in select.columns), *(one.source for one in selects)])
    return [table.name for table in tables if f"{table.source} AS " not in said]


def _first_day(reader: Reader, guesses: Sequence[TableGuess], today: date) -> tuple[date, str]:
    """The first day that orders or events have, and where that is from."""
    days: list[tuple[date, str]] = []
    for guess in guesses:
        for select in guess.selects:
            time = select.of("ts")
            if time is None:
                continue
            if "time_format" in guess.keys:
                days += _of_texts(reader, guess, time.sql, select.source)
                continue
            moment = f"CAST({time.sql} AS timestamp)"
            since = f"FROM {select.source} WHERE {moment} >= '{_EARLIEST}'"
            sql = f"SELECT CAST(CAST(min({moment}) AS date) AS varchar) {since}"
            for (day,) in reader.ask(sql):
                if day is not None:
                    days.append((date.fromisoformat(str(day)[:10]), f"the first of {guess.table}"))
    if not days:
        return today - timedelta(days=_DAYS), "LOOK: no time tells the first day"
    return min(days)


def _of_texts(reader: Reader, guess: TableGuess, sql: str, source: str) -> list[tuple[date, str]]:
    """The first day of a time that is written in a format of its own."""
    form = TimeFormat.of(guess.keys["time_format"])
    found = []
    for (text,) in reader.ask(f"SELECT DISTINCT left(CAST({sql} AS varchar), 10) FROM {source}"):
        match = re.match(TimeFormat.of(guess.keys["time_format"].split(" ")[0]).pattern, str(text))
        if match:
            iso = match.expand(form.iso.split(" ")[0])
            found.append("-".join(part.zfill(2) for part in iso.split("-")))
    return [(date.fromisoformat(min(found)), f"the first of {guess.table}")] if found else []


def _currency(tables: Sequence[Table], given: str | None) -> tuple[str, str]:
    if given:
        return given, "you said so"
    for table in tables:
        chosen = choose(table, _CURRENCY, accept=lambda column: all(len(value.strip()) == 3 for value in column.values))
        if chosen is None:
            continue
        codes = sorted({value.strip().upper() for value in chosen.column.values})
        if len(codes) == 1:
            return codes[0], f"all of {table.name}.{chosen.column.name} that was looked at"
        return codes[0], f"LOOK: {table.name}.{chosen.column.name} has {', '.join(codes)}, and nothing is converted"
    return "EUR", "LOOK: no column says so"
