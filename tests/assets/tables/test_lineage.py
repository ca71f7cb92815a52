"""Columns of features and where they come from."""

import pytest

from assets.tables.lineage import column_lineage


@pytest.mark.parametrize(
    ("name", "table", "column", "origins"),
    [
        ("sessions", "sessions", "kind", ["events.kind"]),
        ("baskets", "baskets", "revenue", ["orders.quantity", "orders.unit_price"]),
        ("baskets", "baskets", "basket_id", ["orders.order_id"]),
        ("product_stats", "product_stats", "product_id", ["events.product_id", "orders.product_id"]),
        ("product_stats", "product_stats", "units_sold", ["orders.kind", "orders.quantity"]),
        ("searches", "searches", "query", ["events.query"]),
        ("user_features", "user_profiles", "avg_price_viewed", ["events.kind", "products.price"]),
        ("user_features", "ad_frame", "days_since_last_order", ["orders.ts"]),
    ],
)
def test_a_column_comes_from(name: str, table: str, column: str, origins: list[str]) -> None:
    """As the statement has it, through renames, joins and sums."""
    found = column_lineage(name, table).deps_by_column[column]
    assert [f"{of.asset_key.to_user_string()}.{of.column_name}" for of in found] == origins


def test_columns_that_come_from_no_table_are_left_out() -> None:
    """The instant that features are as of is given to the statement."""
    assert set(column_lineage("user_features", "user_profiles").deps_by_column) >= {"views_7d", "orders_in_history"}
    assert "day" not in column_lineage("user_features", "user_profiles").deps_by_column
