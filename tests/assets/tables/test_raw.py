"""A raw table as the UI shows it: the newest rows that broke the contract, with the rules in words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from assets.tables.raw import RAW_TABLES
from resources.lake import Lake
from resources.settings import Settings
from resources.shop import Shop
from resources.sources import open_source
from resources.store import Store
from resources.store.product_updates import ProductUpdates
from tests.assets.one_asset import run

PRODUCTS = next(table for table in RAW_TABLES if table.name == "products")
ORDERS = next(table for table in RAW_TABLES if table.name == "orders")
SHOP = """
name = "rows"
first_day = 2026-01-01
last_day = 2026-01-02
quarantine_limit = 0.5

[source]
kind = "files"

[tables.orders]
query = '''
SELECT 'o' || n AS order_id, {line} AS line, TIMESTAMP '2026-01-01 10:00' + n * INTERVAL 1 HOUR AS ts, 'sale' AS kind,
       'p' AS product_id, 1 AS quantity, 2.5 AS unit_price
FROM range(20) AS t(n)
'''
"""


def materialised(home: Path, line: str) -> dict[str, dg.MetadataValue]:
    """Metadata of the orders of both days, where ``line`` is a line's number."""
    file = home / "shop.toml"
    file.write_text(SHOP.format(line=line))
    shop = Shop.load(file)
    settings = Settings.from_env({"UPSHELF_HOME": str(home)})
    more = {"source": open_source(shop, settings), "store": Store(settings.store_url)}
    result = run(ORDERS, "2026-01-01", "2026-01-02", home=home, shop=shop, **more)
    event = result.get_asset_materialization_events()[-1]  # one a day, all alike
    return dict(event.materialization.metadata)


@pytest.mark.parametrize(("line", "broken"), [("1", 0), ("CASE WHEN n < 8 THEN 0 ELSE 1 END", 8)])
def test_quarantined_rows_are_shown_newest_first(tmp_path: Path, line: str, broken: int) -> None:
    """At most five of them; where there is none there is no table."""
    metadata = materialised(tmp_path, line)
    assert metadata["quarantined_rows"].value == broken
    assert metadata["rules_broken"].value == ({"line must be at least 1": broken} if broken else {})
    if not broken:
        assert "quarantine" not in metadata
        return
    shown = metadata["quarantine"]
    assert isinstance(shown, dg.TableMetadataValue)
    rows = [dict(record.data) for record in shown.records]
    assert [str(row["ts"])[11:16] for row in rows] == ["17:00", "16:00", "15:00", "14:00", "13:00"]
    assert {row["rules"] for row in rows} == {"line must be at least 1"}
    assert all('"line": 0' in str(row["row"]) and "query of 'orders'" in str(row["origin"]) for row in rows)


def test_what_the_api_was_told_of_products_is_in_the_partition_of_its_day(tmp_path: Path) -> None:
    """Completed from the shop's own row of the same day; what arrived on the day after is not there."""
    file = tmp_path / "shop.toml"
    row = "SELECT 'p' AS product_id, 'Lamp' AS title, 2.5 AS price, true AS in_stock, TIMESTAMP '2026-01-01 08:00' AS"
    query = f"{row} updated_at"
    file.write_text(SHOP.format(line="1") + f'[tables.products]\nquery = """{query}"""\n')
    shop = Shop.load(file)
    settings = Settings.from_env({"UPSHELF_HOME": str(tmp_path)})
    store = Store(settings.store_url)
    told = ProductUpdates(store.engine)
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    told.record([("p", {"price": 3.5}, noon), ("n", {"title": "New", "hidden": True}, noon)], noon)
    told.record([("p", {"in_stock": False}, noon)], noon + timedelta(days=1))
    more = {"source": open_source(shop, settings), "store": store}
    result = run(PRODUCTS, "2026-01-01", "2026-01-01", home=tmp_path, shop=shop, **more)
    event = result.get_asset_materialization_events()[-1]
    assert event.materialization.metadata["updated_by_the_api"].value == 2
    rows = Lake(settings.lake_url).read("products").sort("product_id", "updated_at")
    assert rows.select("product_id", "title", "price", "in_stock", "removed").rows() == [
        ("n", "New", None, True, True),
        ("p", "Lamp", 2.5, True, None),
        ("p", "Lamp", 3.5, True, None),
    ]
