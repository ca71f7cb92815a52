"""A lake in which it is known who bought when: 100 users, of whom 20 buy in the window that ends on the last day."""

from datetime import UTC, datetime

import polars as pl

from resources.lake import Lake
from resources.tables import TABLES

__all__ = ["LAST", "USERS", "write_orders", "write_profiles"]

LAST = "2026-03-01"
USERS = [f"u{number:02}" for number in range(100)]


def write_orders(lake: Lake) -> None:
    """Everybody buys in January, u00 to u29 in the 28 days before the last week, u00 to u14 and u90 to u94 in it."""
    bought = [
        *((user, 1, 5) for user in USERS),
        *((user, 2, 10) for user in USERS[:30]),
        *((user, 2, 25) for user in [*USERS[:15], *USERS[90:95], "newcomer"]),
    ]
    rows = [
        {
            "order_id": f"{user}-{month}-{day}",
            "line": 1,
            "ts": datetime(2026, month, day, 12, tzinfo=UTC),
            "kind": "sale",
            "user_id": user,
            "product_id": "p",
            "quantity": 1.0,
            "unit_price": 50.0,
            "day": f"2026-{month:02}-{day:02}",
        }
        for user, month, day in bought
    ]
    lake.replace_partition("orders", _frame("orders", rows), "2026-01-01", LAST)


def write_profiles(lake: Lake, users: int = 100) -> None:
    """As of the last day: every third has bought, and users were last seen at different times."""
    rows = [
        {
            "user_id": f"u{number:02}",
            "orders_in_history": float(number % 3 == 0),
            "days_since_last_seen": float(number % 50),
            "numeric": [],
            "categorical": [{"name": "region", "value": "north" if number % 4 else "south"}],
            "day": LAST,
        }
        for number in range(users)
    ]
    lake.replace_partition("user_profiles", _frame("user_profiles", rows), LAST, LAST)


def _frame(table: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(TABLES[table]))
