"""A click's way: posted over HTTP, it moves what is served when the counts are next read, and is in the lake once."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from litestar import Litestar
from litestar.testing import TestClient

from resources.lake import Lake
from resources.store import Store
from serving.banners.selection import FRESH_SECONDS
from serving.settings import ServingSettings
from tests.resources.ingestion.ingested import read_days

Client = TestClient[Litestar]


def propensity_of_poor(client: Client) -> float:
    """With which the banner that the logs call poor is drawn now, over a few selections."""
    for _ in range(2_000):
        one = client.post("/v1/banners/home/select", json={}).json()
        if one["banner_id"] == "poor":
            return float(one["propensity"])
    raise AssertionError("the poor banner was never drawn")


def test_clicks_change_the_served_share_and_reach_the_lake_once(
    client: Client, settings: ServingSettings, tmp_path: Path
) -> None:
    """300 clicks on the poor banner make it likely a second later; sent twice and read twice, each is there once.

    The default freshness of the counts is what two seconds allow.
    """
    assert FRESH_SECONDS <= 1.0
    before = propensity_of_poor(client)
    others = {"exclude": ["good", "fair"]}
    shown = [client.post("/v1/banners/home/select", json=others).json()["impression_id"] for _ in range(300)]
    clicks = {"rewards": [{"impression_id": impression, "reward": 1} for impression in shown]}
    assert [client.post("/v1/banners/rewards", json=clicks).json()["new"] for _ in range(2)] == [300, 0]
    time.sleep(FRESH_SECONDS)
    after = propensity_of_poor(client)
    assert before < 0.5
    assert after > 0.9
    lake, store, today = Lake(str(tmp_path / "lake")), Store(settings.store_url), datetime.now(UTC).date()
    days = today - timedelta(days=1), today
    for _ in range(2):
        read_days(lake, None, days, table="banner_impressions", feedback=store.read_impressions)
    counted = store.totals(["good", "fair", "poor"])
    store.close()
    raw = lake.read("banner_impressions")
    assert raw["impression_id"].is_unique().all()
    clicked = raw.filter(raw["reward"] == 1)
    assert sorted(clicked["impression_id"]) == sorted(shown)
    assert set(clicked.select("banner_id", "policy").rows()) == {("poor", "thompson")}
    assert raw.height == sum(count.impressions for count in counted.values())
