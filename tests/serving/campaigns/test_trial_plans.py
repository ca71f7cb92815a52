"""A trial is planned over HTTP."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.release import Release
from serving.campaigns.trial_plans import plan_answer
from serving.release.snapshot import Snapshot
from serving.requests import PlanRequest
from tests.serving.releases import roi_holdout

Client = TestClient[Litestar]
PLAN = "/v1/campaigns/campaign/plan"


def test_a_plan_of_a_rate(client: Client) -> None:
    """11,421 users by hand; the release's margin of a half and 20 a response, 1 a contact."""
    asked = {"effect": 0.02, "rate": 0.1, "control_share": 0.2, "users_per_day": 1000, "window_days": 3}
    answer = client.post(PLAN, json=asked).json()
    assert (answer["users"], answer["by_arm"]) == (11_421, {"control": 2_284, "treatment": 9_137})
    assert (answer["days"], answer["measured"], answer["warnings"]) == (12 + 3, False, [])
    assert answer["responses_forgone"] == pytest.approx(11_421 * 0.2 * 0.02)
    assert answer["control_cost"] == pytest.approx(11_421 * 0.2 * (0.02 * 10 - 1))
    assert client.post(PLAN, json={**asked, "correlation": 0.6}).json()["users_with_cuped"] == 7_309
    assert client.post(PLAN, json={**asked, "correlation": 0.6, "adjusted": True}).json()["users"] == 7_309


def test_which_effect_so_many_users_show(client: Client) -> None:
    """Of money, with three treatments; the prices of the request."""
    money = {"mean": 4.0, "deviation": 30.0, "treatments": 3, "control_share": 0.25, "contact_cost": 0, "worth": 0.3}
    users = client.post(PLAN, json={**money, "lift": 0.25}).json()
    assert list(users["by_arm"]) == ["control", "treatment_1", "treatment_2", "treatment_3"]
    shown = client.post(PLAN, json={**money, "users": users["users"]}).json()
    assert shown["effect"] == pytest.approx(1.0, rel=1e-3)
    assert users["control_cost"] == pytest.approx(users["users"] * 0.25 * 0.3)


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        (PLAN, {"lift": 0.1}, 404, "the 200 users of its control all did the same; give rate"),
        (PLAN, {"lift": 0.1, "outcome": "revenue"}, 404, "give mean and deviation"),
        (PLAN, {"effect": 0.95, "rate": 0.1}, 400, "no outcome can change so much"),
        (PLAN, {"effect": 0, "rate": 0.1}, 400, "name the smallest effect"),
        (PLAN, {"effect": 1e-300, "rate": 0.1}, 400, "would need more than"),
        (PLAN, {"users": 9, "mean": 1e-300, "deviation": 1e12}, 400, "too large to plan with"),
        (PLAN, {"users": 9, "mean": 1e-320, "deviation": 1e-10}, 400, "to plan with"),
        (PLAN, {"rate": 0.1}, 400, "give one of effect, lift, users"),
        ("/v1/campaigns/spring/plan", {"lift": 0.1, "rate": 0.1}, 404, "There is no campaign 'spring'"),
    ],
)
def test_what_cannot_be_planned_is_told(
    client: Client, path: str, body: dict[str, object], status: int, told: str
) -> None:
    """With the remedy."""
    answer = client.post(path, json=body)
    assert answer.status_code == status
    assert told in answer.json()["detail"]


def test_the_outcome_is_measured_in_the_control_of_the_holdout(campaign_release: Path) -> None:
    """Every tenth of the 200 controls responds, for 20 each."""
    responds = (pl.col("treatment") == 0) & (pl.int_range(pl.len()) % 20 == 0)
    rows = roi_holdout().with_columns(
        pl.when(responds).then(1).otherwise("outcome").cast(pl.Int8).alias("outcome"),
        pl.when(responds).then(20.0).otherwise("revenue").alias("revenue"),
    )
    snapshot = Snapshot(replace(Release.load(campaign_release), roi_simulation=rows), "1", None, None, {})
    rate = plan_answer(snapshot, PlanRequest(lift=0.5))
    assert (rate.mean, rate.effect, rate.measured) == (0.1, pytest.approx(0.05), True)
    money = plan_answer(snapshot, PlanRequest(lift=0.5, outcome="revenue"))
    assert (money.mean, money.deviation) == (2.0, pytest.approx(20 * np.sqrt(0.09 * 200 / 199)))
