"""Decisions and scores over HTTP where a campaign has several arms, by hand-computed users.

A response earns 0.5·20 = 10 before costs; mail costs .10, a voucher .10 and 2 for each response.
"""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from evaluation.policy_value.roi_prices import ArmPrice
from serving.campaigns.decisions import decide
from serving.campaigns.targeting import score, valued
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot
from serving.requests import DecisionRequest

Client = TestClient[Litestar]


@pytest.mark.parametrize(
    ("user", "arm", "net"),
    [
        ("mail", "mail", 10 * 0.05 - 0.1),  # a voucher: 10·.10 − .10 − 2·.40 = .10
        ("voucher", "voucher", 10 * 0.2 - 0.1 - 2 * 0.25),  # mail: 10·.01 − .10 = 0
        ("either", "voucher", 10 * 0.16 - 0.1 - 2 * 0.21),
    ],
)
def test_the_arm_that_is_worth_most_is_sent(arm_client: Client, user: str, arm: str, net: float) -> None:
    """The answer names it, its effect and what it is expected to earn."""
    answer = arm_client.post("/v1/decisions", json={"user_id": user}).json()
    assert (answer["advertise"], answer["arm"]) == (True, arm)
    assert answer["user"]["best_arm"] == arm
    assert answer["user"]["expected_net_value"] == pytest.approx(net)
    assert answer["why"][0].startswith(f"Advertise with {arm}: it pays.")
    assert f"{net:+.3f} EUR" in answer["why"][0]
    assert not [note for note in answer["fallbacks"] if note.startswith("arm")]


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("dear", "it does not pay"),  # a voucher: 10·.05 − .10 − 2·.60 < 0; mail has no effect
        ("harmed", "puts this user off"),
        ("unmoved", "no arm is expected to help"),
        ("dog", "puts this user off"),
        ("nobody", "has no score"),
    ],
)
def test_where_no_arm_pays_none_is_named(arm_client: Client, user: str, words: str) -> None:
    """Also not to a sleeping dog, whom some arm would seem to help."""
    answer = arm_client.post("/v1/decisions", json={"user_id": user}).json()
    assert (answer["advertise"], answer["arm"]) == (False, None)
    assert words in answer["why"][0]


def test_prices_of_the_request_choose_another_arm(arm_client: Client) -> None:
    """At a margin of .25 a voucher earns "either" .8 − .1 − .42 = .28 and mail .15; at a cost of .3 neither pays."""
    cheap = arm_client.post("/v1/decisions", json={"user_id": "either", "margin": 0.25}).json()
    assert (cheap["arm"], cheap["user"]["expected_net_value"]) == ("voucher", pytest.approx(0.28))
    poor = arm_client.post("/v1/decisions", json={"user_id": "either", "margin": 0.12}).json()
    assert (poor["arm"], poor["user"]["expected_net_value"]) == ("mail", pytest.approx(0.02))
    dear = arm_client.post("/v1/decisions", json={"user_id": "either", "margin": 0.12, "contact_cost": 0.3}).json()
    assert (dear["advertise"], dear["arm"]) == (False, None)


def test_scores_tell_every_arm(arm_client: Client) -> None:
    """The figures of any contact, and beside them each arm with its costs."""
    user, unknown = arm_client.post("/v1/targeting/score", json={"user_ids": ["mail", "who"]}).json()["users"]
    assert (user["uplift"], user["best_arm"], user["expected_net_value"]) == (0.02, "mail", pytest.approx(0.4))
    mail, voucher = user["arms"]
    assert (mail["arm"], mail["uplift"], mail["lower"], mail["upper"]) == ("mail", 0.05, 0.0, 0.1)
    assert (voucher["expected_cost"], voucher["expected_net_value"]) == (pytest.approx(0.9), pytest.approx(0.1))
    assert (voucher["p_control"], voucher["p_treated"]) == (pytest.approx(0.3), pytest.approx(0.4))
    assert (unknown["arms"], unknown["best_arm"]) == ([], None)


def test_a_tight_budget_prefers_the_cheaper_arm(arm_release: Path) -> None:
    """A voucher earns 1.08 at .52, mail .40 at .10: where money earns twice its cost elsewhere, mail is better."""
    snapshot = Snapshot.load(arm_release, "1")
    user = score(snapshot, ["either"]).users[0]
    assert user.best_arm == "voucher"
    assert snapshot.economics is not None
    tight = replace(snapshot, economics=replace(snapshot.economics, cutoff=2.0))
    assert valued(tight, user)[0].best_arm == "mail"
    assert score(tight, ["either"]).users[0].best_arm == "mail"


def test_arms_whose_effects_are_not_known_are_told(campaign_release: Path) -> None:
    """The shop declares arms, the release could not tell them apart: a contact is advised, and no arm named."""
    snapshot = Snapshot.load(campaign_release, "1")
    assert snapshot.economics is not None
    prices = replace(snapshot.economics.prices, arms={"mail": ArmPrice(0.1), "text": ArmPrice(0.3)})
    declared = replace(snapshot, economics=replace(snapshot.economics, prices=prices))
    decision = asyncio.run(decide(declared, None, Workers(), DecisionRequest(user_id="u0")))
    assert (decision.advertise, decision.arm) == (True, None)
    assert decision.fallbacks[0].startswith("arm: the release does not know the effect of each arm")


def test_a_campaign_of_one_treatment_names_no_arm(campaign_client: Client) -> None:
    """Null, and no list of arms."""
    answer = campaign_client.post("/v1/decisions", json={"user_id": "u0"}).json()
    assert (answer["advertise"], answer["arm"], answer["user"]["arms"]) == (True, None, [])


def test_roi_of_arms_by_hand(arm_client: Client) -> None:
    """Each arm sells to a third of 600 users, 2,000 before costs; the optimiser sends each third what sells to it.

    Mail to everyone costs 60, vouchers 60 and 2 for each of 200 sales. The optimiser sends 200 mails for 20 and 200
    vouchers for 20 + 400.
    """
    answer = arm_client.post("/v1/roi/simulate", json={"population": 600}).json()
    found = {s["strategy"]: s for s in answer["strategies"]}
    assert list(found)[-3:] == ["everyone_gets_mail", "everyone_gets_voucher", "optimiser"]
    profit = {name: s["profit"]["value"] for name, s in found.items()}
    assert profit["everyone_gets_mail"] == pytest.approx(2_000 - 60, rel=0.01)
    assert profit["everyone_gets_voucher"] == pytest.approx(2_000 - 60 - 400, rel=0.01)
    assert profit["optimiser"] == pytest.approx(4_000 - 40 - 400, rel=0.01)
    assert (answer["best"], found["optimiser"]["contacts"]) == ("optimiser", 400)


def test_roi_of_arms_under_a_budget(arm_client: Client) -> None:
    """20 buys the mails alone; at a stated cost of .2 every arm costs that, and half as many are bought."""
    for prices, contacts in (({"budget": 20}, 200), ({"budget": 20, "contact_cost": 0.2}, 100)):
        answer = arm_client.post("/v1/roi/simulate", json={"population": 600, **prices}).json()
        found = {s["strategy"]: s for s in answer["strategies"]}
        assert found["optimiser"]["contacts"] == pytest.approx(contacts)
        assert found["optimiser"]["cost"] == pytest.approx(20)


def test_segments_tell_their_top_features(arm_client: Client) -> None:
    """Those that the profile marks, in its order; a mean of nobody is null."""
    first, second = arm_client.get("/v1/segments").json()["segments"]
    assert first["name"] == "persuadable"
    assert first["top_features"] == [
        {"feature": "views_30d", "mean": 4.0, "mean_all": 2.0, "difference": 1.2},
        {"feature": "orders_in_history", "mean": None, "mean_all": 2.0, "difference": 0.0},
    ]
    assert second["top_features"] == []


def test_who_responds(arm_client: Client) -> None:
    """The one group that a release names, in words and in figures."""
    (group,) = arm_client.get("/v1/segments").json()["responders"]
    assert group.pop("words") == "age below 35: +18.2 % ± 11.2 %"
    figures = {"effect": 0.182, "lower": 0.07, "upper": 0.294, "p_value": 0.0004}
    assert group == {"attribute": "age", "group": "below 35", "users": 635, **figures}
