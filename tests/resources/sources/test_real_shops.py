"""The shops of the public data: every row accounted for, to the penny, and the same from files and PostgreSQL."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from resources.contracts import CONTRACTS, Validated, validate
from resources.settings import ROOT, Settings
from resources.shop import Shop
from resources.sources import open_source

pytestmark = pytest.mark.data
END = datetime(2100, 1, 1, tzinfo=UTC)


def data_file(name: str) -> Path:
    """A file of the public data; skips where it is missing."""
    path = Settings.from_env().data / name
    if not path.exists():
        pytest.skip(f"{path} is missing: set UPSHELF_DATA to the folder of the public data sets")
    return path


def canonical(toml: str, table: str) -> Validated:
    """All rows of a shop's table, validated."""
    source = open_source(Shop.load(ROOT / "shops" / toml), Settings.from_env())
    frames = list(source.read(table, None, END))
    return validate(CONTRACTS[table], pl.concat(frames), origin="test")


def signed_revenue(checked: Validated) -> float:
    """Sales less cancellations, quarantined rows by their own signs."""
    money = pl.DataFrame(
        checked.quarantined["row"].str.json_decode(
            pl.Struct({"kind": pl.String(), "quantity": pl.Float64(), "unit_price": pl.Float64()})
        )
    ).unnest("row")
    columns = [pl.col("kind"), pl.col("quantity").cast(pl.Float64), pl.col("unit_price")]
    both = pl.concat([checked.rows.select(columns), money.select(columns)])
    sign = pl.when(pl.col("kind") == "sale").then(1).otherwise(-1)
    total: float = both.select((sign * pl.col("quantity") * pl.col("unit_price")).sum()).item()
    return total


def test_online_retail_accounts_for_every_row_and_penny() -> None:
    """541,909 rows become orders or quarantine; their revenue is the file's."""
    data_file("online_retail/online_retail.parquet")
    orders = canonical("online_retail/shop.toml", "orders")
    assert orders.rows.height + orders.quarantined.height == 541_909
    assert orders.quarantined.height == 1_338
    assert orders.rows["kind"].value_counts(sort=True).rows() == [("sale", 531_283), ("cancellation", 9_288)]
    assert orders.rows["user_id"].null_count() + orders.quarantined.height == 135_080
    assert round(signed_revenue(orders), 2) == 9_747_747.93


def test_online_retail_products() -> None:
    """One row a stock code, known from its first appearance, under the title it is sold by."""
    data_file("online_retail/online_retail.parquet")
    products = canonical("online_retail/shop.toml", "products").rows
    assert products.height == products["product_id"].n_unique() == 4_070
    heart = products.filter(pl.col("product_id") == "85123A").row(0, named=True)
    assert heart["title"] == "WHITE HANGING HEART T-LIGHT HOLDER"
    assert heart["updated_at"] == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert heart["price"] == 2.95


@pytest.mark.slow
@pytest.mark.parametrize("table", ["orders", "products"])
def test_postgres_gives_the_same_rows(postgres_uri: str, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """The same rows in PostgreSQL give the same canonical table and quarantine."""
    path = data_file("online_retail/online_retail.parquet")
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(postgres_uri) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("online_retail", pl.read_parquet(path).to_arrow(), mode="replace")
        connection.commit()
    monkeypatch.setenv("UPSHELF_SOURCE_URL", postgres_uri)
    from_files, from_server = (canonical(f"online_retail/{f}.toml", table) for f in ("shop", "postgres"))
    assert_frame_equal(from_server.rows, from_files.rows, check_exact=True)
    assert_frame_equal(from_server.quarantined, from_files.quarantined, check_exact=True)


def test_hillstrom_is_the_womens_experiment() -> None:
    """Women's e-mail against none, with the visit rates of the file; nothing is quarantined."""
    path = data_file("hillstrom/hillstrom.parquet")
    tables = {t: canonical("hillstrom/shop.toml", t) for t in ("users", "ad_exposures", "events", "orders")}
    assert all(t.quarantined.height == 0 for t in tables.values())
    exposures = tables["ad_exposures"].rows
    assert dict(exposures["arm"].value_counts().iter_rows()) == {"womens-email": 21_387, "control": 21_306}
    visited = exposures.join(tables["events"].rows.select("user_id"), on="user_id", how="semi")
    share = {arm: (visited["arm"] == arm).sum() / (exposures["arm"] == arm).sum() for arm in set(exposures["arm"])}
    assert share == pytest.approx({"womens-email": 0.1514, "control": 0.1062}, abs=5e-5)
    raw = pl.read_parquet(path).filter(pl.col("segment") != "Mens E-Mail")
    assert tables["orders"].rows["unit_price"].sum() == pytest.approx(raw["spend"].sum())
    first = tables["users"].rows.row(0, named=True)
    assert {a["name"]: a["value"] for a in first["numeric"]} == raw.select(
        "recency", "history", "mens", "womens", "newbie"
    ).row(0, named=True)
    assert {a["name"]: a["value"] for a in first["categorical"]}["channel"] == raw["channel"][0]
