"""The joint plan as an asset, on drawn campaigns whose true effects are known."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from assets.daily.declared import JOINT_PLAN
from assets.definitions import build_defs
from assets.models.manifest import part_of
from assets.targeting.joint_plan import JOINT_FILE, joint_plan
from assets.targeting.plan import targeting_plan
from evaluation.arrays import Floats
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Campaign, Shop, Targeting
from resources.tables import TABLES
from tests.assets.one_asset import run
from tests.default_shop import SHOP

DAY = "2026-01-30"
USERS, BUDGET = 3_000, 600.0
COSTS = {"mail": (0.2, 0.0), "push": (0.1, 0.0), "voucher": (0.3, 4.0)}
"""Contact cost and incentive; a response is worth 10."""
USUAL: dict[str, Any] = {"margin": 0.5, "revenue_per_response": 20.0}


def shop(budget: float | None = BUDGET, *, joint: Targeting | None, **more: Any) -> Shop:  # noqa: ANN401
    """Three campaigns, each with this budget of its own."""
    campaigns = {
        name: Campaign(contact_cost=cost, incentive=incentive, budget=budget, **USUAL, **more)
        for name, (cost, incentive) in COSTS.items()
    }
    return msgspec.structs.replace(SHOP, campaigns=campaigns, targeting=joint)


def draw(home: Path, seed: int = 1) -> Floats:
    """Write the campaigns' scores, which are their true effects with noise; the true net value [users, campaigns].

    Vouchers help a few much, push many a little: a budget cut in equal parts does not fit them.
    """
    rng = np.random.default_rng(seed)
    lake, models = Lake(str(home / "lake")), ModelStore(home / "models")
    base = rng.uniform(0.02, 0.2, USERS)
    spread = {"mail": (0.03, 0.05), "push": (0.0, 0.02), "voucher": (0.08, 0.15)}
    net = []
    for name, (mean, deviation) in spread.items():
        effect = np.clip(mean + deviation * rng.normal(size=USERS), -base, 1 - base)
        cost, incentive = COSTS[name]
        net.append(10 * effect - cost - incentive * (base + effect))
        guess = np.clip(effect + 0.02 * rng.normal(size=USERS), -base, 1 - base)
        scores = pl.DataFrame(
            {
                "day": DAY,
                "user_id": [f"u{n:04d}" for n in range(USERS)],
                "uplift": guess,
                "lower": guess - 0.05,
                "upper": guess + 0.05,
                "p_control": base,
                "p_treated": base + guess,
                "segment": "persuadable",
                "campaign": name,
            }
        )
        lake.replace_partition("uplift_scores", scores.select(list(TABLES["uplift_scores"])), DAY, DAY, campaign=name)
        for part in ("uplift_model", "uplift_scores"):
            with models.writing(part_of(part, name), DAY):
                pass
        models.mark_unavailable(part_of("roi_simulation", name), DAY, Unavailable("not simulated here"))
    return np.column_stack(net)


def planned(home: Path, of: Shop) -> tuple[dict[str, Any], pl.DataFrame]:
    """The joint plan's summary and its contacts."""
    assert run(joint_plan, DAY, home=home, shop=of).success
    folder = ModelStore(home / "models").require("joint_plan", DAY)
    return json.loads((folder / JOINT_FILE).read_text()), pl.read_ipc(folder / "contacts.arrow")


def earned(net: Floats, contacts: pl.DataFrame) -> float:
    """True profit of contacts of users and campaigns."""
    places = {name: place for place, name in enumerate(COSTS)}
    rows = contacts["user_id"].str.slice(1).cast(pl.Int64).to_numpy()
    return float(net[rows, [places[name] for name in contacts["campaign"]]].sum())


def test_it_earns_more_than_plans_apart_with_the_budget_in_equal_parts(tmp_path: Path) -> None:
    """By true effects; both spend what they may, and a user gets at most two contacts of three."""
    net = draw(tmp_path)
    plan, joint = planned(tmp_path, shop(joint=Targeting(budget=BUDGET, max_contacts=2)))
    assert BUDGET * 0.99 < plan["spend"] <= BUDGET
    assert plan["gap"] < 0.01
    assert joint.group_by("user_id").len()["len"].max() == 2
    separately = pl.concat(_apart(tmp_path, shop(BUDGET / len(COSTS), joint=None), name) for name in COSTS)
    assert earned(net, joint) > 1.1 * earned(net, separately)
    assert earned(net, joint) == pytest.approx(plan["profit"], rel=0.25)


def _apart(home: Path, of: Shop, name: str) -> pl.DataFrame:
    """The contacts of one campaign's own plan."""
    assert run(targeting_plan, DAY, home=home, shop=of, campaign=name).success
    folder = ModelStore(home / "models").require(part_of("targeting_plan", name), DAY)
    return pl.read_ipc(folder / "contacts.arrow").select("user_id", campaign=pl.lit(name))


def test_contacts_on_record_count_whichever_campaign_made_them(tmp_path: Path) -> None:
    """One who had two of two gets none, one who had one gets one more; a control row is no contact."""
    draw(tmp_path)
    ts = datetime(2026, 1, 30, 9, tzinfo=UTC)
    made = [
        ("u0001", "mail", "letter"),
        ("u0001", "voucher", "paper"),
        ("u0002", "push", "app"),
        ("u0003", "push", "control"),
    ]
    rows = [
        {"day": DAY, "exposure_id": str(n), "ts": ts, "user_id": user, "campaign_id": campaign, "arm": arm}
        for n, (user, campaign, arm) in enumerate(made)
    ]
    exposures = pl.DataFrame(rows, schema=dict(TABLES["ad_exposures"]))
    Lake(str(tmp_path / "lake")).replace_partition("ad_exposures", exposures, DAY, DAY)
    free, _ = planned(tmp_path, shop(joint=Targeting()))
    _, joint = planned(tmp_path, shop(joint=Targeting(max_contacts=2, contact_days=1)))
    counts = dict(joint.group_by("user_id").len().iter_rows())
    assert "u0001" not in counts
    assert counts.get("u0002", 0) <= 1
    assert max(counts.values()) == 2
    assert (free["cutoff"], free["budget"]) == (0.0, None)
    assert "more budget would earn nothing" in free["verdict"]


def test_a_campaign_that_cannot_be_planned_is_left_out_with_its_reason(tmp_path: Path) -> None:
    """The others share its money; a closed one contacts nobody."""
    draw(tmp_path)
    models = ModelStore(tmp_path / "models")
    models.mark_unavailable(part_of("uplift_model", "voucher"), DAY, Unavailable("too few responses"))
    several = shop(joint=Targeting(budget=BUDGET))
    closed = msgspec.structs.replace(several.campaigns["push"], closed=True)
    several = msgspec.structs.replace(several, campaigns={**several.campaigns, "push": closed})
    plan, joint = planned(tmp_path, several)
    assert set(joint["campaign"]) == {"mail"}
    assert plan["missing"]["voucher"] == "too few responses"
    assert "closed" in plan["missing"]["push"]
    assert list(plan["shares"]) == ["mail"]


def test_only_a_shop_that_says_so_plans_jointly() -> None:
    """The asset is there with [targeting] alone, and the release reads it."""
    for targeting in (None, Targeting()):
        specs = {
            spec.key.to_user_string(): spec for spec in build_defs(shop=shop(joint=targeting)).resolve_all_asset_specs()
        }
        assert (JOINT_PLAN in specs) is (targeting is not None)
        read = {dep.asset_key.to_user_string() for dep in specs["release"].deps}
        assert (JOINT_PLAN in read) is (targeting is not None)
    assert {dep.asset_key.to_user_string() for dep in specs[JOINT_PLAN].deps} >= {"uplift_scores__mail", "ad_exposures"}
