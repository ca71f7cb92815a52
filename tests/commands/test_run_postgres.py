"""``upshelf run`` on a real PostgreSQL that is full, for a while or for good."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from adbc_driver_postgresql import dbapi

from resources.settings import ROOT, Settings
from resources.shop import Shop
from resources.sources import SourceError, open_source
from resources.sources.postgres import Postgres
from tests.commands.test_check_postgres import GOOD, HEAD


def execute(uri: str, *statements: str) -> None:
    """Run statements as the server's owner."""
    with dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def shop(tmp_path: Path, postgres_uri: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop whose reader no connection is left for."""
    execute(postgres_uri, "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN CONNECTION LIMIT 0")
    monkeypatch.setenv("DOOR_URL", re.sub(r"//[^@/]*@", "//reader@", postgres_uri))
    tables = "".join(f"[tables.{name}]\nquery = '''{query}'''\n" for name, query in GOOD.items())
    (tmp_path / "shop.toml").write_text(HEAD + tables)
    return tmp_path


def test_a_server_that_comes_back_is_asked_again(shop: Path, postgres_uri: str, home: Path) -> None:
    """The run says that it waits, and goes on; nothing has failed."""
    environment = {**os.environ, "UPSHELF_SHOP": str(shop), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "commands", "run", "2026-01-01", "--tables-only"]
    with subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines = []
        for line in running.stdout:
            lines.append(line)
            if "It is asked again in 2 s" in line:
                execute(postgres_uri, "ALTER ROLE reader CONNECTION LIMIT -1")
    told = "".join(lines)
    assert running.returncode == 0, told
    assert "too many connections for role" in told
    assert re.search(r"✓ orders +23 rows", told)


@pytest.mark.parametrize(
    ("url", "may_pass"),
    [
        ("postgresql://x@127.0.0.1:1/x", True),
        ("{uri}", True),
        ("{owner}", False),
    ],
)
def test_what_may_pass(
    shop: Path, postgres_uri: str, monkeypatch: pytest.MonkeyPatch, url: str, may_pass: bool
) -> None:
    """Nobody listens, or no connection is left; a query that is wrong stays so."""
    monkeypatch.setenv("DOOR_URL", url.format(uri=re.sub(r"//[^@/]*@", "//reader@", postgres_uri), owner=postgres_uri))
    text = (shop / "shop.toml").read_text().replace("FROM generate_series(1, 200)", "FROM no_such_table(1, 200)")
    (shop / "shop.toml").write_text(text)
    source = open_source(Shop.load(shop / "shop.toml"), Settings.from_env({"UPSHELF_HOME": str(shop / "home")}))
    assert isinstance(source, Postgres)
    with pytest.raises(SourceError) as failed:
        source.last_day_with_rows("orders")
    assert failed.value.may_pass is may_pass
