"""A shop's database as its owner has it: other names, keys of all types, marks for what was deleted, an e-mail trial.

What is true of it, and what no shop ever sees: every other product is bought with its neighbour, visitors stay in a
category, and the e-mail makes customers below 35 buy, nobody else.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import adbc_driver_postgresql.dbapi
import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["CUSTOMERS", "GONE", "ITEMS", "YOUNG", "bought_with", "category_of", "fill", "item_no"]

CUSTOMERS, VISITS = 5_000, 6_000
YOUNG = 35
"""Years of age below which a customer is moved by the e-mail."""
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
MAILED = datetime(2026, 1, 20, 9, tzinfo=UTC)
NOUNS = (
    "table",
    "chair",
    "lamp",
    "shelf",
    "mirror",
    "carpet",
    "kettle",
    "teapot",
    "saucepan",
    "spade",
    "bucket",
    "hose",
)
ADJECTIVES = (
    *("oak", "white", "small", "folding", "antique", "blue", "heavy", "garden", "round", "striped"),
    *("steel", "green", "tall", "children's", "travel", "grey", "red", "wide", "corner", "simple"),
)
BY_THE_METRE = NOUNS.index("hose")
ITEMS = len(NOUNS) * len(ADJECTIVES)
GONE = frozenset(range(7, ITEMS, 40))
"""Products that were deleted in the middle of the month."""

Rows = list[dict[str, Any]]
Ints = NDArray[np.int64]


def item_no(item: int) -> str:
    """The number of an item, as the shop writes it."""
    return f"ITEM-{item:04}"


def category_of(item: int) -> int:
    """Items of one noun stand together."""
    return item // len(ADJECTIVES)


def bought_with(item: int) -> int:
    """The neighbour that goes into the cart with it."""
    return item ^ 1


def fill(uri: str, seed: int = 7) -> None:
    """Put a month of it into the tables, which exist and are empty."""
    rng = np.random.default_rng(seed)
    ages = rng.integers(18, 80, CUSTOMERS)
    customers = _customers(rng, ages)
    ids = [row["id"] for row in customers]
    sends = _sends(rng, ids)
    orders, lines = _orders(rng, ids, _buyers(rng, ages, sends))
    tables = {
        "customer": customers,
        "item": _items(rng),
        "email_send": sends,
        "sales_order": orders,
        "sales_order_line": lines,
        "refund": _refunds(rng, orders, lines),
        "web_log": _web_log(rng, ids),
    }
    with adbc_driver_postgresql.dbapi.connect(uri) as connection, connection.cursor() as cursor:
        for name, rows in tables.items():
            frame = pl.DataFrame(rows, infer_schema_length=None)
            cursor.adbc_ingest(f"staged_{name}", frame.to_arrow(), mode="create")
            cursor.execute(
                "SELECT column_name, udt_name FROM information_schema.columns "
                f"WHERE table_name = '{name}' ORDER BY ordinal_position"
            )
            cast = ", ".join(f'"{column}"::text::{kind}' for column, kind in cursor.fetchall())
            cursor.execute(f"INSERT INTO {name} SELECT {cast} FROM staged_{name}")
            cursor.execute(f"DROP TABLE staged_{name}")
        connection.commit()


def _customers(rng: np.random.Generator, ages: Ints) -> Rows:
    return [
        {
            "id": str(UUID(bytes=rng.bytes(16), version=4)),
            "born": date(2025 - int(age), 6, 15),
            "postcode": f"{rng.integers(1, 10)}{rng.integers(1000, 9999)}",
            "changed_at": FIRST - timedelta(days=1),
        }
        for age in ages
    ]


def _items(rng: np.random.Generator) -> Rows:
    rows = []
    for item in range(ITEMS):
        noun, adjective = NOUNS[category_of(item)], ADJECTIVES[item % len(ADJECTIVES)]
        rows.append(
            {
                "item_no": item_no(item),
                "label": f"{adjective.capitalize()} {noun}",
                "about": f"A {adjective} {noun} for every day.",
                "category": f"Everything > {noun.capitalize()}s",
                "price": f"{rng.uniform(5, 80):.2f}",
                "stock": int(rng.integers(1, 50)),
                "changed_at": datetime(2025, 12, 31),  # the shop's column has no zone
                "deleted_at": datetime(2026, 1, 15) if item in GONE else None,
            }
        )
    return rows


def _sends(rng: np.random.Generator, ids: list[str]) -> Rows:
    return [
        {
            "id": n,
            "customer": one,
            "sent_at": MAILED + timedelta(minutes=int(rng.integers(0, 1_440))),
            "mailing": "spring",
            "holdout": bool(rng.random() < 0.5),
        }
        for n, one in enumerate(ids)
    ]


def _buyers(rng: np.random.Generator, ages: Ints, sends: Rows) -> list[tuple[int, datetime]]:
    """Who buys and when: some in the weeks before, and within a week of the e-mail as its truth has it."""
    before = [
        (int(customer), FIRST + timedelta(minutes=int(rng.integers(0, 18 * 1_440))))
        for customer in rng.integers(0, CUSTOMERS, 2_500)
    ]
    after = []
    for customer, (age, send) in enumerate(zip(ages, sends, strict=True)):
        moved = age < YOUNG and not send["holdout"]
        if rng.random() < (0.28 if moved else 0.08):
            after.append((customer, send["sent_at"] + timedelta(minutes=int(rng.integers(30, 6 * 1_440)))))
    return before + after


def _orders(rng: np.random.Generator, ids: list[str], buyers: list[tuple[int, datetime]]) -> tuple[Rows, Rows]:
    orders, lines = [], []
    for number, (customer, placed_at) in enumerate(buyers, start=10_001):
        orders.append({"number": number, "customer": ids[customer], "placed_at": placed_at})
        item = int(rng.integers(0, ITEMS))
        bought = [item, bought_with(item)] if rng.random() < 0.5 else [item]
        if rng.random() < 0.2:
            bought.append(int(rng.integers(0, ITEMS)))
        for pos, one in enumerate(bought, start=1):
            lines.append(
                {
                    "order_number": number,
                    "pos": pos,
                    "item_no": item_no(one),
                    "qty": f"{rng.integers(4, 13) / 4 if category_of(one) == BY_THE_METRE else rng.integers(1, 3):.3f}",
                    "net_price": f"{rng.uniform(5, 80):.2f}",
                    "voided": bool(rng.random() < 0.02),
                }
            )
    return orders, lines


def _refunds(rng: np.random.Generator, orders: Rows, lines: Rows) -> Rows:
    """One line in thirty comes back, two days later and within the month."""
    placed = {row["number"]: row["placed_at"] for row in orders}
    rows = []
    for line in lines:
        at = placed[line["order_number"]] + timedelta(days=2)
        if line["voided"] or rng.random() > 1 / 30 or at.month > 1:
            continue
        amount = f"{float(line['net_price']) * float(line['qty']):.2f}"
        back = {name: line[name] for name in ("order_number", "pos", "qty")}
        rows.append({"id": len(rows) + 1, **back, "refunded_at": at, "amount": amount})
    return rows


def _web_log(rng: np.random.Generator, ids: list[str]) -> Rows:
    """Visits that stay in a category: some by guests, some that begin with a search, and hits of no interest."""
    rows: Rows = []

    def log(at: datetime, what: str, **payload: object) -> None:
        text = pl.DataFrame([payload]).write_ndjson().strip()
        rows.append({"id": len(rows) + 1, "at": at, "what": what, "payload": text})

    for visit in range(VISITS):
        at = FIRST + timedelta(minutes=int(rng.integers(0, 30 * 1_440 - 60)))
        customer = None if rng.random() < 0.4 else ids[int(rng.integers(0, CUSTOMERS))]
        who = {"customer": customer, "visit": f"v{visit}"}
        category = int(rng.integers(0, len(NOUNS)))
        if rng.random() < 0.3:
            words = NOUNS[category] if rng.random() < 0.5 else f"{rng.choice(ADJECTIVES)} {NOUNS[category]}"
            log(at, "find", **who, words=words)
        log(at, "ping", **who)
        for step in range(int(rng.integers(2, 8))):
            item = category * len(ADJECTIVES) + int(len(ADJECTIVES) * rng.beta(1, 2))
            when = at + timedelta(seconds=40 * (step + 1))
            log(when, "page", **who, item=item_no(item))
            if rng.random() < 0.08:
                log(when + timedelta(seconds=9), "cart", **who, item=item_no(item))
    return rows
