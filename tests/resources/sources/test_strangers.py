"""What people's files and databases really hold, read by both sources: ids of other types, times that are none."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from resources.contracts import CONTRACTS, Validated, validate
from resources.settings import Settings
from resources.shop import Shop, ShopError
from resources.sources import Source, SourceError, open_source
from resources.sources.files import Files
from resources.sources.postgres import Postgres
from tests.resources.sources.tiny_shop import open_tiny

DAY1, DAY2, END = (datetime(2026, 3, day, tzinfo=UTC) for day in (7, 8, 20))

Open = Callable[..., Source]


@pytest.fixture(params=["files", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """Both sources that are asked in SQL."""
    return str(request.param)


@pytest.fixture
def open_shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> Open:
    """Opens a shop of one table, whose query both dialects read."""
    source = f'kind = "files"\nfolder = "{tmp_path}"\n'
    if engine == "postgres":
        monkeypatch.setenv("TINY_URL", request.getfixturevalue("postgres_uri"))
        source = 'kind = "postgres"\nurl_env = "TINY_URL"\n'

    def opened(table: str, query: str, options: str = "") -> Source:
        kind = Postgres if engine == "postgres" else Files
        return open_tiny(kind, tmp_path, source, {table: query}, first_day="2026-03-01", options=options)

    return opened


@pytest.fixture
def open_orders(open_shop: Open) -> Open:
    """Opens a shop whose orders are rows (ts, user_id, quantity, unit_price)."""

    def opened(*rows: str, options: str = "") -> Source:
        query = (
            "SELECT 'o' || n AS order_id, 1 AS line, ts, 'sale' AS kind, user_id, 'p' AS product_id, quantity, "
            f"unit_price FROM (VALUES {', '.join(f'({n}, {row})' for n, row in enumerate(rows))}) "
            "AS t(n, ts, user_id, quantity, unit_price)"
        )
        return open_shop("orders", query, options)

    return opened


def read(source: Source, start: datetime = DAY1, end: datetime = DAY2) -> Validated:
    """The orders of a window under their contract."""
    return validate(CONTRACTS["orders"], pl.concat(source.read("orders", start, end)), origin="test")


ROW = "timestamp '2026-03-07 08:26', {user}, 1, 9.5"


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        (["17850.0::float8", "NULL", "13047.0::float8"], ["17850", None, "13047"]),
        (["17850::bigint", "13047::bigint"], ["17850", "13047"]),
        (["17850::numeric(10, 2)", "13047.00::numeric(10, 2)"], ["17850", "13047"]),
        (["12345678901234567890::numeric(38, 0)"], ["12345678901234567890"]),
        (["17850::smallint"], ["17850"]),
        (["' u1'", "'u1 '", "'u1'"], ["u1", "u1", "u1"]),
        (["CAST('u1' AS char(8))"], ["u1"]),
        (["CAST('00000000-0000-4000-8000-00000000000a' AS uuid)"], ["00000000-0000-4000-8000-00000000000a"]),
        (["'\"A7\"'::json", "'5'::json"], ["A7", "5"]),
        (["'NaN'", "'null'", "'None'", "''"], [None] * 4),
        (["'NaN'::float8", "3::float8"], [None, "3"]),
        (["123456789012345678901234567890::numeric(38, 0)", "5::numeric(38, 0)"], ["1234567890" * 3, "5"]),
        (["'17850.0'", "'17850'", "'-7.00'"], ["17850", "17850", "-7"]),
        (["'5.0'::json", "'5'::json", "'null'::json"], ["5", "5", None]),
    ],
)
def test_an_id_is_one_text_from_any_source(open_orders: Open, values: list[str], meant: list[str | None]) -> None:
    """Users of orders and users of users can be joined, whatever type each column has."""
    checked = read(open_orders(*(ROW.format(user=value) for value in values)))
    assert checked.quarantined.is_empty()
    assert checked.rows.sort("order_id")["user_id"].to_list() == meant


@pytest.mark.parametrize(
    "value",
    [
        "1.5::float8",
        "17850.01::numeric(10, 2)",
        "1.0000000001::numeric(20, 10)",
        "9007199254740993::float8",
        "16777217::float4",
    ],
)
def test_a_number_that_is_no_id_breaks_a_rule(open_orders: Open, value: str) -> None:
    """By name, in the quarantine; the row beside it is read."""
    checked = read(
        open_orders(ROW.format(user=value), ROW.format(user=value.replace(value.split("::", maxsplit=1)[0], "7")))
    )
    assert checked.rows["user_id"].to_list() == ["7"]
    (rules,) = checked.quarantined["rules"].to_list()
    assert rules[0].startswith("user_id|")


@pytest.mark.parametrize("text", ["07/03/2026 08:26", "March 7, 2026", "now", "20226-01-01", "0044-03-15 BC", "x", ""])
def test_text_that_is_no_iso_time_is_undated_in_every_window(open_orders: Open, text: str) -> None:
    """Nothing is guessed: the row comes with each window, into the quarantine, and the others are read."""
    source = open_orders(
        f"'{text}', 'u', 1, 9.5", "'2026-03-07 08:26', 'u', 1, 9.5", "'2026-03-08T00:00:00Z', 'u', 1, 9.5"
    )
    for start, end, orders in ((DAY1, DAY2, ["o1"]), (DAY2, END, ["o2"]), (DAY1, END, ["o1", "o2"])):
        checked = read(source, start, end)
        assert checked.rows["order_id"].to_list() == orders
        (row,) = checked.quarantined.to_dicts()
        assert (row["rules"], row["ts"]) == (["ts|dtype"], None)
        assert not text or text in row["row"]
    assert source.last_day_with_rows("orders") == DAY2


@pytest.mark.parametrize(
    "value",
    [
        "timestamp 'infinity'",
        "timestamp '-infinity'",
        "timestamp '20226-01-01 00:00'",
        "date '1754-08-30'",
        "date 'infinity'",
        "'0001-01-01'",
        "'2127-05-01 10:00'",
    ],
)
def test_a_time_out_of_range_is_undated_and_the_rest_is_read(open_orders: Open, value: str) -> None:
    """The newest day is that of a row that can be."""
    fine = "'2026-03-07 08:26'" if value.startswith("'") else "timestamp '2026-03-07 08:26'"
    source = open_orders(f"{value}, 'u', 1, 9.5", f"{fine}, 'u', 1, 9.5")
    checked = read(source)
    assert checked.rows["order_id"].to_list() == ["o1"]
    (row,) = checked.quarantined.to_dicts()
    assert (row["rules"], row["ts"]) == (["ts|out_of_range"], None)
    assert source.last_day_with_rows("orders") == DAY1


def test_a_row_of_the_future_is_undated_beyond_what_the_table_allows(open_orders: Open) -> None:
    """Two days by default: clocks differ by hours, not by years."""
    rows = "timestamp '2150-01-01 00:00', 'u', 1, 9.5", "timestamp '2026-03-07 08:26', 'u', 1, 9.5"
    checked = read(open_orders(*rows))
    assert (checked.rows["order_id"].to_list(), checked.quarantined["rules"].to_list()) == (
        ["o1"],
        [["ts|out_of_range"]],
    )
    source = open_orders(*rows, options="future_days = 100000\n")
    assert read(source).quarantined.is_empty()
    assert source.last_day_with_rows("orders") == datetime(2150, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "text", "wrong"),
    [
        ("%d/%m/%Y %H:%M", "07/03/2026 08:26", "2026-03-07 08:26"),
        ("%m/%d/%Y", "3/7/2026", "25/12/2026"),
        ("%Y%m%d", "20260307", "7.3.2026"),
    ],
)
def test_a_declared_format_is_read_and_no_other(open_orders: Open, written: str, text: str, wrong: str) -> None:
    """In the window, in the newest day and in the contract alike."""
    source = open_orders(f"'{text}', 'u', 1, 9.5", f"'{wrong}', 'u', 1, 9.5", options=f'time_format = "{written}"\n')
    checked = read(source)
    assert checked.rows["ts"].dt.date().to_list() == [DAY1.date()]
    assert wrong in checked.quarantined["row"].item()
    assert source.last_day_with_rows("orders") == DAY1


def test_a_format_that_cannot_be_read_is_named_before_anything_runs(open_orders: Open) -> None:
    """With table and directive."""
    with pytest.raises(ShopError, match=r"\[tables.orders\]: time_format '%d %b %Y' has '%b'; it may have %Y"):
        open_orders("'x', 'u', 1, 9.5", options='time_format = "%d %b %Y"\n')


@pytest.mark.parametrize("epoch", ["1772871960", "1772871960000::bigint", "1772871960.5::float8"])
def test_an_epoch_is_an_error_with_the_remedy(open_orders: Open, engine: str, epoch: str) -> None:
    """The query says what it counts and from when."""
    source = open_orders(f"{epoch}, 'u', 1, 9.5")
    remedy = r"epoch_ms\(ts\) of milliseconds" if engine == "files" else r"to_timestamp\(ts\) of seconds"
    for ask in (lambda: list(source.read("orders", DAY1, DAY2)), lambda: source.last_day_with_rows("orders")):
        with pytest.raises(SourceError, match=rf"its column 'ts' is .*, which is no time\..*{remedy}"):
            ask()


@pytest.mark.parametrize(
    ("value", "meant"),
    [("9.50::numeric(10, 2)", 9.5), ("'9.5'", 9.5), ("' 9.50 '", 9.5), ("9::bigint", 9.0), ("1e3::float8", 1000.0)],
)
def test_prices_of_any_numeric_type_are_read(open_orders: Open, value: str, meant: float) -> None:
    """As what the contract declares."""
    source = open_orders(f"timestamp '2026-03-07 08:26', 'u', 1, {value}")
    assert read(source).rows["unit_price"].to_list() == [meant]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("0.35::numeric(10, 3)", 0.35),
        ("0.35::float8", 0.35),
        ("1.5::float4", 1.5),
        ("'0.35'", 0.35),
        ("' 2.0 '", 2.0),
        ("2::bigint", 2.0),
        ("2::smallint", 2.0),
    ],
)
def test_quantities_may_have_fractions(open_orders: Open, value: str, meant: float) -> None:
    """Kilograms and metres, of any numeric type."""
    checked = read(open_orders(f"timestamp '2026-03-07 08:26', 'u', {value}, 9.5"))
    assert checked.quarantined.is_empty()
    assert checked.rows["quantity"].to_list() == [meant]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("0", "quantity_is_not_zero"),
        ("0.000::numeric(10, 3)", "quantity_is_not_zero"),
        ("-1", "quantity_is_not_negative"),
        ("-0.35::numeric(10, 3)", "quantity_is_not_negative"),
        ("'Infinity'::float8", "quantity|inf"),
        ("'NaN'::float8", "quantity|nan"),
        ("2e10::float8", "quantity_is_bounded"),
        ("'1,5'", "quantity|decimal_comma"),
        ("'1.5 kg'", "quantity|dtype"),
        ("NULL::float8", "quantity|nullability"),
    ],
)
def test_a_quantity_that_is_none_breaks_its_own_rule(open_orders: Open, value: str, rule: str) -> None:
    """Nothing, less than nothing, without end, and text that is no number are told apart."""
    checked = read(open_orders(f"timestamp '2026-03-07 08:26', 'u', {value}, 9.5"))
    assert checked.rows.is_empty()
    assert checked.quarantined["rules"].to_list() == [[rule]]


def test_money_is_read(open_orders: Open, engine: str) -> None:
    """PostgreSQL's own type of prices."""
    if engine == "files":
        pytest.skip("DuckDB has no such type")
    source = open_orders("timestamp '2026-03-07 08:26', 'u', 1, '1234.50'::money")
    assert read(source).rows["unit_price"].to_list() == [1234.5]


def test_a_decimal_comma_is_named(open_orders: Open) -> None:
    """The rule says what is wrong with the text."""
    source = open_orders("timestamp '2026-03-07 08:26', 'u', 1, '9,50'")
    assert read(source).quarantined["rules"].to_list() == [["unit_price|decimal_comma"]]


def test_files_of_mixed_types_read_together_have_one_kind_of_id(tmp_path: Path) -> None:
    """A number in one JSON-lines file, text in the other."""
    row = '"line": 1, "ts": "2026-03-07T08:26:00", "kind": "sale", "product_id": "p", "quantity": 1, "unit_price": 1'
    (tmp_path / "a.jsonl").write_text(f'{{"order_id": 1, "user_id": 5, {row}}}\n')
    (tmp_path / "b.jsonl").write_text(f'{{"order_id": "2", "user_id": "A7", {row}}}\n')
    (tmp_path / "shop.toml").write_text(
        f'name = "tiny"\nfirst_day = 2026-03-01\n[source]\nkind = "files"\nfolder = "{tmp_path}"\n'
        "[tables.orders]\nquery = \"SELECT * FROM read_json('{folder}/*.jsonl')\"\n"
    )
    shop = Shop.load(tmp_path / "shop.toml")
    source = open_source(shop, Settings.from_env({"UPSHELF_HOME": str(tmp_path / "home")}))
    assert read(source).rows.select("order_id", "user_id").rows() == [("1", "5"), ("2", "A7")]


@pytest.mark.parametrize("other", ["'infinity'::timestamp", "'-infinity'::date", "timestamptz '20226-01-01 00:00Z'"])
@pytest.mark.parametrize("name", ["assigned_at", "valid_until"])
def test_a_time_beside_that_of_the_row_is_quarantined_or_of_no_interest(open_shop: Open, name: str, other: str) -> None:
    """A column of the contract breaks its rule; one that no contract asks for is left alone."""
    query = (
        f"SELECT n AS exposure_id, timestamp '2026-03-07 08:26' AS ts, 'u' AS user_id, 'c' AS campaign_id, "
        f"'mail' AS arm, 0.5 AS propensity, 0.1 AS cost, CASE WHEN n = 1 THEN {other} END AS {name} "
        "FROM (VALUES (1), (2)) AS t(n)"
    )
    frame = pl.concat(open_shop("ad_exposures", query).read("ad_exposures", DAY1, DAY2))
    checked = validate(CONTRACTS["ad_exposures"], frame, origin="test")
    broken = ["1"] if name == "assigned_at" else []
    assert checked.rows["exposure_id"].to_list() == [one for one in ("1", "2") if one not in broken]
    assert checked.quarantined["rules"].to_list() == [["assigned_at|out_of_range"]] * len(broken)
