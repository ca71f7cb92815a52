"""Orders of a MySQL shop: their query, their days, and what the contract makes of them."""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from resources.contracts import CONTRACTS, Validated, validate
from resources.sources.mysql import MySQL

__all__ = ["DAY1", "DAY2", "END", "OpenShop", "orders", "read"]

END = datetime(2100, 1, 1, tzinfo=UTC)
DAY1, DAY2 = datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)
ORDER = """
SELECT {id} AS order_id, 1 AS line, {ts} AS ts, 'sale' AS kind, {user} AS user_id, 'p' AS product_id,
    {quantity} AS quantity, {price} AS unit_price
"""

OpenShop = Callable[..., MySQL]


def orders(**values: str) -> str:
    """The query of one order."""
    usual = {"id": "'a'", "ts": "'2026-03-07 08:26'", "user": "'u'", "quantity": "1", "price": "9.5"}
    return ORDER.format(**(usual | values))


def read(source: MySQL, start: datetime = DAY1, end: datetime = DAY2) -> Validated:
    """The orders of a window under their contract."""
    return validate(CONTRACTS["orders"], pl.concat(source.read("orders", start, end)), origin="test")
