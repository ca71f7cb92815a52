"""``upshelf init`` on databases with names of their own: what it proposes beside what a person would write."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import adbc_driver_postgresql.dbapi
import polars as pl
import pytest
from click.testing import CliRunner, Result

from commands.main import main
from resources.contracts import CONTRACTS
from resources.contracts.column_types import normalised
from resources.proposal.tables.guess import needed
from tests.commands.foreign_shops import FOREIGN, ODD, ForeignShop

pytestmark = pytest.mark.slow

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def uris(postgres_uri: str) -> Iterator[dict[str, str]]:
    """Shop → the URI of its database, filled."""
    made = {}
    with adbc_driver_postgresql.dbapi.connect(postgres_uri, autocommit=True) as admin, admin.cursor() as cursor:
        for name, shop in FOREIGN.items():
            cursor.execute(f"CREATE DATABASE foreign_{name}")
            made[name] = re.sub(r"/[^/?]*\?", f"/foreign_{name}?", postgres_uri)
            _execute(made[name], shop.ddl)
        yield made
        for name in FOREIGN:
            cursor.execute(f"DROP DATABASE foreign_{name} WITH (FORCE)")


def _execute(uri: str, statements: str) -> None:
    with adbc_driver_postgresql.dbapi.connect(uri) as connection, connection.cursor() as cursor:
        for statement in filter(str.strip, statements.split(";\n")):
            cursor.execute(statement)
        connection.commit()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call ``upshelf init`` on a database; the file is ``shop.toml`` in a folder of its own."""
    monkeypatch.setenv("UPSHELF_HOME", str(tmp_path / "home"))

    def call(uri: str, *options: str) -> Result:
        monkeypatch.setenv("FOREIGN_URL", uri)
        words = ["init", "--url-env", "FOREIGN_URL", "-o", str(tmp_path / "shop.toml"), *options]
        return CliRunner().invoke(main, words, catch_exceptions=False)

    return call


def columns_of(uri: str, query: str, table: str) -> pl.DataFrame:
    """Rows of a query as the contract reads them, in the order of their key."""
    contract = CONTRACTS[table]
    with adbc_driver_postgresql.dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute(f"SELECT * FROM ({query}\n) AS q LIMIT 0")
        names = [column[0] for column in cursor.description]
        items = [
            f'"{name}"::{"float8" if contract.columns.get(name) in (pl.Float64(), pl.Int32()) else "text"} AS "{name}"'
            for name in names
        ]
        rows = pl.read_database(f"SELECT {', '.join(items)} FROM ({query}\n) AS q", connection)
    known = [name for name in rows.columns if name in contract.columns]
    read = rows.select(
        normalised(name, contract.columns[name], rows.schema[name])
        if name.endswith("_id")
        else pl.col(name).round(6)
        if rows.schema[name].is_float()
        else pl.col(name).str.strip_chars().str.replace(r"\+00$", "")
        for name in known
    )
    return read.sort([name for name in contract.key if name in read.columns])


def compared(uri: str, shop: ForeignShop, text: str) -> dict[str, str]:
    """``table.column`` of every needed column → ``right``, ``wrong``, ``unsure`` or ``missing``."""
    written = tomllib.loads(text)["tables"]
    judged = {}
    for table, truth in shop.truth.items():
        true = columns_of(uri, truth, table)
        query = written.get(table, {}).get("query")
        rows = columns_of(uri, query, table) if query else pl.DataFrame()
        for column in {*needed(table), *(true.columns if query else [])}:
            if column not in rows.columns or column not in true.columns:
                judged[f"{table}.{column}"] = "missing"
            elif re.search(rf" AS {column},?  -- LOOK: ", query):
                judged[f"{table}.{column}"] = "unsure"
            else:
                judged[f"{table}.{column}"] = "right" if rows[column].equals(true[column], null_equal=True) else "wrong"
    return judged


@pytest.mark.parametrize("name", list(FOREIGN))
def test_most_of_what_is_needed_is_right_and_nothing_is_silently_wrong(
    run: Run, uris: dict[str, str], tmp_path: Path, name: str
) -> None:
    """By the rows that the proposed queries yield beside those of a person's; what is not known is marked."""
    done = run(uris[name])
    shop = FOREIGN[name]
    judged = compared(uris[name], shop, (tmp_path / "shop.toml").read_text(encoding="utf-8"))
    wrong = {column for column, verdict in judged.items() if verdict == "wrong"}
    assert wrong == set()
    wanted = [f"{table}.{column}" for table in shop.truth for column in needed(table)]
    right = [column for column in wanted if judged[column] == "right"]
    assert len(right) >= 0.8 * len(wanted), judged
    assert all(judged[column] == "unsure" for column in shop.unknown)
    assert done.exit_code == 0, done.output
    assert "✓ nothing is wrong with" in done.output


def test_every_guess_has_its_reason_and_no_secret_is_written(run: Run, uris: dict[str, str], tmp_path: Path) -> None:
    """Each column of each query ends in a comment; of the URI only its variable's name is in the file."""
    run(uris["corner"])
    text = (tmp_path / "shop.toml").read_text(encoding="utf-8")
    items = [line for line in text.splitlines() if " AS " in line and line.startswith("    ")]
    assert len(items) > 25
    assert all(re.search(r"  -- \S", line) for line in items)
    assert tomllib.loads(text)["source"] == {"kind": "postgres", "url_env": "FOREIGN_URL"}
    assert uris["corner"].split("?")[0] not in text


@pytest.fixture
def odd(postgres_uri: str) -> Iterator[str]:
    """URI of a database that has all that is unusual."""
    with adbc_driver_postgresql.dbapi.connect(postgres_uri, autocommit=True) as admin, admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE foreign_odd")
        uri = re.sub(r"/[^/?]*\?", "/foreign_odd?", postgres_uri)
        _execute(uri, ODD)
        yield uri
        cursor.execute("DROP DATABASE foreign_odd WITH (FORCE)")


def test_what_is_unusual_stops_nothing(run: Run, odd: str, tmp_path: Path) -> None:
    """Names are quoted, what fails is told, and of two groups A and B none is taken for the control."""
    done = run(odd)
    assert done.exit_code == 0, done.output
    assert "  orders: 320 rows, 2026-01-01 to 2026-01-09" in done.output
    assert "! not looked at: app.failing: " in done.output
    assert "campaign_contact: variant looks like groups, but which of A, B got nothing is not to be told" in done.output
    assert "not used: Page Views, campaign_contact, empty_products, no_columns, secret" in done.output
    text = (tmp_path / "shop.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(text)["tables"]) == {"products", "users", "orders"}
    assert 'FROM app.order_items AS l JOIN app."order" AS o ON o.id = l.order_id' in text
    assert "l.price_cents / 100.0 AS unit_price  -- price_cents: its name says price; and cents; it is about" in text
    assert "u.created_at" in text
    assert "AS updated_at,  -- LOOK: no column says when a row changed: its creation stands for it" in text
    assert "true AS in_stock,  -- LOOK: " in text
    assert "NOT IN ('cancelled')" in text


def test_a_schema_that_is_not_there(run: Run, odd: str, tmp_path: Path) -> None:
    """Is named, and nothing is written."""
    done = run(odd, "--schema", "nix")
    assert done.exit_code == 1
    assert "schema 'nix' has no table to be read" in done.output
    assert not (tmp_path / "shop.toml").exists()


def test_names_are_believed_only_where_ids_join(run: Run, odd: str, tmp_path: Path) -> None:
    """A column that is named like a user, and holds others, is no user: it is said, not used."""
    _execute(odd, 'ALTER TABLE app."order" DROP CONSTRAINT order_user_fkey')
    _execute(odd, 'UPDATE app."order" SET "user" = gen_random_uuid()')
    run(odd)
    query = tomllib.loads((tmp_path / "shop.toml").read_text(encoding="utf-8"))["tables"]["orders"]["query"]
    assert " AS user_id" not in query
    told = "all are of guests: user is named like it, but 0% of its values are in user.id"
    assert told in (tmp_path / "shop.toml").read_text(encoding="utf-8")
