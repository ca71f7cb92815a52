"""The commands of the docs, run as they stand, one after another in one home."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import adbc_driver_postgresql.dbapi
import polars as pl
import pytest

from tests.commands.foreign_shops import FOREIGN
from tests.docs_blocks import blocks, commands_of
from tests.integration.home import TINY
from tests.integration.shell import environment_of, shell

pytestmark = pytest.mark.slow

PAGES = ("commands.md", "run-nightly.md")
"""Pages whose shell blocks are calls of `upshelf`; the tutorial has a test of its own, `make` is what CI calls."""


@pytest.fixture(scope="module")
def database(postgres_uri: str) -> Iterator[str]:
    """The URI of a database that somebody else has designed."""
    with adbc_driver_postgresql.dbapi.connect(postgres_uri, autocommit=True) as admin, admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE of_the_pages")
        uri = re.sub(r"/[^/?]*\?", "/of_the_pages?", postgres_uri)
        with adbc_driver_postgresql.dbapi.connect(uri) as connection, connection.cursor() as filling:
            for statement in filter(str.strip, next(iter(FOREIGN.values())).ddl.split(";\n")):
                filling.execute(statement)
            connection.commit()
        yield uri
        cursor.execute("DROP DATABASE of_the_pages WITH (FORCE)")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, encoder: Path, database: str) -> dict[str, str]:
    """A shell for the tiny shop with the month that the pages speak of, beside a folder of exports and a database."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "exports").mkdir()
    skus = [f"A-{i:04d}" for i in range(100)]
    products = pl.DataFrame({"sku": skus, "product_name": [f"Chair {sku}" for sku in skus], "price": [9.5] * 100})
    products.with_columns(in_stock=True).write_csv(folder / "exports" / "products.csv")
    shop = (TINY / "shop.toml").read_text(encoding="utf-8").replace("days = 12", "days = 30")
    (folder / "shop.toml").write_text(shop, encoding="utf-8")
    return environment_of(folder, encoder, SHOP_DATABASE_URL=database)


def test_commands_do_what_the_pages_say(environment: dict[str, str]) -> None:
    """Every command, in the order of the pages and once; each ends well and leaves the files that it names."""
    folder = Path(environment["UPSHELF_SHOP"]).parent
    of_pages = [block for block in blocks() if block.page in PAGES and block.language == "sh"]
    assert {block.page for block in of_pages} == set(PAGES)
    told = dict.fromkeys(shlex.join(words) for block in of_pages for words in commands_of(block.text))
    for command in told:
        shell(command, environment)
    for file in ("scores.parquet", "persuadable.csv", "contacts.csv"):
        assert (folder / file).stat().st_size > 0, file
