"""``upshelf check`` on shops that are broken in one way each: what it says, word for word, and its exit code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands.main import main
from tests.commands.breaks import other_ids, returned
from tests.commands.broken_shops import BROKEN
from tests.commands.shop_files import ShopFiles


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShopFiles:
    """A sound shop in a folder, and a home of its own."""
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("UPSHELF_SHOP", raising=False)
    (tmp_path / "shop").mkdir()
    return ShopFiles(tmp_path / "shop")


def check(shop: ShopFiles, *options: str) -> Result:
    """Run the command on the saved shop."""
    return CliRunner().invoke(main, ["check", str(shop.save()), *options], catch_exceptions=False)


def test_a_good_shop_says_what_it_found(shop: ShopFiles) -> None:
    """Rows, days, joins and the experiment, and nothing is written."""
    done = check(shop)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "  shop 'broken' (files), from 2026-01-01 to 2026-01-20",
        "  products: 30 rows, 2026-01-01 to 2026-01-01",
        "  events: 600 rows, 2026-01-01 to 2026-01-20",
        "  orders: 700 rows, 2026-01-01 to 2026-01-20",
        "  users: 200 rows, 2026-01-01 to 2026-01-01",
        "  ad_exposures: 200 rows, 2026-01-11 to 2026-01-11",
        "  200 of 200 user_id of orders are among the 200 of users",
        "  200 of 200 user_id of ad_exposures are among the 200 of users",
        "  200 of 200 user_id of ad_exposures are among the 200 of orders",
        "  200 of 200 user_id of events are among the 200 of orders",
        "  200 of 200 user_id of events are among the 200 of users",
        "  30 of 30 product_id of orders are among the 30 of products",
        "  30 of 30 product_id of events are among the 30 of products",
        "  not declared: banner_impressions, judgments, banners",
        "  experiment: 100 users in 'control', 100 contacted; 20.00% responded without a contact within 3 days; an "
        "effect of 14.08% of the users shows in 80% of cases",
        f"✓ nothing is wrong with {shop.folder / 'shop.toml'}",
    ]
    assert not (shop.folder.parent / "home").exists()


def test_each_of_several_campaigns_is_looked_at(shop: ShopFiles) -> None:
    """One that has not begun is told, and stops nothing."""
    shop.head = shop.head.replace("[campaign]", "[campaigns.summer]\n[campaigns.spring]")
    done = check(shop)
    assert done.exit_code == 0
    assert "  experiment: spring: 100 users in 'control', 100 contacted; 20.00% responded" in done.stdout
    assert (
        "no exposure is of the campaign 'summer'; the log has 'spring' (200). Set campaigns in [campaigns.summer]"
        in (done.stdout + done.stderr)
    )


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_shop_is_told_what_is_wrong(shop: ShopFiles, name: str) -> None:
    """File, table, column, rule and remedy, in words; no traceback; exit code 1."""
    broken, messages = BROKEN[name]
    broken(shop)
    done = check(shop)
    assert done.exit_code == 1
    told = done.stderr
    for message in messages:
        assert message in told, told
    assert "Traceback" not in told
    assert told.count(str(shop.folder / "shop.toml")) >= 2


@pytest.mark.parametrize(
    ("table", "value", "column", "told"),
    [
        ("orders", "TIME '10:00'", "user_id", "its type Time is a time of day, which is no id"),
        (
            "orders",
            "CASE WHEN order_id = 'o0' THEN 'u0'::BLOB ELSE unhex('FF') END",
            "user_id",
            "its type Binary is bytes, which is no id",
        ),
        ("orders", "{{'id': user_id}}", "user_id", "is a record of several values, which is no id"),
        ("events", "[session_id]", "session_id", "its type List(String) is a list, which is no id"),
        ("orders", "DATE '2026-01-01'", "quantity", "its type Date is a date, which is no number"),
        ("users", "DATE '1990-01-01'", "age", "its type Date is a date, which is no number. Make it a number"),
        ("ad_exposures", "TIME '10:00'", "assigned_at", "its type Time is a time of day, which is no moment"),
    ],
)
def test_types_that_cannot_be_are_told_in_words(
    shop: ShopFiles, table: str, value: str, column: str, told: str
) -> None:
    """Also where rows break a rule besides."""
    shop.put("orders", "line", "0", 2)
    value = value.replace("{{", "{").replace("}}", "}")
    rest = f"FROM read_csv('{{folder}}/{table}.csv', all_varchar = true)"
    added = column == "assigned_at"
    shop.queries[table] = (
        f"SELECT *, {value} AS {column} {rest}" if added else f"SELECT * REPLACE ({value} AS {column}) {rest}"
    )
    done = check(shop)
    assert done.exit_code == 1
    assert f"[tables.{table}] {column}: " in done.stderr
    assert told in done.stderr


def test_times_out_of_range_are_told_so(shop: ShopFiles) -> None:
    """With the years that are allowed, and the key that allows more of the future."""
    shop.put("orders", "ts", "2127-05-01", 60)
    done = check(shop)
    assert done.exit_code == 1
    assert (
        "ts is out of range: it must be of the years 1900 to 2199, and not lie further in the future than future_days "
        "of shop.toml allows: broken by 60 of 700 rows (8.6%), such as ts '2127-05-01'" in done.stderr
    )
    assert "Correct it in the query or the source, or declare future_days." in done.stderr


def test_american_times_need_their_format(shop: ShopFiles) -> None:
    """Read by it, in a file whose types are guessed, and else a fault."""
    head, *rows = shop.tables["orders"]
    shop.tables["orders"] = [head, *((*row[:2], f"01/{row[2][8:10]}/2026 12:00:00", *row[3:]) for row in rows)]
    shop.queries["orders"] = "SELECT * FROM read_csv('{folder}/orders.csv')"
    done = check(shop)
    assert done.exit_code == 1
    assert "ts is not a time: broken by 700 of 700 rows" in done.stderr
    shop.extra["orders"] = 'time_format = "%m/%d/%Y %H:%M:%S"\n'
    done = check(shop)
    assert done.exit_code == 0
    assert "  orders: 700 rows, 2026-01-01 to 2026-01-20" in done.stdout


def test_every_fault_is_told_at_once(shop: ShopFiles) -> None:
    """A key, a file, a column, a rule and an attribute in one call, also as JSON with its parts."""
    for name in (
        "a misspelt key",
        "lines from zero",
        "a column under another name",
        "an attribute that no query yields",
    ):
        BROKEN[name][0](shop)
    shop.queries["events"] = "SELECT * FROM read_csv('{folder}/nothing.csv')"
    done = check(shop, "--json")
    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    assert sorted((fault.get("table", ""), fault.get("column", "")) for fault in answer["faults"]) == [
        ("", ""), ("events", ""), ("orders", "line"), ("orders", "product_id"), ("users", "agee"),
    ]  # fmt: skip
    assert all(fault["file"] == str(shop.folder / "shop.toml") and fault["rule"] for fault in answer["faults"])
    assert "users: 200 rows, 2026-01-01 to 2026-01-01" in answer["found"]


def test_rows_within_the_limit_are_a_note(shop: ShopFiles) -> None:
    """3 of 700 rows are below 1 %: told, and no fault; words that mean no id are told too."""
    shop.put("orders", "line", "0", 3)
    shop.put("events", "user_id", "NaN", 5)
    done = check(shop)
    assert done.exit_code == 0
    assert (
        "line must be at least 1: broken by 3 of 700 rows (0.4%), which go to quarantine within the limit of 1.0%"
        in done.stdout
    )
    assert (
        "[tables.events] user_id: 5 of 600 values are words that mean there is none, such as 'NaN'. "
        "They are read as missing." in done.stdout
    )


def test_searches_that_lead_nowhere_are_a_note(shop: ShopFiles) -> None:
    """Followed by views of another list in other sessions; with clicks of the same session they lead somewhere."""
    rows = shop.tables["events"]
    head = (*rows[0], "query", "surface")
    searches = [(f"q{n}", "2026-01-05T10:00:00Z", "search", f"u{n}", f"q{n}", "", "lamp", "") for n in range(150)]
    clicks = [(f"c{n}", "2026-01-05T10:01:00Z", "click", f"u{n}", f"q{n}", "p1", "", "") for n in range(30)]
    shop.tables["events"] = [head, *((*row, "", "home") for row in rows[1:]), *searches]
    done = check(shop)
    assert done.exit_code == 0
    assert (
        "! " + str(shop.folder / "shop.toml") + " [tables.events]: 0 of 150 searches led to a product (0%). A search"
        in done.stdout
    )
    shop.tables["events"] += clicks
    assert "  30 of 150 searches led to a product (20%)" in check(shop).stdout


def test_few_ids_that_join_are_a_note(shop: ShopFiles) -> None:
    """4 of 30 products that were bought are in the catalogue: how many of how many, with examples of both sides."""
    other_ids("products", "SKU{}", "product_id")(shop)
    for number in range(1, 5):
        row = shop.tables["products"][number]
        shop.tables["products"][number] = (f"p{number}", *row[1:])
    done = check(shop)
    assert done.exit_code == 0
    assert (
        f"! {shop.folder / 'shop.toml'} [tables.orders] product_id: few ids join: 4 of 30 product_id of orders are "
        "among the 30 of products: orders has 'p0', 'p10', 'p11', products has 'SKUp10', 'SKUp11', 'SKUp12'. If others "
        "ought to join, let the queries of orders and products yield them in the same form." in done.stdout
    )


def test_a_control_in_two_spellings_is_a_fault(shop: ShopFiles) -> None:
    """Both with their counts, and what to do."""
    shop.put("ad_exposures", "arm", "Control", 1)
    done = check(shop)
    assert done.exit_code == 1
    assert (
        "[tables.ad_exposures]: arms differ by nothing but case or blanks, and would count as different ones: "
        "'control' (99), 'Control' (1). Let the query of ad_exposures write each arm in one way, the one that "
        "[campaign] names." in done.stderr
    )


def test_who_sent_everything_back_has_not_responded(shop: ShopFiles) -> None:
    """Of 20 buyers of the control 5 cancel all; 5 send one product back, 5 all but too late, 5 one of two pieces."""
    head, *rows = shop.tables["orders"]
    orders: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        if "2026-01-11T09" <= row[2] < "2026-01-14T09" and int(row[4][1:]) % 2 == 0:
            orders.setdefault(row[4], []).append(row)
    whole, one, late, half = ([of for user in list(orders)[n : n + 5] for of in orders[user]] for n in (0, 5, 10, 15))
    back = [returned(row, "cancellation") for row in whole]
    back += [returned(row) for row in one if row[0] in {orders[user][0][0] for user in orders}]
    back += [returned(row, ts="2026-01-14T09:00:00Z") for row in late] + [returned(row) for row in half]
    twice = [(*row[:6], "2", row[7]) if row in half else row for row in rows]
    shop.tables["orders"] = [head, *twice, *back]
    assert "100 contacted; 15.00% responded without a contact within 3 days" in check(shop).stdout


def test_there_is_no_such_file(tmp_path: Path) -> None:
    """The message names the remedy."""
    done = CliRunner().invoke(main, ["check", str(tmp_path / "shop.toml")])
    assert done.exit_code == 1
    assert "no such file. Set UPSHELF_SHOP to a shop.toml or its folder" in done.stderr


def test_a_call_that_is_none() -> None:
    """Exit code 2."""
    assert CliRunner().invoke(main, ["check", "--nothing"]).exit_code == 2
