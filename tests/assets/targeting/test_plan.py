"""The plan as an asset: its files for one treatment and for several arms, by hand."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from assets.models.uplift.targeting.simulation import OPTIMISER
from assets.models.uplift.uplift_scores import ARM_FIGURES, arm_column
from assets.targeting.plan import PLAN_FILE, targeting_plan
from assets.targeting.roi import STRATEGIES_FILE
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Arm, Campaign
from resources.tables import TABLES
from tests.assets.one_asset import run
from tests.default_shop import SHOP

DAY = "2026-01-30"
USERS = {"dog": (-0.2, -0.1), "mail": (0.1, 0.2), "voucher": (0.3, 0.4)}
"""User → effect of a contact and its upper bound; everyone buys with .1 without one."""


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table of the lake on the day, other columns null."""
    return pl.DataFrame([{"day": DAY, **row} for row in rows], schema=dict(TABLES[name]))


def planned(home: Path, *, contacted: str | None = None, **campaign: Any) -> tuple[dict[str, Any], pl.DataFrame]:  # noqa: ANN401
    """Plan and contacts of a shop that keeps half of 20 a response; ``contacted`` got an ad on the day."""
    scores = [
        {"user_id": user, "uplift": u, "lower": u - 0.1, "upper": upper, "p_control": 0.1, "p_treated": max(0.1 + u, 0)}
        for user, (u, upper) in USERS.items()
    ]
    lake = Lake(str(home / "lake"))
    segments = [{**row, "segment": "sleeping_dog" if row["upper"] < 0 else "persuadable"} for row in scores]
    lake.replace_partition("uplift_scores", table("uplift_scores", segments), DAY, DAY)
    with ModelStore(home / "models").writing("uplift_model", DAY) as folder:
        (folder / "model.json").write_text("{}")
    measured = {"strategy": OPTIMISER, "profit": {"estimate": 3.0, "lower": 1.0, "upper": 5.0}}
    with ModelStore(home / "models").writing("roi_simulation", DAY) as folder:
        (folder / STRATEGIES_FILE).write_text(json.dumps({"strategies_doubly_robust": [measured]}))
    if contacted is not None:
        made = {"exposure_id": "e", "campaign_id": "c", "arm": "ad", "user_id": contacted}
        ts = datetime(2026, 1, 30, 9, tzinfo=UTC)
        lake.replace_partition("ad_exposures", table("ad_exposures", [{**made, "ts": ts}]), DAY, DAY)
    usual = {"margin": 0.5, "revenue_per_response": 20.0, "contact_cost": 0.1}
    shop = msgspec.structs.replace(SHOP, campaign=Campaign(**{**usual, **campaign}))
    assert run(targeting_plan, DAY, home=home, shop=shop).success
    folder = ModelStore(home / "models").require("targeting_plan", DAY)
    return json.loads((folder / PLAN_FILE).read_text()), pl.read_ipc(folder / "contacts.arrow")


def test_one_treatment_is_planned_by_its_effects(tmp_path: Path) -> None:
    """10 · .1 - .1 and 10 · .3 - .1 are earned; who is put off gets no contact."""
    plan, contacts = planned(tmp_path, treatment="letter")
    assert contacts["user_id"].to_list() == ["mail", "voucher"]
    assert contacts.columns == ["user_id", "uplift", "lower", "upper", "segment"]
    assert (plan["contacts"], plan["profit"]) == ({"letter": 2}, pytest.approx(0.9 + 2.9))
    assert plan["left_out"]["sleeping dog"] == 1
    assert "arm" not in plan
    assert plan["measured_profit"] == {"estimate": 3.0, "lower": 1.0, "upper": 5.0}
    assert "on the holdout such contacts earn 3.00 (1.00 to 5.00)" in plan["verdict"]


def test_a_contact_on_record_counts_against_the_limit(tmp_path: Path) -> None:
    """At most one in the period: the user who had it is left out."""
    plan, contacts = planned(tmp_path, contacted="voucher", max_contacts=1)
    assert contacts["user_id"].to_list() == ["mail"]
    assert plan["left_out"]["contact limit"] == 1


def test_each_user_gets_the_arm_that_earns_most(tmp_path: Path) -> None:
    """A voucher takes 2 of every buyer: it pays where its effect is .3, not where mail does as well."""
    effects = {"mail": [0.05, 0.1, 0.0], "voucher": [0.05, 0.1, 0.3]}
    figures = {
        arm_column(figure, arm): [u + {"lower": -0.1, "upper": 0.1, "p_treated": 0.1}.get(figure, 0.0) for u in values]
        for arm, values in effects.items()
        for figure in ARM_FIGURES
    }
    with ModelStore(tmp_path / "models").writing("arm_effects", DAY) as folder:
        pl.DataFrame({"user_id": list(USERS), **figures}).write_ipc(folder / "scores.arrow")
    plan, contacts = planned(tmp_path, arms={"mail": Arm(), "voucher": Arm(incentive=2.0)})
    assert contacts.select("user_id", "arm").rows() == [("mail", "mail"), ("voucher", "voucher")]
    assert contacts["uplift"].to_list() == [0.1, 0.3]
    assert plan["profit"] == pytest.approx((1 - 0.1) + (3 - 0.1 - 2 * 0.4))


def test_no_scores_leave_the_reason_of_the_model(tmp_path: Path) -> None:
    """What the uplift model says of itself is what the plan says."""
    models = ModelStore(tmp_path / "models")
    models.mark_unavailable("uplift_model", DAY, Unavailable("the trial is too small"))
    assert run(targeting_plan, DAY, home=tmp_path).success
    with pytest.raises(Unavailable, match="the trial is too small"):
        models.require("targeting_plan", DAY)
