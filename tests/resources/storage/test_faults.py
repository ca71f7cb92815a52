"""A bucket that answers some requests by 503, or carries them out and loses the answer: nothing is lost or doubled."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import polars as pl
import pytest

from resources.engine import Engine
from resources.lake import Lake
from resources.model_store import BucketModelStore
from resources.storage import Objects
from resources.tables import TABLES
from tests.object_storage import flaky

DAYS = [f"2026-01-{day:02}" for day in range(1, 9)]
NAME = "flaky-bucket"
SHARE = 0.25
SEED = 20260103


@pytest.fixture
def flaky_bucket(bucket: str, storage_env: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A quarter of the requests fail. Polars keeps the server of a bucket's name, so this one has a name of its own."""
    with flaky(storage_env["AWS_ENDPOINT_URL"], SHARE, SEED) as endpoint:
        httpx.put(f"{storage_env['AWS_ENDPOINT_URL']}/{NAME}").raise_for_status()
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        yield f"s3://{NAME}"


def orders(day: str, name: str) -> pl.DataFrame:
    """An order of a day."""
    schema = TABLES["orders"]
    return pl.DataFrame([{**dict.fromkeys(schema), "day": day, "order_id": name}], schema=dict(schema))


@pytest.mark.slow
def test_tables_and_models_are_whole_when_a_bucket_fails_now_and_then(flaky_bucket: str, tmp_path: Path) -> None:
    """Every day has its last row once, every model its last files, and nothing lies about."""
    lake, models = Lake(f"{flaky_bucket}/lake"), BucketModelStore(f"{flaky_bucket}/models", tmp_path / "one")
    for day in DAYS:
        for name in ("first", "last"):
            lake.replace_partition("orders", orders(day, f"{day} {name}"), day, day)
        with models.writing("index", day) as folder:
            (folder / "a").write_text(day)
        lake.merge("products", pl.DataFrame({"day": [day], "product_id": [day]}), ("product_id",))
    assert sorted(lake.read("orders")["order_id"]) == [f"{day} last" for day in DAYS]
    assert sorted(lake.read("products", columns=["product_id"])["product_id"]) == DAYS
    counted = Engine(threads=1, memory_limit_gb=0.2).query("SELECT count(*) FROM o", {"o": lake.files("orders")})
    assert counted.item() == len(DAYS)
    other = BucketModelStore(f"{flaky_bucket}/models", tmp_path / "two")
    assert [(other.require("index", day) / "a").read_text() for day in DAYS] == DAYS
    other.clear_leftovers()
    assert len(Objects(flaky_bucket).list("models/folders")) == len(DAYS)
