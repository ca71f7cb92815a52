"""A simulated shop and its rows."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from resources.contracts import CONTRACTS
from resources.shop import SimulatedSource
from resources.sources.simulated import SimulatedShop

FIRST = date(2026, 1, 1)
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 30
END = MIDNIGHT + timedelta(days=DAYS)
TABLES = [table for table in CONTRACTS if table not in ("judgments", "banners")]


def rows(shop: SimulatedShop, table: str, start: datetime | None = None, end: datetime = END) -> pl.DataFrame:
    """All rows of a window in one frame, sorted by key."""
    contract = CONTRACTS[table]
    return pl.concat([contract.empty(), *shop.read(table, start, end)]).sort(contract.key)


@pytest.fixture(scope="session")
def shop() -> SimulatedShop:
    """The default shop."""
    return SimulatedShop(SimulatedSource(), FIRST)


@pytest.fixture(scope="session")
def frame(shop: SimulatedShop) -> dict[str, pl.DataFrame]:
    """All its rows."""
    return {table: rows(shop, table) for table in TABLES}
