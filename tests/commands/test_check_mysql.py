"""``upshelf check`` against a real MariaDB: a good shop, a broken query, and a server that cannot be reached."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from commands.main import main

SHOP = """
name = "server"
first_day = 2026-01-01

[user_attributes]
numeric = ["age"]

[source]
kind = "mysql"
url_env = "DOOR_URL"

[tables.users]
query = "SELECT seq AS user_id, CAST('2026-01-01' AS DATE) AS updated_at, 20 + seq AS age FROM seq_1_to_40"

[tables.orders]
query = '''
SELECT seq AS order_id, 1 AS line, TIMESTAMP '2026-01-01 00:00:00' + INTERVAL seq HOUR AS ts, 'sale' AS kind,
       CAST(1 + seq % 40 AS DECIMAL(10, 2)) AS user_id, CONCAT('p', seq % 5) AS product_id, 1.000 AS quantity,
       9.50 AS unit_price
FROM seq_1_to_200
'''
"""


@pytest.mark.parametrize(
    ("replaced", "by", "message"),
    [
        ("", "", ""),
        ("FROM seq_1_to_200", "FROM sales", "shop.toml [tables.orders]: Table 'shop.sales' doesn't exist. Check $DOOR"),
        ("AS ts", "AS tss", "[tables.orders] ts: the query yields no column 'ts', which is needed; it yields order_id"),
    ],
)
def test_a_shop_on_mariadb(
    tmp_path: Path, mariadb_uri: str, monkeypatch: pytest.MonkeyPatch, replaced: str, by: str, message: str
) -> None:
    """Tables and their joins are told as of any source, a fault with its table and the remedy."""
    monkeypatch.setenv("DOOR_URL", mariadb_uri)
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path / "home"))
    (tmp_path / "shop.toml").write_text(SHOP.replace(replaced, by) if replaced else SHOP)
    done = CliRunner().invoke(main, ["check", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == bool(message), done.output
    assert message in done.stderr
    assert "  users: 40 rows, 2026-01-01 to 2026-01-01" in done.stdout
    if not message:
        assert "  orders: 200 rows, 2026-01-01 to 2026-01-09" in done.stdout
        assert "  40 of 40 user_id of orders are among the 40 of users" in done.stdout


def test_no_connection_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once a table, and without the password."""
    monkeypatch.setenv("DOOR_URL", "mysql://nobody:geheim@127.0.0.1:1/none")
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path / "home"))
    (tmp_path / "shop.toml").write_text(SHOP)
    done = CliRunner().invoke(main, ["check", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 1
    assert done.stderr.count("Can't connect to MySQL server on '127.0.0.1'") == 1
    assert "geheim" not in done.output
