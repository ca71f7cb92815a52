"""What banners earned and would have, on impressions whose rates are known."""

import json
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from assets.models.manifest import METRICS_FILE
from assets.recommendations.banner_report import banner_report
from assets.recommendations.recommenders import banner_priors
from resources.lake import Lake
from resources.model_store import ModelStore
from resources.settings import Settings
from resources.shop import Slot
from resources.tables import TABLES
from tests.assets.one_asset import run
from tests.default_shop import SHOP

DAY = "2026-01-10"
RATES = {"poor": 0.05, "good": 0.4}
LOGGED = {"poor": 0.75, "good": 0.25}
"""Shares in which slot home shows them; the log says so."""
ROWS = 2_000


def write(home: Path, days: int) -> None:
    """Impressions of the last ``days`` days up to DAY; on the last one a banner of another slot comes in."""
    rng = np.random.default_rng(4)
    frames = []
    for number in range(11 - days, 11):
        banner = rng.choice(list(LOGGED), ROWS, p=list(LOGGED.values()))
        frames.append(
            pl.DataFrame(
                {
                    "day": f"2026-01-{number:02d}",
                    "impression_id": [f"{number}-{i}" for i in range(ROWS)],
                    "slot": "home",
                    "position": 1,
                    "banner_id": banner,
                    "propensity": [LOGGED[one] for one in banner],
                    "reward": (rng.random(ROWS) < [RATES[one] for one in banner]).astype(float),
                }
            )
        )
    late = frames[-1].head(5).with_columns(slot=pl.lit("new"), impression_id=pl.col("impression_id") + "-new")
    ts = pl.col("day").str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC").alias("ts")
    schema = dict(TABLES["banner_impressions"])
    told = pl.concat([*frames, late]).with_columns(ts)
    others = [pl.lit(None).alias(name) for name in schema if name not in told.columns]
    frame = told.with_columns(others).select(list(schema)).cast(schema)
    lake = Lake(Settings.from_env({"UPSHELF_HOME": str(home)}).lake_url)
    lake.replace_partition("banner_impressions", frame, "2026-01-01", DAY)


def test_each_policy_is_valued_by_each_estimator(tmp_path: Path) -> None:
    """Mean rewards known: as logged .1375, in equal shares .225, `good` alone .4, which Thompson comes near."""
    write(tmp_path, days=4)
    assert run(banner_priors, DAY, home=tmp_path).success
    assert run(banner_report, DAY, home=tmp_path).success
    folder = ModelStore(tmp_path / "models").path("banner_report", DAY)
    figures = json.loads((folder / "banners.json").read_text(encoding="utf-8"))
    assert list(figures) == ["home"]
    assert figures["home"]["impressions"] == ROWS
    policies = figures["home"]["policies"]
    assert policies["logged"]["logged"]["lower"] < 0.1375 < policies["logged"]["logged"]["upper"]
    for policy, worth in (("uniform", 0.225), ("always good", 0.4), ("always poor", 0.05)):
        for estimator in ("ips", "snips", "dr", "switch_dr"):
            interval = policies[policy][estimator]
            assert interval["lower"] < worth < interval["upper"], (policy, estimator)
        assert policies[policy]["dm"]["estimate"] == pytest.approx(worth, abs=0.03)
    assert policies["always good"]["effective_size"] == figures["home"]["banners"]["good"]["impressions"]
    assert figures["home"]["banners"]["good"]["odds"] > 0.99
    assert policies["thompson"]["dr"]["lower"] > policies["logged"]["logged"]["upper"]
    assert policies["own"]["dr"] == pytest.approx(policies["thompson"]["dr"], abs=0.01)
    metrics = json.loads((folder / METRICS_FILE).read_text(encoding="utf-8"))
    assert metrics["banner_reward_thompson"] == policies["thompson"]["dr"]["estimate"]
    assert (folder / "banner_policies.png").stat().st_size > 5_000


def test_one_day_of_impressions_cannot_be_judged_by_itself(tmp_path: Path) -> None:
    """With the reason; a night goes on."""
    write(tmp_path, days=1)
    assert run(banner_report, DAY, home=tmp_path).success
    reason = ModelStore(tmp_path / "models").unavailable("banner_report", DAY)
    assert f"no banner impressions both on {DAY} and before" in str(reason)


def test_the_slots_own_policy_is_judged_beside_plain_thompson(tmp_path: Path) -> None:
    """In equal shares, which the shop has declared, an impression earns .225; the report names the policy."""
    write(tmp_path, days=4)
    shop = msgspec.structs.replace(SHOP, slots={"home": Slot(policy="uniform")})
    assert run(banner_priors, DAY, home=tmp_path, shop=shop).success
    assert run(banner_report, DAY, home=tmp_path, shop=shop).success
    folder = ModelStore(tmp_path / "models").path("banner_report", DAY)
    home = json.loads((folder / "banners.json").read_text(encoding="utf-8"))["home"]
    assert home["policy"] == "uniform"
    assert home["policies"]["own"] == home["policies"]["uniform"]
    assert "trial" not in home
