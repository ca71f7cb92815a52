"""``upshelf init`` on files: what it writes, what it says it does not know, and what it refuses."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from commands.main import main

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """CSV and JSON lines: prices in cents, times in milliseconds and in a format of their own."""
    folder, n = tmp_path / "files", range(1, 101)
    folder.mkdir()
    pl.DataFrame({
        "sku": [f"A-{i:04d}" for i in n],
        "product_name": [f"Chair {i}" for i in n],
        "price_cents": [1000 + i for i in n],
        "in_stock": [i % 3 > 0 for i in n],
    }).write_csv(folder / "products.csv")  # fmt: skip
    for month in (1, 2):
        pl.DataFrame({
            "order_no": [f"{month}-{i // 2}" for i in n],
            "item_sku": [f"A-{i:04d}" for i in n],
            "quantity": [1 + i % 3 for i in n],
            "unit_price": [1000 + i for i in n],
            "order_date": [f"{1 + i % 28:02d}/0{month}/2026 10:00" for i in n],
        }).write_csv(folder / f"orders_2026-0{month}.csv")  # fmt: skip
    lines = [
        {"event_id": f"e{i}", "timestamp": 1_767_225_600_000 + i * 60_000, "session_id": f"s{i // 5}",
         "event_type": ("product_view", "add_to_cart", "search", "logout")[i % 4],
         "properties": {"sku": f"A-{1 + i % 100:04d}" if i % 4 < 2 else None, "q": "chair" if i % 4 == 2 else None}}
        for i in range(400)
    ]  # fmt: skip
    (folder / "clickstream.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command; the file is ``shop.toml`` in a folder of its own."""
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NO_SUCH_URL", raising=False)
    return lambda *words: CliRunner().invoke(
        main, ["init", *map(str, words), "-o", str(tmp_path / "shop.toml")], catch_exceptions=False
    )


def test_files_become_a_shop_that_is_checked(run: Run, folder: Path, tmp_path: Path) -> None:
    """Rows of all files; cents, epochs and formats; what is not certain is marked, and what is lacking is told."""
    done = run(folder)
    assert done.exit_code == 0, done.output
    assert "  orders: 200 rows, 2026-01-01 to 2026-02-28" in done.output
    assert "  events: 300 rows, 2026-01-01 to 2026-01-01" in done.output
    assert "✗ users: not found: no table has a name of customers or users, and an id" in done.output
    assert "? clickstream: these values of event_type are left out: logout" in done.output
    assert "? currency = EUR: no column says so" in done.output
    text = (tmp_path / "shop.toml").read_text(encoding="utf-8")
    written = tomllib.loads(text)
    assert set(written["tables"]) == {"products", "orders", "events"}
    assert written["tables"]["orders"]["time_format"] == "%d/%m/%Y %H:%M"
    assert "read_csv('{folder}/orders_*.csv')" in written["tables"]["orders"]["query"]
    assert "p.price_cents / 100.0 AS price,  -- price_cents" in text
    assert 'to_timestamp(e."timestamp" / 1000.0) AS ts,  -- timestamp' in text
    assert "l.unit_price AS unit_price  -- LOOK: " in text
    assert "it is 100 times the product's price: cents, another currency, or not the price?" in text
    assert "# NOT FOUND: [tables.ad_exposures]: " in text


def test_what_the_user_says_counts(run: Run, folder: Path, tmp_path: Path) -> None:
    """Prices in cents, and the currency; then neither is marked."""
    done = run(folder, "--prices", "cents", "--currency", "usd", "--name", "chairs")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "shop.toml").read_text(encoding="utf-8")
    assert "l.unit_price / 100.0 AS unit_price  -- unit_price" in text
    assert tomllib.loads(text)["currency"] == "USD"
    assert tomllib.loads(text)["name"] == "chairs"


def test_a_file_that_is_there_is_kept(run: Run, folder: Path, tmp_path: Path) -> None:
    """Unless it is told to write over it."""
    (tmp_path / "shop.toml").write_text("mine")
    done = run(folder)
    assert done.exit_code == 1
    assert "is there already: name another by -o, or say --force" in done.output
    assert (tmp_path / "shop.toml").read_text() == "mine"
    assert run(folder, "--force").exit_code == 0
    assert "[tables.orders]" in (tmp_path / "shop.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([], 2, "name files, or a database by --url-env: one of the two"),
        (["x", "--url-env", "NO_SUCH_URL"], 2, "one of the two"),
        (["--url-env", "postgresql://me:geheim@host/shop"], 2, "is the name of an environment variable"),
        (["--url-env", "NO_SUCH_URL"], 1, "$NO_SUCH_URL is not set"),
        (["nowhere/*.csv"], 1, "there is no CSV, JSON lines or Parquet file"),
        (["x", "--name", "My Shop"], 2, "--name is up to 63 small letters"),
        (["x", "--currency", "euro"], 2, "--currency is three letters"),
    ],
)
def test_calls_that_cannot_be(run: Run, tmp_path: Path, words: list[str], code: int, told: str) -> None:
    """Each with what to do, and no file is written."""
    done = run(*words)
    assert done.exit_code == code
    assert told in " ".join(done.output.split())
    assert not (tmp_path / "shop.toml").exists()


def test_a_mysql_database_is_not_looked_at(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is told with what to do instead, and without the password."""
    monkeypatch.setenv("MYSQL_URL", "mysql://me:geheim@host/shop")
    done = run("--url-env", "MYSQL_URL")
    assert done.exit_code == 1
    told = " ".join(done.output.split())
    assert 'a MySQL database, whose tables are not looked at. Write the shop.toml by hand, with kind = "mysql"' in told
    assert "geheim" not in told
    assert not (tmp_path / "shop.toml").exists()


def test_files_that_are_no_shop(run: Run, tmp_path: Path) -> None:
    """Nothing is guessed of them; one that cannot be read is told, and stops no other."""
    (tmp_path / "weather.csv").write_text("station,rain\na,1\nb,2\n")
    (tmp_path / "broken.parquet").write_text("no parquet")
    done = run(tmp_path / "*.csv", tmp_path / "*.parquet")
    assert done.exit_code == 1
    assert "not looked at: broken.parquet: " in done.output
    assert "no table looks like one of a shop: nothing is written" in done.output


def test_a_price_of_the_whole_line_is_noticed(run: Run, folder: Path, tmp_path: Path) -> None:
    """By the products' prices; the proposal divides, and says that somebody has to look."""
    orders = pl.read_csv(folder / "orders_2026-01.csv")
    orders = orders.with_columns(unit_price=pl.col("unit_price") * pl.col("quantity") / 100).rename(
        {"unit_price": "price"}
    )
    orders.write_csv(folder / "orders_2026-01.csv")
    (folder / "orders_2026-02.csv").unlink()
    run(folder)
    text = (tmp_path / "shop.toml").read_text(encoding="utf-8")
    assert "l.price / nullif(l.quantity, 0) AS unit_price  -- LOOK: price" in text


def test_files_without_declared_keys(run: Run, tmp_path: Path) -> None:
    """A name is the title though there are labels, which are tags; ids that no two rows share are keys."""
    folder, n = tmp_path / "files", range(1, 61)
    folder.mkdir()
    pl.DataFrame({
        "article_no": [f"A-{i:04d}" for i in n],
        "labels": ["colour:red, new" for _ in n],
        "name": [f"Chair {i}" for i in n],
        "price": [10.5 + i for i in n],
        "created": ["2025-12-01T10:00:00" for _ in n],
        "changed": ["2025-12-24T10:00:00" for _ in n],
    }).write_csv(folder / "articles.csv")  # fmt: skip
    lines = {
        "order_no": [f"O-{i // 2}" for i in n], "pos": [1 + i % 2 for i in n], "customer_no": [f"C-{i % 9}" for i in n],
        "article_no": [f"A-{i:04d}" for i in n], "qty": [2 for _ in n],
    }  # fmt: skip
    ordered = pl.DataFrame(lines).with_columns(ordered_at=pl.lit("2026-01-05T10:00:00"), price_each=11.5)
    ordered.write_csv(folder / "order_lines.csv")
    returned = pl.DataFrame(lines).head(8).with_columns(returned_at=pl.lit("2026-01-09T10:00:00"), refund=11.5)
    returned.with_columns(return_no=pl.format("R-{}", pl.int_range(pl.len()))).write_csv(folder / "returns.csv")
    pl.DataFrame({
        "hit": n, "happened_at": ["2026-01-05T09:00:00" for _ in n], "type": ["view" for _ in n],
        "visit": [f"s-{i // 9}" for i in n], "article_no": [f"A-{i:04d}" for i in n],
        "user_agent": ["Mozilla/5.0" for _ in n],
    }).write_csv(folder / "tracking.csv")  # fmt: skip
    done = run(folder)
    assert done.exit_code == 0, done.output
    assert "  orders: 68 rows, 2026-01-05 to 2026-01-09" in done.output
    text = (tmp_path / "shop.toml").read_text(encoding="utf-8")
    assert "p.name AS title,  -- name: its name says name and title\n" in text
    assert "replace(p.labels, ',', '|') AS tags," in text
    assert "p.created AS created_at," in text
    assert "'return-' || CAST(r.return_no AS text)" in text
    assert "CAST(r.customer_no AS text) AS user_id," in text
    assert "e.hit AS event_id,  -- hit: its name says log, no value twice\n" in text
    assert "e.user_agent AS agent  -- user_agent: " in text
    assert "NULL AS user_id,  -- no column names a user: its session does" in text
