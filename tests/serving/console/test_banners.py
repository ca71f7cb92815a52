"""Banners and experiments: beliefs, shares, what other policies would earn, and live experiments."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets.models.banners.bandit import BannerPriors
from assets.models.banners.slot_policy import PolicyTrial
from tests.serving.console.conftest import KEYS, Client
from tests.serving.console.test_overview import rows
from tests.serving.console.test_targeting import with_reports
from tests.serving.releases import build_release

KEY = {"x-api-key": KEYS["admin"]}
Opened = Callable[[Path], AbstractContextManager[Client]]


def _estimate(value: float) -> dict[str, float]:
    return {"estimate": value, "lower": value - 0.1, "upper": value + 0.1}


REPORTED: dict[str, Any] = {
    "banner_report/banners.json": {
        "home": {
            "impressions": 300,
            "banners": {"good": {"impressions": 100, "reward": 0.5, "expected": 0.49, "odds": 0.9}},
            "policies": {
                "logged": {"logged": _estimate(0.3), "effective_size": 300},
                "<i>thompson</i>": {"dr": _estimate(0.5), "ips": _estimate(0.6), "effective_size": 120.0},
            },
        }
    },
    "live_experiments/live_experiments.json": {
        "new-home": {
            "metric": "conversion",
            "assigned": {"champion": 1000, "challenger": 1010},
            "sample_ratio": {"passed": True, "p_value": 0.8, "verdict": "The arms have their sizes."},
            "effects": {
                "conversion": {
                    "champion": 0.1,
                    "challenger": 0.12,
                    "lift": 0.2,
                    "lower": 0.05,
                    "upper": 0.35,
                    "verdict": "conversion: +20.0%, between +5.0% and +35.0%",
                }
            },
            "decision": {"action": "ship", "reason": "worth it", "verdict": "Ship the challenger."},
        },
        "young": {"assigned": {}, "verdict": "nobody has been assigned yet"},
    },
}


@pytest.fixture(scope="module")
def merchandiser(console_on: Opened, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    """Somebody signed in to a console on a release with these reports."""
    with console_on(with_reports(build_release(tmp_path_factory.mktemp("reported") / "release"), REPORTED)) as client:
        yield client


def test_a_slot_shows_beliefs_and_the_shares_of_now(merchandiser: Client) -> None:
    """The better banner is believed to earn more and drawn more often; its range holds what the log had."""
    arms = {row["banner"]: row for row in rows(merchandiser, "/console/banners/slot-0.csv")}
    assert set(arms) == {"good", "fair", "poor"}
    assert float(arms["good"]["lower 95 %"]) < 0.5 < float(arms["good"]["upper 95 %"])
    beliefs = [float(arms[name]["reward believed by the release"]) for name in ("poor", "fair", "good")]
    assert beliefs == sorted(beliefs)
    assert sum(float(row["share now"]) for row in arms.values()) == pytest.approx(1.0)
    assert float(arms["good"]["share now"]) > 0.9
    assert (arms["good"]["impressions in the log"], arms["fair"]["impressions in the log"]) == ("100", "")
    assert "Slot home" in merchandiser.get("/console/banners").text


def test_a_policy_that_is_not_served_is_told(console_on: Opened, tmp_path: Path) -> None:
    """With the verdict of its trial, beside the one that draws."""
    priors = BannerPriors.fit(["home"] * 4, ["a", "b"] * 2, np.array([0.0, 1, 0, 1]))
    priors.trials["home"] = PolicyTrial(
        before="thompson", declared="uniform", is_served=False, verdict="uniform earns less. thompson stays."
    )
    with console_on(build_release(tmp_path / "release", banner_priors=priors)) as client:
        page = client.get("/console/banners").text
    assert "Drawn by thompson. uniform earns less. thompson stays." in page


def test_what_was_shown_since_the_release_is_counted(merchandiser: Client) -> None:
    """An impression and its reward, as the API has put them on record."""
    drawn = merchandiser.post("/v1/banners/home/select", json={}, headers=KEY).json()
    reward = {"impression_id": drawn["impression_id"], "reward": 1.0}
    assert merchandiser.post("/v1/banners/home/reward", json=reward, headers=KEY).status_code == 200
    arms = {row["banner"]: row for row in rows(merchandiser, "/console/banners/slot-0.csv")}
    assert (arms[drawn["banner_id"]]["impressions since"], arms[drawn["banner_id"]]["rewards since"]) == ("1", "1.0")


def test_other_policies_are_judged_by_every_estimator(merchandiser: Client) -> None:
    """A row for each, with its interval; a name is text in the page and in the chart."""
    listed = rows(merchandiser, "/console/banners/policies-0.csv")
    assert [(row["policy"], row["estimator"], row["reward an impression"]) for row in listed] == [
        ("logged", "logged", "0.3"),
        ("<i>thompson</i>", "doubly robust", "0.5"),
        ("<i>thompson</i>", "inverse propensity", "0.6"),
    ]
    assert "<i>" not in merchandiser.get("/console/banners").text
    assert "<i>" not in merchandiser.get("/console/banners/policies-0.svg").text


def test_live_experiments_say_what_to_do(merchandiser: Client) -> None:
    """The verdict of the declared rule, and the lift with its confidence sequence."""
    text = merchandiser.get("/console/banners").text
    assert "Ship the challenger. Assigned: 1,000 champion, 1,010 challenger. The arms have their sizes." in text
    assert "nobody has been assigned yet" in text
    (row,) = rows(merchandiser, "/console/banners/experiment-0.csv")
    assert (row["metric"], row["decides"], row["lift"]) == ("conversion", "true", "0.2")
    assert (row["lower 95 %"], row["upper 95 %"]) == ("0.05", "0.35")


def test_a_shop_without_banners_is_told_why(console_on: Opened, bare_release: Path) -> None:
    """And that it has no experiments."""
    with console_on(bare_release) as client:
        text = client.get("/console/banners").text
    assert "This release has no banners: the shop has no data for banner_priors." in text
    assert "The shop declares no experiments." in text
