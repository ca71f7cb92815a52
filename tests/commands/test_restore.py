"""``upshelf restore``: a table as it was, unless that would bring back somebody who was forgotten."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from resources.lake import Lake
from resources.settings import Settings
from resources.store import Store
from resources.store.forgotten import ForgottenUsers
from resources.tables import TABLES
from tests.commands.conftest import Called

DAY = "2026-01-01"


def orders(*users: str) -> pl.DataFrame:
    """An order a user."""
    schema = TABLES["orders"]
    rows = [dict.fromkeys(schema) | {"order_id": f"o-{u}", "user_id": u, "day": DAY} for u in users]
    return pl.DataFrame(rows, schema=dict(schema))


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.slow)])
def lake(home: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Three versions of orders: of u1; of u1 and u2; of u1 again."""
    if request.param == "bucket":
        monkeypatch.setenv("UPSHELF_STORAGE", request.getfixturevalue("bucket"))
    lake = Lake(Settings.from_env().lake_url)
    for users in (("u1",), ("u1", "u2"), ("u1",)):
        lake.replace_partition("orders", orders(*users), DAY, DAY)
    return lake


def users(lake: Lake) -> list[str]:
    """Whose orders there are."""
    return sorted(lake.read("orders")["user_id"])


def test_a_version_or_a_time_comes_back_and_can_be_undone(lake: Lake, called: Called) -> None:
    """Told alone it changes nothing; it is a version of its own."""
    told = called("restore", "orders", "1", "--dry-run")
    assert (told.exit_code, users(lake)) == (0, ["u1"])
    assert told.stdout == "orders: version 1 has 2 rows, now there are 1; nothing was changed\n"
    before = datetime.now(UTC).isoformat()
    done = called("restore", "orders", "1")
    assert (done.exit_code, users(lake)) == (0, ["u1", "u2"])
    assert done.stdout.startswith("orders: 2 rows as in version 1, 1 before; it is version 3 now\n")
    undone = called("restore", "orders", before)
    assert (undone.exit_code, users(lake)) == (0, ["u1"]), undone.stderr


def test_forgotten_users_do_not_come_back(home: Path, lake: Lake, called: Called) -> None:
    """Neither while they wait, nor once they are done, as long as a version is there that names them."""
    store = Store(f"sqlite:///{home / 'store.db'}")
    record = ForgottenUsers(store.engine)
    asked = record.request({"u2": 7})
    refused = called("restore", "orders", "0")
    assert (refused.exit_code, "1 users are still to be forgotten" in refused.stderr) == (1, True)
    record.finish(asked.digests)
    refused = called("restore", "orders", "1")
    assert (refused.exit_code, "version 1 of orders holds rows of 1 users who have been" in refused.stderr) == (1, True)
    assert users(lake) == ["u1"]
    assert called("restore", "orders", "0").exit_code == 0
    store.close()


def test_what_cannot_come_back_is_told(lake: Lake, called: Called) -> None:
    """A version that never was, a time before the table, one whose files went, no table, and no version."""
    for at in ("9", "2020-01-01"):
        refused = called("restore", "orders", at)
        assert (refused.exit_code, "orders has no version" in refused.stderr) == (1, True)
    lake.purge("orders")
    gone = called("restore", "orders", "1")
    assert (gone.exit_code, "orders cannot be read as of 1" in gone.stderr) == (1, True)
    assert "there is no table 'order'" in called("restore", "order", "1").stderr
    assert "neither a version, such as 12, nor a time" in called("restore", "orders", "yesterday").stderr
