"""The tutorial, followed as it stands: a database of strangers, its shop.toml, the commands and the requests."""

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi
import httpx
import polars as pl
import pytest

from tests.docs_blocks import Block, blocks
from tests.integration.shell import environment_of, shell
from tests.integration.stranger_shop import GONE, YOUNG, bought_with, fill, item_no

PAGE = "tutorial-postgresql.md"
ASKED = re.compile(r'curl "?localhost:8000(/[^"\n]*)')

pytestmark = pytest.mark.slow


def of(language: str) -> list[Block]:
    """The page's blocks of a language, in their order."""
    return [block for block in blocks() if block.page == PAGE and block.language == language]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, postgres_uri: str, encoder: Path) -> Iterator[dict[str, str]]:
    """The shell of somebody who has come as far as the exports: the database is filled, the file is written."""
    folder = tmp_path_factory.mktemp("tutorial")
    admin = postgres_uri
    with adbc_driver_postgresql.dbapi.connect(admin, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE corner")
    uri = re.sub(r"/[^/?]*\?", "/corner?", admin)
    (ddl,) = of("sql")
    with adbc_driver_postgresql.dbapi.connect(uri) as connection, connection.cursor() as cursor:
        for statement in filter(str.strip, ddl.text.split(";")):
            cursor.execute(statement)
        connection.commit()
    fill(uri)
    (shop,) = of("toml")
    (folder / "shop.toml").write_text(shop.text, encoding="utf-8")
    yield environment_of(folder, encoder, SHOP_DATABASE_URL=uri)
    with adbc_driver_postgresql.dbapi.connect(admin, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("DROP DATABASE corner WITH (FORCE)")


@contextmanager
def serving(command: str, environment: dict[str, str]) -> Iterator[str]:
    """Address of the API that the page's command has started, on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        env={**environment, "UPSHELF_PORT": str(port), "UPSHELF_ENV": "development"},
        cwd=Path(environment["UPSHELF_SHOP"]).parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{address}/health/ready").status_code == httpx.codes.OK:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) in (0, -signal.SIGTERM)


def answers(environment: dict[str, str], command: str, requests: str) -> list[Any]:
    """What each request of a block is answered, by curl itself."""
    with serving(command, environment) as address:
        asked = [
            shell(line.replace("localhost:8000", address).replace("curl", "curl -fsS"), environment)
            for line in requests.strip().splitlines()
        ]
    return [json.loads(one.splitlines()[0]) if one.strip().startswith("{") else one for one in asked]


def test_the_tutorial(environment: dict[str, str]) -> None:
    """From the tables to lists that know what goes together, and to the group that the e-mail moves."""
    exports, check, run, serve, requests, export = (block.text.strip() for block in of("sh"))
    assert {line.split("=")[0] for line in exports.splitlines()} == {"export SHOP_DATABASE_URL", "export UPSHELF_SHOP"}

    found = shell(check, environment)
    assert "✓ nothing is wrong with" in found
    for table in ("products", "users", "orders", "events", "ad_exposures"):
        assert table in found

    ran = shell(run, environment)
    assert "promoted" in ran

    release, search, together, members, report = answers(environment, serve, requests)
    assert {"hnsw_index", "co_purchase", "session_model", "segments", "category_recommendations"} <= set(
        release["modules"]
    )
    assert search["items"][0]["title"] == "Oak table"
    assert together["items"][0]["product_id"] == item_no(bought_with(42))
    shown = {item["product_id"] for answer in (search, together) for item in answer["items"]}
    assert not shown & {item_no(item) for item in GONE}
    assert report["report"]
    assert members["lower"] > 0

    shell(export, environment)
    _is_found(environment)


def _is_found(environment: dict[str, str]) -> None:
    """The effect in those below 35, with its interval, and a plan that writes to them."""
    home, folder = (Path(environment[name]) for name in ("UPSHELF_HOME", "UPSHELF_SHOP"))
    effects = json.loads((home / "models" / "experiment" / "2026-01-30" / "effects.json").read_text(encoding="utf-8"))
    assert effects["effect"]["effect"]["lower"] > 0
    assert effects["groups"][0]["attribute"] == "age"
    with adbc_driver_postgresql.dbapi.connect(environment["SHOP_DATABASE_URL"]) as connection:
        customers = pl.read_database(
            "SELECT id::text AS user_id, date_part('year', age(changed_at, born)) AS age FROM customer", connection
        )
    plan = pl.read_csv(folder.parent / "contacts.csv").join(customers, on="user_id")
    first = plan.sort("uplift", descending=True).head(1_000)
    assert (first["age"] < YOUNG).sum() > 900
