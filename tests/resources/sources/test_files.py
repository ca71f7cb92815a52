"""Files as a source: formats, windows, bad rows, and errors that name what to do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from resources.contracts import CONTRACTS, validate
from resources.sources import SourceError
from resources.sources.files import BATCH_ROWS, Files
from tests.resources.sources.tiny_shop import open_tiny

END = datetime(2100, 1, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {
        "order_id": ["1", "2", "3"],
        "line": [1, 1, 1],
        "ts": ["2026-01-01T00:00:00", "2026-01-01T23:59:59.999999", "2026-01-02T00:00:00"],
        "kind": ["sale"] * 3,
        "product_id": ["lamp"] * 3,
        "quantity": [1, 2, 3],
        "unit_price": [9.5, 9.5, 9.5],
    }
)
TYPED = ORDERS.with_columns(pl.col("ts").str.to_datetime(time_unit="us"))
DAY1, DAY2 = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)

OpenShop = Callable[..., Files]


@pytest.fixture
def open_shop(tmp_path: Path) -> OpenShop:
    """Opens a shop whose tables have the given queries, on files under the test's folder."""

    def opened(folder: Path = tmp_path, extra: str = "", **queries: str) -> Files:
        return open_tiny(Files, tmp_path, f'kind = "files"\nfolder = "{folder}"\n', queries, extra=extra)

    return opened


def ids(source: Files, start: datetime | None, end: datetime) -> list[str]:
    """Ids of the orders in a window, sorted."""
    return sorted(str(i) for frame in source.read("orders", start, end) for i in frame["order_id"])


@pytest.mark.parametrize(
    ("write", "query"),
    [
        (ORDERS.write_csv, "FROM read_csv('{folder}/orders')"),
        (ORDERS.write_csv, "FROM read_csv('{folder}/orders', all_varchar = true)"),
        (ORDERS.write_ndjson, "FROM read_json('{folder}/orders')"),
        (TYPED.write_parquet, "FROM read_parquet('{folder}/orders')"),
        (
            TYPED.with_columns(pl.col("ts").dt.replace_time_zone("UTC")).write_parquet,
            "FROM read_parquet('{folder}/orders') -- no window\n;",
        ),
        (
            TYPED.write_parquet,
            "FROM read_parquet('{folder}/orders') WHERE ts::TIMESTAMPTZ >= {start} AND ts::TIMESTAMPTZ < {end}",
        ),
    ],
    ids=["csv", "csv as text", "jsonl", "parquet", "parquet with zone", "window in the query"],
)
def test_formats_agree(tmp_path: Path, open_shop: OpenShop, write: Callable[[Path], None], query: str) -> None:
    """CSV, JSONL and Parquet give the same canonical rows; days are half-open and naive times are UTC."""
    write(tmp_path / "orders")
    source = open_shop(orders=query)
    assert ids(source, DAY1, DAY2) == ["1", "2"]
    assert ids(source, DAY2, END) == ["3"]
    assert ids(source, None, DAY1) == []
    assert source.last_day_with_rows("orders") == DAY2
    checked = validate(CONTRACTS["orders"], pl.concat(source.read("orders", None, END)), origin="test")
    expected = TYPED.with_columns(pl.col("ts").dt.replace_time_zone("UTC"), user_id=pl.lit(None, pl.String))
    assert checked.quarantined.height == 0
    assert checked.rows.to_dicts() == expected.select(checked.rows.columns).to_dicts()


def test_bad_rows_reach_the_quarantine(tmp_path: Path, open_shop: OpenShop) -> None:
    """A bad number and a bad time are quarantined as they stand; times with offsets count in UTC."""
    (tmp_path / "orders.csv").write_text(
        "order_id,line,ts,kind,product_id,quantity,unit_price\n"
        "a,1,yesterday,sale,lamp,1,9.5\n"
        "b,1,2026-01-01T10:00:00Z,sale,lamp,two,9.5\n"
        "c,1,2026-01-02T01:00:00+02:00,sale,lamp,3,9.5\n"
        "d,1,2026-01-02 00:00:00,sale,lamp,4,9.5\n"
    )
    source = open_shop(orders="FROM read_csv('{folder}/orders.csv', all_varchar = true)")
    frame = pl.concat(source.read("orders", DAY1, DAY2))
    checked = validate(CONTRACTS["orders"], frame, origin=source.describe("orders"))
    assert checked.rows.select("order_id", "ts", "quantity").rows() == [("c", datetime(2026, 1, 1, 23, tzinfo=UTC), 3)]
    broken = checked.quarantined
    assert broken.height == 2
    assert "yesterday" in broken["row"][0]
    assert "two" in broken["row"][1]
    assert all("ts" in rule for rule in broken["rules"][0])
    assert all("quantity" in rule for rule in broken["rules"][1])
    # A row without a time comes with every window; the caller quarantines it once.
    assert ids(source, DAY2, END) == ["a", "d"]


def test_frames_are_bounded(open_shop: OpenShop) -> None:
    """Many rows come in several frames, none above the limit."""
    query = (
        "SELECT i::VARCHAR AS order_id, 1 AS line, TIMESTAMP '2026-01-01' AS ts, 'sale' AS kind, 'lamp' AS product_id, "
        f"1 AS quantity, 1.0 AS unit_price FROM range({3 * BATCH_ROWS}) AS t(i)"
    )
    heights = [frame.height for frame in open_shop(orders=query).read("orders", None, END)]
    assert sum(heights) == 3 * BATCH_ROWS
    assert max(heights) <= BATCH_ROWS


def test_users_are_packed(open_shop: OpenShop) -> None:
    """Wide attribute columns become the contract's two lists."""
    query = "SELECT 'u' AS user_id, DATE '2026-01-01' AS updated_at, 41 AS age, 'north' AS region"
    attributes = '[user_attributes]\nnumeric = ["age"]\ncategorical = ["region"]\n'
    (frame,) = open_shop(extra=attributes, users=query).read("users", None, END)
    (row,) = validate(CONTRACTS["users"], frame, origin="test").rows.to_dicts()
    assert row["updated_at"] == DAY1
    assert row["numeric"] == [{"name": "age", "value": 41.0}]
    assert row["categorical"] == [{"name": "region", "value": "north"}]
    missing = '[user_attributes]\nnumeric = ["income"]\n'
    with pytest.raises(SourceError, match=r"tiny.*\['income'\]"):
        list(open_shop(extra=missing, users=query).read("users", None, END))


def test_no_rows(open_shop: OpenShop) -> None:
    """An empty table yields no frame and has no last day."""
    source = open_shop(orders="SELECT NULL::TIMESTAMP AS ts WHERE false")
    assert list(source.read("orders", None, END)) == []
    assert source.last_day_with_rows("orders") is None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("FROM read_csv('{folder}/nowhere.csv')", r"'orders'.*nowhere\.csv(.|\n)*UPSHELF_DATA"),
        ("SELEC 1", r"'orders'.*syntax error(.|\n)*DuckDB dialect"),
        ("SELECT nope FROM range(3)", r"nope(.|\n)*DuckDB dialect"),
        ("SELECT 1 AS line", r"no column 'ts', only \['line'\]"),
        ("SELECT CAST('two' AS INT) AS line, TIMESTAMP '2026-01-01' AS ts", r"two(.|\n)*try_cast"),
        (
            "SELECT TIMESTAMP '2026-01-01' AS ts, (CASE i WHEN 900000 THEN 'two' ELSE i::VARCHAR END)::INT AS line "
            "FROM range(1000000) AS t(i)",
            r"two(.|\n)*try_cast",
        ),
    ],
)
def test_errors_name_table_problem_and_remedy(open_shop: OpenShop, query: str, message: str) -> None:
    """Whatever DuckDB says reaches the reader with the table and what to do."""
    with pytest.raises(SourceError, match=message):
        list(open_shop(orders=query).read("orders", DAY1, DAY1 + timedelta(days=1)))


def test_undeclared_table_and_quoted_folder(tmp_path: Path, open_shop: OpenShop) -> None:
    """A table that the shop lacks, and a folder that could end an SQL string, are refused."""
    with pytest.raises(SourceError, match=r"declares no table 'events'.*\[tables\.events\]"):
        list(open_shop(orders="SELECT 1").read("events", None, END))
    with pytest.raises(SourceError, match="single quote"):
        open_shop(folder=tmp_path / "it's", orders="SELECT 1")


def test_missing_extension_names_the_remedy(
    tmp_path: Path, open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files on the web need DuckDB's httpfs, which is not fetched behind the user's back."""
    monkeypatch.setenv("HOME", str(tmp_path))
    source = open_shop(orders="FROM read_parquet('https://localhost/orders.parquet')")
    with pytest.raises(SourceError, match=r"httpfs(.|\n)*Install the extension once"):
        list(source.read("orders", DAY1, DAY2))


def write_orders(file: Path, times: list[str]) -> None:
    """Orders of these times, as CSV."""
    rows = "".join(f"{n},1,{time},sale,lamp,1,9.5\n" for n, time in enumerate(times))
    file.write_text(f"order_id,line,ts,kind,product_id,quantity,unit_price\n{rows}")


@pytest.mark.parametrize(
    "query",
    [
        "FROM read_csv('{folder}/o.csv')",
        "SELECT o.* FROM '{folder}/o.csv'",
        "SELECT * REPLACE (t AS ts) FROM (SELECT *, ts AS t FROM read_csv('{folder}/o.*') AS o(order_id, line, ts))",
    ],
)
@pytest.mark.parametrize(
    ("written", "times"),
    [
        ("%m/%d/%Y %H:%M:%S", ["01/01/2026 08:26:01", "01/02/2026 09:00:00"]),
        ("%m/%d/%Y %H:%M:%S", ["01/01/2026 08:26:01", "01/02/2026 09:00:00", "01/25/2025 10:00:00"]),
        ("%m/%d/%Y", ["01/01/2026", "01/02/2026"]),
        ("%d.%m.%Y", ["01.01.2026", "02.01.2026"]),
        ("%d.%m.%Y %H:%M", ["01.01.2026 10:00", "02.01.2026 10:00"]),
        ("%d-%m-%y", ["01-01-26", "02-01-26"]),
    ],
)
def test_no_order_of_day_and_month_is_guessed(
    tmp_path: Path, open_shop: OpenShop, query: str, written: str, times: list[str]
) -> None:
    """The declared order is read, in windows and in the newest day; without one the rows are undated."""
    write_orders(tmp_path / "o.csv", times)
    bare = open_shop(orders=query)
    checked = validate(CONTRACTS["orders"], pl.concat(bare.read("orders", DAY1, END)), origin="test")
    assert checked.rows.is_empty()
    assert {tuple(rules) for rules in checked.quarantined["rules"]} == {("ts|dtype",)}
    assert bare.last_day_with_rows("orders") is None
    declared = open_shop(extra=f'[tables.orders]\ntime_format = "{written}"\nquery = """{query}"""\n')
    assert ids(declared, DAY1, DAY2) == ["0"]
    assert ids(declared, DAY2, END) == ["1"]
    assert declared.last_day_with_rows("orders") == DAY2


@pytest.mark.parametrize(
    "clock", ["", " 08:26", " 08:26:01", "T08:26:01", "T08:26:01.25", "T08:26:01Z", " 08:26:01+02"]
)
def test_iso_times_are_read_from_csv(tmp_path: Path, open_shop: OpenShop, clock: str) -> None:
    """As dates, timestamps with and without a zone, and text beside what is none."""
    write_orders(tmp_path / "o.csv", [f"2026-01-01{clock}", f"2026-01-02{clock}"])
    write_orders(tmp_path / "odd.csv", [f"2026-01-01{clock}", f"2026-01-02{clock}", "soon"])
    for name, odd in (("o", []), ("odd", ["2"])):
        source = open_shop(orders="FROM read_csv('{folder}/" + name + ".csv')")
        assert ids(source, DAY1, DAY2) == ["0", *odd]
        assert source.last_day_with_rows("orders") == DAY2


def test_a_local_time_may_be_given_its_zone(tmp_path: Path, open_shop: OpenShop) -> None:
    """Times without a zone are still timestamps in a query, beside a column of dates in another order."""
    (tmp_path / "o.csv").write_text("order_id,paid,born\n1,2026-01-02 00:30:00,01/02/1990\n")
    query = "SELECT order_id, paid AT TIME ZONE 'Europe/Berlin' AS ts, born AS kind FROM read_csv('{folder}/o.csv')"
    (frame,) = open_shop(orders=query).read("orders", DAY1, DAY2)
    assert frame.select("ts", "kind").row(0) == (datetime(2026, 1, 1, 23, 30, tzinfo=UTC), "01/02/1990")


@pytest.mark.parametrize(
    "options",
    [", types = {{'ts': 'TIMESTAMP', 'line': 'BIGINT'}}", ", dtypes = {{'line': 'BIGINT'}}", ", header = true"],
)
def test_options_of_a_reader_stay(tmp_path: Path, open_shop: OpenShop, options: str) -> None:
    """Types of other columns hold; an order that the reader is told is no guess."""
    write_orders(tmp_path / "o.csv", ["01/02/2026 08:26:01"])
    query = "FROM read_csv('{folder}/o.csv'" + options.replace("{{", "{").replace("}}", "}")
    (frame,) = open_shop(orders=query + ")").read("orders", DAY1, END)
    assert frame.schema["line"] == pl.Int64()
    assert frame["ts"].null_count() == 1
    told = open_shop(orders=query + ", timestampformat = '%d/%m/%Y %H:%M:%S')")
    assert told.last_day_with_rows("orders") == datetime(2026, 2, 1, tzinfo=UTC)


def test_json_times_are_not_guessed(tmp_path: Path, open_shop: OpenShop) -> None:
    """Its reader guesses too."""
    for day, newest in (("02-01-2026", None), ("2026-01-02", DAY2), ("2026-01-02T10:00:00", DAY2)):
        (tmp_path / "o.jsonl").write_text(f'{{"order_id": 1, "ts": "{day}"}}\n')
        assert open_shop(orders="FROM read_json('{folder}/o.jsonl')").last_day_with_rows("orders") == newest


def test_json_of_mixed_types_loses_its_quotation_marks(tmp_path: Path, open_shop: OpenShop) -> None:
    """Text beside numbers, and lists beside text."""
    (tmp_path / "p.jsonl").write_text(
        '{"product_id": 1, "title": "blue chair 37", "categories": ["A > B", " C "], "brand": 7, "price": "2.5"}\n'
        '{"product_id": 2.0, "title": 1984, "categories": "A > B", "brand": "Acme", "price": 3}\n'
    )
    known = "'yes'::ENUM('yes', 'no') AS in_stock, DATE '2026-01-01' AS updated_at"
    query = f"SELECT *, {known} FROM read_json('{tmp_path}/p.jsonl')"
    frame = pl.concat(open_shop(products=query).read("products", DAY1, DAY2))
    rows = validate(CONTRACTS["products"], frame, origin="test").rows
    assert rows.select("product_id", "title", "categories", "brand", "price", "in_stock").rows() == [
        ("1", "blue chair 37", ["A > B", "C"], "7", 2.5, True),
        ("2", "1984", ["A > B"], "Acme", 3.0, True),
    ]


def test_enums_are_read_as_their_text(open_shop: OpenShop) -> None:
    """Not as the numbers that they are kept as."""
    query = (
        "SELECT 'o' AS order_id, 1 AS line, DATE '2026-01-01' AS ts, 'sale'::ENUM('return', 'sale') AS kind, "
        "'p' AS product_id, '12'::ENUM('7', '12') AS quantity, '2.5'::ENUM('1', '2.5') AS unit_price"
    )
    frame = pl.concat(open_shop(orders=query).read("orders", DAY1, DAY2))
    rows = validate(CONTRACTS["orders"], frame, origin="test").rows
    assert rows.select("kind", "quantity", "unit_price").rows() == [("sale", 12.0, 2.5)]
