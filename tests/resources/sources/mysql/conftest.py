"""A shop in a MariaDB database."""

from pathlib import Path

import pytest

from resources.sources.mysql import MySQL
from tests.resources.sources.mysql.orders import OpenShop
from tests.resources.sources.tiny_shop import open_tiny


@pytest.fixture
def open_shop(tmp_path: Path, mariadb_uri: str, monkeypatch: pytest.MonkeyPatch) -> OpenShop:
    """Opens a shop whose tables have the given queries, on the server."""
    monkeypatch.setenv("TINY_URL", mariadb_uri)

    def opened(options: str = "", extra: str = "", **queries: str) -> MySQL:
        source = 'kind = "mysql"\nurl_env = "TINY_URL"\n'
        return open_tiny(MySQL, tmp_path, source, queries, first_day="2026-03-01", options=options, extra=extra)

    return opened
