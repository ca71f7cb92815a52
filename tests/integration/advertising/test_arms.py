"""A campaign of three arms end to end: which arm for whom, what the plan would earn, and what the release answers."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.holdout import is_holdout
from assets.models.uplift.targeting.arm_plan import plan_contacts
from assets.models.uplift.uplift_scores import arm_column
from benchmarks.uplift.arm_world import ARM_COSTS, ARM_PRICES, MARGIN, ArmWorld, arm_world
from serving.campaigns.decisions import decide
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot
from serving.requests import DecisionRequest
from tests.integration.home import Pipeline

pytestmark = pytest.mark.slow

USERS, BUDGET, LAST = 12_000, 1_500.0, "2026-01-04"
SHOP = """
name = "arms"
first_day = 2026-01-01
last_day = 2026-01-04
window_days = 4

[source]
kind = "files"
folder = "{folder}"

[user_attributes]
numeric = ["age", "thrift", "loyalty", "reads"]

[campaign]
attribution_days = 2
margin = {margin}
budget = {budget}

{arms}
[campaign.arms.letter]
contact_cost = 1.0

[tables.users]
query = "SELECT * FROM read_parquet('{{folder}}/users.parquet')"

[tables.ad_exposures]
query = "SELECT * FROM read_parquet('{{folder}}/exposures.parquet')"

[tables.orders]
query = "SELECT * FROM read_parquet('{{folder}}/orders.parquet')"
"""


def write_shop(folder: Path, world: ArmWorld) -> Path:
    """The world's logs as files, with a few users who are scored but were in no trial, and the shop that reads them."""
    frame = world.frame
    traits = [
        pl.col("numeric").list.get(place).struct.field("value").alias(name)
        for place, name in enumerate(("age", "thrift", "loyalty", "reads"))
    ]
    frame.select("user_id", (pl.col("ts").dt.truncate("1d")).alias("updated_at"), *traits).write_parquet(
        folder / "users.parquet"
    )
    frame.select(
        "exposure_id", "user_id", "campaign_id", "ts", "arm", pl.col("arm_propensity").alias("propensity"), cost=0.0
    ).write_parquet(folder / "exposures.parquet")
    frame.filter(pl.col("outcome") == 1).select(
        pl.format("o-{}", "user_id").alias("order_id"),
        pl.lit(1).alias("line"),
        (pl.col("ts") + pl.duration(hours=20)).alias("ts"),
        pl.lit("sale").alias("kind"),
        "user_id",
        pl.lit("basket").alias("product_id"),
        pl.lit(1).alias("quantity"),
        pl.col("revenue").alias("unit_price"),
    ).write_parquet(folder / "orders.parquet")
    arms = "\n".join(
        f"[campaign.arms.{name}]\ncontact_cost = {cost}\nincentive = {incentive}"
        for name, (cost, incentive) in ARM_COSTS.items()
    )
    path = folder / "shop.toml"
    path.write_text(SHOP.format(folder=folder, margin=MARGIN, budget=BUDGET, arms=arms))
    return path


@pytest.fixture(scope="module")
def world() -> ArmWorld:
    """The trial, and what no shop sees."""
    return arm_world(USERS, seed=11)


@pytest.fixture(scope="module")
def campaign(
    make_pipeline: Callable[..., Pipeline], tmp_path_factory: pytest.TempPathFactory, world: ArmWorld
) -> Pipeline:
    """All days, then the models as of the last."""
    pipeline = make_pipeline(write_shop(tmp_path_factory.mktemp("shop"), world))
    pipeline.run(f"tables:2026-01-01:{LAST}", f"models:{LAST}")
    return pipeline


def folder(campaign: Pipeline, asset: str) -> Path:
    """Where an asset's files are."""
    return campaign.home / "models" / asset / LAST


def strategies(campaign: Pipeline, which: str = "strategies") -> dict[str, dict[str, Any]]:
    """The strategies of the simulation by name."""
    body = json.loads((folder(campaign, "roi_simulation") / "strategies.json").read_text(encoding="utf-8"))
    return {row["strategy"]: row for row in body[which]}


def contacts(campaign: Pipeline) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows of the plan, and the arm of each user of the world as the truth wants it."""
    rows = pl.read_ipc(folder(campaign, "targeting_plan") / "contacts.arrow")
    arm = np.full(USERS, -1)
    places = {name: place for place, name in enumerate(ARM_COSTS)}
    arm[rows["user_id"].str.slice(1).cast(pl.Int64).to_numpy()] = [places[name] for name in rows["arm"]]
    return rows, arm


def test_the_frame_tells_arms_and_odds(campaign: Pipeline) -> None:
    """Every exposure with its arm; orders of the window as outcome."""
    frame = campaign.lake.read("ad_frame")
    assert frame.height == USERS
    assert set(frame["arm"]) == {"control", *ARM_COSTS}
    mail = frame.filter(pl.col("arm") == "mail")
    assert mail["propensity"].unique().to_list() == pytest.approx([0.2])


def test_an_arm_that_was_never_sent_is_skipped_and_the_others_go_on(campaign: Pipeline) -> None:
    """The letter is declared, and nobody got one."""
    model = json.loads((folder(campaign, "arm_effects") / "model" / "arm_model.json").read_text(encoding="utf-8"))
    assert list(model["skipped"]) == ["letter"]
    assert "0 users of the arm letter" in model["skipped"]["letter"]
    assert model["trained_rows"] == USERS - is_holdout([f"u{row:06d}" for row in range(USERS)]).sum()


def test_the_plan_keeps_to_the_budget_and_beats_one_arm_and_pooled_targeting(
    campaign: Pipeline, world: ArmWorld
) -> None:
    """True profit: of the plan, of each single arm and of pooled targeting by the same release's own scores."""
    rows, arm = contacts(campaign)
    plan = json.loads((folder(campaign, "targeting_plan") / "plan.json").read_text(encoding="utf-8"))
    by_arm = {name: count for name, count in plan["contacts"].items() if count}
    assert by_arm == dict(rows["arm"].value_counts().iter_rows())
    assert len(by_arm) >= 2
    assert set(plan["contacts"]) == set(ARM_COSTS)
    assert BUDGET * 0.99 < plan["spend"] <= BUDGET
    assert (rows["uplift"] > 0).all()
    assert (rows["upper"] >= 0).all()
    assert (rows["segment"] != "sleeping_dog").all()
    profit = world.profit(arm)
    effects = pl.read_ipc(folder(campaign, "arm_effects") / "scores.arrow")
    for place, name in enumerate(ARM_COSTS):
        figures = {figure: effects[arm_column(figure, name)] for figure in ("uplift", "upper", "p_treated")}
        single = plan_contacts(pl.DataFrame(figures), ARM_PRICES, [name], budget=BUDGET)
        assert profit > world.profit(np.where(single.contacted, place, -1))
    scores = campaign.lake.read("uplift_scores", LAST, LAST).sort("user_id")
    pooled = plan_contacts(scores, ARM_PRICES, ["any"], budget=BUDGET)
    assert profit > 1.3 * world.net.mean(axis=1)[pooled.contacted].sum()


@pytest.mark.parametrize("which", ["strategies", "strategies_doubly_robust"])
def test_the_simulation_values_the_plan_and_every_arm(campaign: Pipeline, world: ArmWorld, which: str) -> None:
    """Each interval holds the truth, and the optimiser earns most of what the budget allows.

    Its gain is beyond doubt in doubly robust terms; inverse propensities alone are too noisy for that on 30 % of users.
    """
    result = strategies(campaign, which)
    assert list(result)[-4:] == ["everyone_gets_mail", "everyone_gets_text", "everyone_gets_voucher", "optimiser"]
    truth = dict(zip(ARM_COSTS, world.net.sum(axis=0), strict=True))
    for name, profit in truth.items():
        simulated = result[f"everyone_gets_{name}"]["profit"]
        assert simulated["lower"] <= profit <= simulated["upper"], name
    best = result["optimiser"]["profit"]
    assert best["lower"] <= world.profit(contacts(campaign)[1]) <= best["upper"]
    assert (best["lower"] if which == "strategies_doubly_robust" else best["estimate"]) > 0
    assert result["optimiser"]["cost"] <= 1.1 * BUDGET
    assert best["estimate"] > result["uplift_under_budget"]["profit"]["estimate"]
    assert (folder(campaign, "roi_simulation") / "profit.png").stat().st_size > 5_000


def test_the_release_decides_as_the_plan_does(campaign: Pipeline) -> None:
    """Served scores, prices and cut-off choose the plan's arm for its users, and nobody else but at the cut."""
    snapshot = Snapshot.load(campaign.release_folder(LAST), "1")
    assert snapshot.release.segments is not None
    assert snapshot.release.segments.arms == tuple(ARM_COSTS)
    assert snapshot.economics is not None
    assert snapshot.economics.prices.arms == {**ARM_COSTS, "letter": (1.0, 0.0)}
    assert snapshot.economics.cutoff > 0
    planned = dict(contacts(campaign)[0].select("user_id", "arm").iter_rows())
    users = [f"u{row:06d}" for row in range(1_000)]
    alike, workers = 0, Workers()
    for user in users:
        decision = asyncio.run(decide(snapshot, None, workers, DecisionRequest(user_id=user)))
        alike += decision.arm == planned.get(user)
    assert alike >= 0.99 * len(users)
