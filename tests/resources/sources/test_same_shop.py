"""One shop in files, in PostgreSQL and in MariaDB: the same canonical tables and quarantine."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from adbc_driver_postgresql import dbapi
from polars.testing import assert_frame_equal

from resources.contracts import CONTRACTS, Validated, validate
from resources.settings import Settings
from resources.shop import Shop
from resources.sources import open_source, read_whole
from tests.mariadb_server import executed

FIRST, DAYS = date(2026, 3, 1), 5
N = 400
_TITLES = ("Lampe à poser", "猫 bed 😀", "O'Brien's \"mug\" \\ 100%", "desk")
SHOP: dict[str, pl.DataFrame] = {
    "products": pl.DataFrame(
        {
            "product_id": list(range(1, 41)),
            "title": [_TITLES[n % 4] for n in range(40)],
            "price": [None if n % 9 == 0 else Decimal(995 + n).scaleb(-2) for n in range(40)],
            "categories": ["Home > Light|Garden" if n % 2 else None for n in range(40)],
            "in_stock": [n % 3 > 0 for n in range(40)],
            "updated_at": [datetime(2026, 3, 1 + n % DAYS, 8) for n in range(40)],
        },
        schema_overrides={"price": pl.Decimal(12, 2)},
    ),
    "users": pl.DataFrame(
        {
            "user_id": list(range(60)),
            "updated_at": [FIRST + timedelta(days=n % DAYS) for n in range(60)],
            "age": [None if n % 7 == 0 else 20.5 + n for n in range(60)],
            "region": [None if n % 5 == 0 else ("north", "süd")[n % 2] for n in range(60)],
        }
    ),
    "orders": pl.DataFrame(
        {
            "order_id": [f"o{n // 2}" for n in range(N)],
            "line": [1 + n % 2 for n in range(N)],
            # Some are text that is no time, of which every window has to tell.
            "ts": [
                "gestern" if n == 7 else f"{datetime(2026, 3, 1) + timedelta(minutes=17.3 * n):%Y-%m-%dT%H:%M:%S.%fZ}"
                for n in range(N)
            ],
            "kind": ["return" if n % 11 == 0 else "sale" for n in range(N)],
            "user_id": [None if n % 13 == 0 else n % 60 for n in range(N)],
            "product_id": [1 + n % 40 for n in range(N)],
            "quantity": [Decimal(0 if n % 50 == 49 else 250 + n).scaleb(-3) for n in range(N)],
            "unit_price": [9.95 + n / 7 for n in range(N)],
        },
        schema_overrides={"quantity": pl.Decimal(12, 3)},
    ),
    "events": pl.DataFrame(
        {
            "event_id": list(range(N)),
            "ts": [datetime(2026, 3, 1) + timedelta(minutes=18 * n, microseconds=n) for n in range(N)],
            "kind": [("view", "search", "click")[n % 3] for n in range(N)],
            "user_id": [n % 60 for n in range(N)],
            "session_id": [f"s{n // 5}" for n in range(N)],
            "product_id": [None if n % 3 == 1 else 1 + n % 40 for n in range(N)],
            "query": ["lampe à" if n % 3 == 1 else None for n in range(N)],
        }
    ),
}  # fmt: skip
_MYSQL = {
    pl.Int64: "BIGINT", pl.Boolean: "TINYINT(1)", pl.Datetime: "DATETIME(6)", pl.Date: "DATE", pl.Float64: "DOUBLE",
    pl.String: "VARCHAR(200)", pl.Decimal: "DECIMAL(12, 3)",
}  # fmt: skip


def canonical(tmp_path: Path, source: str, queries: dict[str, str], table: str) -> Validated:
    """A table of the shop as its contract has it, read day by day."""
    (tmp_path / "shop.toml").write_text(
        f'name = "same"\nfirst_day = {FIRST}\n[source]\n{source}'
        '[user_attributes]\nnumeric = ["age"]\ncategorical = ["region"]\n'
        + "".join(f'[tables.{name}]\nquery = """{query}"""\n' for name, query in queries.items())
    )
    opened = open_source(Shop.load(tmp_path / "shop.toml"), Settings.from_env({"UPSHELF_HOME": str(tmp_path / "home")}))
    time, frames = CONTRACTS[table].time, list[pl.DataFrame]()
    for n in range(DAYS + 1):
        start = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=n)
        for frame in read_whole(opened, table, start, start + timedelta(days=1)):
            # What has no time comes with every window.
            frames.append(frame if n == 0 else frame.filter(pl.col(time).is_not_null()))
    checked = validate(CONTRACTS[table], pl.concat(frames, how="vertical_relaxed"), origin="test")
    order = [*CONTRACTS[table].key, time]
    return Validated(checked.rows.sort(order), checked.quarantined.sort("row"), checked.emptied)


@pytest.fixture(scope="module")
def databases(postgres_uri: str, mariadb_uri: str) -> None:
    """The shop in both servers."""
    with dbapi.connect(postgres_uri) as connection, connection.cursor() as cursor:
        for name, frame in SHOP.items():
            cursor.adbc_ingest(f"same_{name}", frame.to_arrow(), mode="replace")
        connection.commit()
    for name, frame in SHOP.items():
        columns = ", ".join(f"`{column}` {_MYSQL[type(kind)]}" for column, kind in frame.schema.items())
        rows = ", ".join(f"({', '.join(map(_literal, row))})" for row in frame.iter_rows())
        executed(
            mariadb_uri,
            f"DROP TABLE IF EXISTS same_{name}",
            f"CREATE TABLE same_{name} ({columns})",
            f"INSERT INTO same_{name} VALUES {rows}",
        )


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float | Decimal):
        return repr(float(value)) if isinstance(value, float) else str(int(value) if isinstance(value, bool) else value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


@pytest.mark.slow
@pytest.mark.usefixtures("databases")
@pytest.mark.parametrize("table", list(SHOP))
def test_the_same_tables_from_everywhere(
    tmp_path: Path, postgres_uri: str, mariadb_uri: str, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """Value for value, and what is quarantined with the same rules."""
    for name, frame in SHOP.items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
    monkeypatch.setenv("SAME_POSTGRES", postgres_uri)
    monkeypatch.setenv("SAME_MARIADB", mariadb_uri)
    from_files = canonical(
        tmp_path,
        f'kind = "files"\nfolder = "{tmp_path}"\n',
        {name: f"SELECT * FROM '{{folder}}/{name}.parquet'" for name in SHOP},
        table,
    )
    assert from_files.rows.height + from_files.quarantined.height == SHOP[table].height
    assert from_files.quarantined.height == (9 if table == "orders" else 0)
    for kind, variable in (("postgres", "SAME_POSTGRES"), ("mysql", "SAME_MARIADB")):
        queries = {name: f"SELECT * FROM same_{name}" for name in SHOP}
        from_server = canonical(tmp_path, f'kind = "{kind}"\nurl_env = "{variable}"\n', queries, table)
        assert_frame_equal(from_server.rows, from_files.rows, check_exact=True)
        assert_frame_equal(from_server.quarantined.select("rules", "ts"), from_files.quarantined.select("rules", "ts"))
        assert from_server.emptied == from_files.emptied
