"""The weekly care of tables on a small lake and registry: what goes, what stays, and what can be restored."""

import json
import os
import time
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from deltalake import DeltaTable

from assets.release.table_care import care_for_tables, table_care_job
from resources.lake import Lake
from resources.lake.aging import AGING
from resources.registry import Registry
from resources.settings import Settings
from resources.shop import Retention
from resources.tables import TABLES
from tests.default_shop import SHOP

DAYS = [f"2026-01-{n:02}" for n in range(1, 31)] + [f"2026-02-{n:02}" for n in range(1, 11)]
TODAY = date(2026, 2, 11)
OLD_SECONDS = 60 * 86_400
RETENTION = Retention(logs_days=30, versions_days=7)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry whose champion was made from the first version of orders and of products; it is only read."""
    home = tmp_path_factory.mktemp("home")
    made = Registry(Settings.from_env({"UPSHELF_HOME": str(home)}), SHOP.name)
    folder = home / "release"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"tables": {"orders": 0, "products": 0}}))
    made.register(made.log_run("release", parameters={}, metrics={}, folder=folder), {"as_of": DAYS[-1]})
    made.promote("1")
    return made


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Logs and derived tables of forty days, and products that were merged in a few at a time."""
    made = Lake(str(tmp_path / "lake"))
    for table in ("orders", "events", "quarantine_orders", "sessions", "product_embeddings"):
        made.replace_partition(table, rows(table, *DAYS), DAYS[0], DAYS[-1])
    for n in range(6):
        made.merge("products", rows("products", DAYS[0]).with_columns(product_id=pl.lit(f"p{n}")), ["product_id"])
    return made


def rows(table: str, *days: str) -> pl.DataFrame:
    """A row of each day."""
    return pl.DataFrame([dict.fromkeys(TABLES[table]) | {"day": day} for day in days], dict(TABLES[table]))


def age(lake: Lake) -> None:
    """Make every file of the lake, and the instants at which some went out of use, old."""
    then = time.time() - OLD_SECONDS
    root = Path(lake.uri(""))
    for log in root.glob("*/_delta_log/*.json"):
        actions = [json.loads(line) for line in log.read_text().splitlines()]
        for action in actions:
            if "remove" in action:
                action["remove"]["deletionTimestamp"] = int(1_000 * then)
        log.write_text("\n".join(map(json.dumps, actions)) + "\n")
    for file in root.rglob("*.parquet"):
        os.utime(file, (then, then))


def files(lake: Lake, table: str) -> list[str]:
    """Days of the files below a table, whichever version needs them; its checkpoints are none."""
    found = Path(lake.uri(table)).glob("day=*/*.parquet")
    return sorted(file.parent.name.removeprefix("day=") for file in found)


def test_old_days_are_gone_below_the_lake(lake: Lake, registry: Registry) -> None:
    """From the tables at once, from the disk when versions are no longer kept, whatever a release was made from."""
    cared = care_for_tables(lake, registry, RETENTION, today=TODAY)
    assert cared.last_day == DAYS[10]
    tables = ("orders", "events", "quarantine_orders", "sessions")
    assert cared.dropped == dict.fromkeys(tables, 11)
    for table in tables:
        assert sorted(lake.read(table)["day"]) == DAYS[11:]
        assert files(lake, table) == DAYS
    age(lake)
    again = care_for_tables(lake, registry, RETENTION, today=TODAY)
    assert again.dropped == {}
    assert {table: again.deleted[table] for table in tables} == dict.fromkeys(tables, 11)
    for table in AGING:
        assert [day for day in files(lake, table) if day <= DAYS[10]] == [], table
    assert sorted(lake.read("product_embeddings")["day"]) == DAYS
    assert not again.left


def test_what_is_restored_within_the_days_that_are_kept(lake: Lake, registry: Registry) -> None:
    """Also days that were dropped, which the next week drops again."""
    care_for_tables(lake, registry, RETENTION, today=TODAY)
    lake.restore("orders", lake.version_at("orders", 0))
    assert sorted(lake.read("orders")["day"]) == DAYS
    assert care_for_tables(lake, registry, RETENTION, today=TODAY).dropped == {"orders": 11}


def test_files_are_joined_and_those_of_a_release_stay(lake: Lake, registry: Registry) -> None:
    """Content as before; what the champion was made from can be read for as long as it is in use."""
    before = sorted(lake.read("products")["product_id"])
    cared = care_for_tables(lake, registry, Retention(), today=TODAY)
    assert (cared.last_day, cared.dropped) == (None, {})
    assert {table: tuple(of) for table, of in cared.compacted.items()} == {"products": (6, 1)}
    assert sorted(lake.read("products")["product_id"]) == before
    age(lake)
    assert care_for_tables(lake, registry, Retention(), today=TODAY).deleted == {"products": 5}
    assert lake.count("products", version=lake.version_at("products", 0)) == 1
    assert sorted(lake.read("products")["product_id"]) == before
    assert lake.count("orders", version=0) == len(DAYS)


def test_a_table_whose_files_cannot_be_told_is_left(lake: Lake, registry: Registry) -> None:
    """With the reason, and the others are cared for."""
    DeltaTable(lake.uri("products")).create_checkpoint()
    (Path(lake.uri("products")) / "_delta_log" / f"{0:020}.json").unlink()
    cared = care_for_tables(lake, registry, RETENTION, today=TODAY)
    assert "the files of products that versions [0] need cannot be told" in cared.left["products"]
    assert "orders" in cared.dropped


def test_the_job_says_what_it_did(lake: Lake, registry: Registry) -> None:
    """In the metadata of its step; the shop's file says how long."""
    resources = {"shop": SHOP, "lake": lake, "registry": registry}
    with dg.DagsterInstance.ephemeral() as instance:
        done = table_care_job.execute_in_process(instance=instance, resources=resources)
        assert done.success
        (event,) = [event for event in done.all_node_events if event.event_type_value == "STEP_OUTPUT"]
    told = {name: value.value for name, value in event.step_output_data.metadata.items()}
    assert told["dropped_up_to"] == "nothing: shop.toml says no [retention] logs_days"
    assert told["files_before_and_after"] == {"products": [6, 1]}
