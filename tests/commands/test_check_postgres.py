"""``upshelf check`` against a real PostgreSQL: what cannot be reached, read or joined there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands.main import main

HEAD = """
name = "server"
first_day = 2026-01-01

[user_attributes]
numeric = ["age"]

[source]
kind = "postgres"
url_env = "DOOR_URL"
"""
GOOD = {
    "users": """
SELECT n AS user_id, timestamptz '2026-01-01' AS updated_at, 20 + n AS age FROM generate_series(1, 40) AS n""",
    "orders": """
SELECT n::text AS order_id, 1 AS line, timestamp '2026-01-01' + n * interval '1 hour' AS ts, 'sale' AS kind,
       (1 + n % 40)::numeric(10, 2) AS user_id, 'p' || n % 5 AS product_id, 1.000 AS quantity, 9.50::money AS unit_price
FROM generate_series(1, 200) AS n""",
}

Check = Callable[..., Result]


@pytest.fixture
def check(tmp_path: Path, postgres_uri: str, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run the command on a shop of these queries, a table left out where its query is none."""
    monkeypatch.setenv("DOOR_URL", postgres_uri)
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path / "home"))

    def run(**queries: str | None) -> Result:
        tables = "".join(
            f"[tables.{name}]\nquery = '''{query}'''\n" for name, query in (GOOD | queries).items() if query is not None
        )
        (tmp_path / "shop.toml").write_text(HEAD + tables)
        return CliRunner().invoke(main, ["check", str(tmp_path)], catch_exceptions=False)

    return run


def test_a_good_shop(check: Check) -> None:
    """Integer and numeric ids are one id, numeric quantities and money are numbers."""
    done = check()
    assert done.exit_code == 0, done.stderr
    assert "  users: 40 rows, 2026-01-01 to 2026-01-01" in done.stdout
    assert "  orders: 200 rows, 2026-01-01 to 2026-01-09" in done.stdout
    assert "  40 of 40 user_id of orders are among the 40 of users" in done.stdout


@pytest.mark.parametrize(
    ("queries", "messages"),
    [
        (
            {"orders": "SELECT * FROM sales_order_line"},
            ["shop.toml [tables.orders]: ", 'relation "sales_order_line" does not exist', "the table's query in shop"],
        ),
        (
            {"orders": "SELECT customer FROM generate_series(1, 2) AS n"},
            ["[tables.orders]: ", 'column "customer" does not exist'],
        ),
        ({"orders": "SELECT FROM WHERE"}, ["[tables.orders]: ", 'syntax error at or near "WHERE"']),
        (
            {"orders": GOOD["orders"].replace("timestamp '2026-01-01' + n * interval '1 hour'", "1767225600 + n")},
            ["[tables.orders]: its column 'ts' is int4, which is no time. Make it one in the query: to_timestamp(ts)"],
        ),
        (
            {"orders": GOOD["orders"].replace("AS ts", "AS tss")},
            ["[tables.orders] ts: the query yields no column 'ts', which is needed; it yields order_id, line, tss,",
             "Write tss AS ts, if that is it."],
        ),
        (
            {"users": GOOD["users"].replace("AS age", "AS years")},
            ["[tables.users] age: [user_attributes] names 'age', which the query does not yield. Let the query yield"],
        ),
        (
            {"users": GOOD["users"].replace("n AS user_id", "md5(n::text)::uuid AS user_id")},
            ["[tables.orders] user_id: ids do not join: 0 of 40 user_id of orders are among the 40 of users: "],
        ),
        (
            {"orders": GOOD["orders"].replace("1.000 AS quantity", "0 AS quantity")},
            ["[tables.orders] quantity: quantity must not be 0: a fraction may be as small as 0.000001: broken by 200 "
             "of 200 rows (100.0%)"],
        ),
        (
            {"orders": GOOD["orders"].replace("1.000 AS quantity", "-0.350 AS quantity")},
            ["[tables.orders] quantity: quantity must be above 0: a return is a row of its own kind with a positive "
             "quantity: broken by 200 of 200 rows (100.0%)"],
        ),
        (
            {"orders": GOOD["orders"].replace("n::text AS order_id", "'o' AS order_id").replace("+ n *", "+ 0 *")},
            ["[tables.orders]: order_id and line must be unique: broken by 199 of 200 rows (99.5%), such as order_id"],
        ),
        ({"orders": GOOD["orders"] + " WHERE n < 0"}, ["[tables.orders]: the query yields no row."]),
    ],
)  # fmt: skip
def test_a_broken_table(check: Check, queries: dict[str, str], messages: list[str]) -> None:
    """Each is told with its table and what to do; the other table is looked at all the same."""
    done = check(**queries)
    assert done.exit_code == 1
    for message in messages:
        assert message in done.stderr
    assert ("  users: 40 rows" in done.stdout) or ("  orders: 200 rows" in done.stdout)
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "shop.toml: $DOOR_URL is not set. Put the connection URI there."),
        ("postgresql://127.0.0.1:1/none", "connection to server at \"127.0.0.1\", port 1 failed: Connection refused"),
        ("postgresql://nobody:geheim@127.0.0.1:1/none", "Check $DOOR_URL if the database cannot be reached"),
        ("no uri", "Check $DOOR_URL if the database cannot be reached"),
    ],
)  # fmt: skip
def test_no_connection_is_told_once(check: Check, monkeypatch: pytest.MonkeyPatch, url: str, message: str) -> None:
    """Not once a table, and without the password."""
    monkeypatch.setenv("DOOR_URL", url)
    done = check()
    assert done.exit_code == 1
    assert done.stderr.count(message) == 1, done.stderr
    assert "1 fault in" in done.stderr
    assert "geheim" not in done.output


def test_no_right_to_read(check: Check, monkeypatch: pytest.MonkeyPatch, postgres_uri: str) -> None:
    """The server's word for it."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(postgres_uri, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in ("CREATE TABLE secret_orders (n int)", "CREATE ROLE door_reader LOGIN"):
            cursor.execute(statement)
    monkeypatch.setenv("DOOR_URL", postgres_uri.replace("postgres:@", "door_reader@"))
    done = check(orders=GOOD["orders"].replace("generate_series(1, 200) AS n", "secret_orders"))
    assert done.exit_code == 1
    assert "[tables.orders]: " in done.stderr
    assert "permission denied for table secret_orders" in done.stderr
    assert "Query was" not in done.stderr
