"""What a campaign earns, from files to the plan: with one absurd order, with returns, with two campaigns in one log."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from assets.models.manifest import Manifest
from assets.uplift.experiment import EFFECTS_FILE
from resources.shop import Shop
from tests.integration.degenerate_shops import FIRST, LAST
from tests.integration.test_degenerate_shops import night

pytestmark = pytest.mark.slow

USERS = 4_000
SHOP = """
name = "money"
first_day = {first}
last_day = {last}
window_days = 5
[source]
kind = "files"
folder = "{folder}"
[user_attributes]
numeric = ["age"]
[campaign]
attribution_days = 2
{campaign}
"""
Change = Callable[[pl.DataFrame], pl.DataFrame]


def trial() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Users, exposures and orders: a tenth buys for about 35, of those contacted under 40 three in ten."""
    rng = np.random.default_rng(5)
    users = [f"u{n}" for n in range(USERS)]
    age, treated = rng.integers(18, 80, USERS), rng.random(USERS) < 0.5
    at = datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC) + timedelta(days=1)
    bought = rng.random(USERS) < np.where(treated & (age < 40), 0.3, 0.1)
    start = at - timedelta(days=9)
    people = pl.DataFrame({"user_id": users, "age": age.astype(float)}).with_columns(updated_at=pl.lit(start))
    exposures = pl.DataFrame(
        {"exposure_id": users, "user_id": users, "arm": np.where(treated, "mail", "control")}
    ).with_columns(ts=pl.lit(at), campaign_id=pl.lit("spring"), propensity=pl.lit(0.5), cost=pl.lit(0.1))
    orders = pl.DataFrame({"user_id": users, "unit_price": rng.normal(35, 3, USERS).round(2)}).filter(pl.Series(bought))
    orders = orders.with_columns(
        pl.format("o{}", "user_id").alias("order_id"),
        line=pl.lit(1),
        ts=pl.lit(at + timedelta(hours=5)),
        kind=pl.lit("sale"),
        product_id=pl.lit("p"),
        quantity=pl.lit(1),
    )
    return people, exposures, orders


def planned(
    home: Path, encoder: Path, frames: Sequence[pl.DataFrame], campaign: str = ""
) -> tuple[Manifest, dict[str, Any], dict[str, Any]]:
    """The release, the plan and what the experiment says of effects; empty where there is none."""
    folder = home / "shop"
    folder.mkdir()
    text = SHOP.format(first=FIRST, last=LAST, folder=folder, campaign=campaign)
    for table, rows in zip(("users", "ad_exposures", "orders"), frames, strict=True):
        rows.write_parquet(folder / f"{table}.parquet")
        text += f"[tables.{table}]\nquery = \"SELECT * FROM read_parquet('{{folder}}/{table}.parquet')\"\n"
    (folder / "shop.toml").write_text(text, encoding="utf-8")
    manifest = night(home, Shop.load(folder / "shop.toml"), encoder)

    def read(asset: str, file: str) -> dict[str, Any]:
        path = home / "models" / asset / str(LAST) / file
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    return manifest, read("targeting_plan", "plan.json"), read("experiment", EFFECTS_FILE)


def test_one_absurd_order_changes_neither_plan_nor_roi(tmp_path: Path, encoder: Path) -> None:
    """A million by one who was contacted: the plan earns what it earned before, within a few percent."""
    people, exposures, orders = trial()
    lucky = exposures.filter(arm="mail").join(orders, on="user_id")["user_id"][0]
    absurd = orders.with_columns(
        pl.when(pl.col("user_id") == lucky).then(1e6).otherwise("unit_price").alias("unit_price")
    )
    plans = []
    for name, of in (("before", orders), ("after", absurd)):
        home = tmp_path / name
        home.mkdir()
        _, plan, _ = planned(home, encoder, (people, exposures, of))
        plans.append(plan)
    before, after = plans
    assert before["profit"] > 500
    assert after["profit"] == pytest.approx(before["profit"], rel=0.05)
    measured = after["measured_profit"]
    assert measured["lower"] < after["profit"] < measured["upper"]
    assert measured["estimate"] == pytest.approx(before["measured_profit"]["estimate"], rel=0.05)


def test_what_is_sent_back_earns_nothing(tmp_path: Path, encoder: Path) -> None:
    """Everyone who was contacted sends it back the next day: no effect is left to plan with, and the arms differ."""
    people, exposures, orders = trial()
    contacted = exposures.filter(arm="mail").select("user_id")
    back = orders.join(contacted, on="user_id", how="semi").with_columns(
        pl.format("back-{}", "order_id").alias("order_id"), kind=pl.lit("return"), ts=pl.col("ts") + timedelta(days=1)
    )
    manifest, plan, effects = planned(tmp_path, encoder, (people, exposures, pl.concat([orders, back])))
    assert effects["returned"] == {"control": 0.0, "mail": 1.0}
    assert effects["effect"]["effect"]["upper"] < 0
    assert not plan
    assert "one outcome only" in manifest.unavailable["segments"]


@pytest.mark.parametrize(
    ("campaign", "reason"),
    [("", "campaigns that the shop has not told apart"), ('campaigns = ["spring"]', None)],
)
def test_two_campaigns_are_told_apart(tmp_path: Path, encoder: Path, campaign: str, reason: str | None) -> None:
    """A newsletter without effect to all users beside it: an error in words, or its exposures do not count."""
    people, exposures, orders = trial()
    rng = np.random.default_rng(9)
    newsletter = exposures.with_columns(
        pl.format("n-{}", "exposure_id").alias("exposure_id"),
        pl.Series("arm", np.where(rng.random(USERS) < 0.5, "mail", "control")),
        campaign_id=pl.lit("newsletter"),
    )
    manifest, plan, effects = planned(tmp_path, encoder, (people, pl.concat([exposures, newsletter]), orders), campaign)
    if reason is not None:
        assert reason in manifest.unavailable["segments"]
        assert "'newsletter' (4,000), 'spring' (4,000)" in manifest.unavailable["segments"]
        assert not plan
        return
    assert effects["effect"]["users"] == USERS
    assert effects["groups"][0]["attribute"] == "age"
    assert plan["measured_profit"]["lower"] > 0
