"""Targeting: what a marketer sees is what the API answers, at any budget."""

import base64
import csv
import hashlib
import html
import io
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from assets.models.manifest import REPORTS
from tests.serving.console.conftest import KEYS, Client
from tests.serving.console.test_overview import rows
from tests.serving.releases import build_release

KEY = {"x-api-key": KEYS["admin"]}
REPORTED: dict[str, Any] = {
    "experiment/experiment.json": [
        {"check": "arms", "passed": True, "verdict": "all are in the log"},
        {"check": "sample_ratio", "passed": False, "verdict": "<b>p = 1e-9</b>"},
    ],
    "experiment/effects.json": {
        "effect": {"users": 400, "effect": {"estimate": 0.25, "lower": 0.2, "upper": 0.3}},
        "groups": [
            {"attribute": "age", "group": "old", "users": 9, "effect": {"estimate": 0.5, "lower": 0.1, "upper": 0.9}}
        ],
    },
    "uplift_report/uplift.json": {
        "reason": "t is the best",
        "scores": {"model": {"qini": {"estimate": 0.2, "lower": 0.1, "upper": 0.3}, "auuc": 0.05}},
    },
    "uplift_report/uplift_tables.json": {
        "qini_curve": [
            {"share": s, "users": 400 * s, "gain": g, "lower": g - 1, "upper": g + 1}
            for s, g in ((0.0, 0.0), (0.5, 100.0), (1.0, 100.0))
        ],
        "deciles": [{"decile": d, "users": 40, "uplift": 1 / d, "lower": 0.0, "upper": 1.0} for d in range(1, 11)],
        "calibration": [{"decile": 1, "rows": 40, "predicted": 0.4, "aipw": 0.5, "lower": 0.3, "upper": 0.7}],
    },
    "targeting_plan/plan.json": {
        "contacts": {"treatment": 30},
        "spend": 30.0,
        "profit": 30.0,
        "cutoff": 1.5,
        "budget": 30.0,
        "left_out": {"budget": 5},
        "verdict": "Contacts 30.",
        "measured_profit": {"estimate": 29.0, "lower": 20.0, "upper": 40.0},
    },
}


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a campaign's reports."""
    folder = build_release(tmp_path_factory.mktemp("reported") / "release")
    return with_reports(folder, REPORTED)


def with_reports(folder: Path, reports: dict[str, Any]) -> Path:
    """Write reports into a release and describe it anew."""
    from tests.serving.releases import describe

    (folder / "manifest.json").unlink()
    for name, report in reports.items():
        path = folder / REPORTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report))
    describe(folder, "2026-01-30")
    return folder


@pytest.fixture(scope="module")
def marketer(console_on: Callable[[Path], AbstractContextManager[Client]], reported: Path) -> Any:  # noqa: ANN401
    """Somebody signed in to a console on it."""
    with console_on(reported) as client:
        yield client


def test_a_failed_check_of_the_trial_is_said_first(marketer: Client) -> None:
    """In words, and what a report says is text."""
    text = marketer.get("/console/targeting").text
    assert "sample_ratio failed: do not trust what follows." in text
    assert "&lt;b&gt;p = 1e-9&lt;/b&gt;" in text
    assert [row["passed"] for row in rows(marketer, "/console/targeting/validity.csv")] == ["true", "false"]
    groups = rows(marketer, "/console/targeting/effects.csv")
    assert [(r["group"], r["estimate"], r["lower 95 %"]) for r in groups] == [
        ("all", "0.25", "0.2"),
        ("old", "0.5", "0.1"),
    ]


def test_the_qini_curve_stands_beside_its_baselines(marketer: Client) -> None:
    """A model of perfect order gains all by half; by chance half of it; likely buyers (drawn evenly) near to chance."""
    curve = rows(marketer, "/console/targeting/qini.csv")
    assert [float(point["gain"]) for point in curve] == [0, 100, 100]
    assert [float(point["at random"]) for point in curve] == [0, 50, 100]
    # `response` rises with the row, so the receptive first half comes last.
    assert [float(point["likely buyers first"]) for point in curve] == [0, 0, 100]


def test_reports_read_as_the_api_gives_them(marketer: Client) -> None:
    """Deciles, calibration, measures and the plan."""
    told = marketer.get("/v1/reports/uplift_tables", headers=KEY).json()["report"]
    deciles = rows(marketer, "/console/targeting/deciles.csv")
    assert [float(row["uplift"]) for row in deciles] == [one["uplift"] for one in told["deciles"]]
    (point,) = rows(marketer, "/console/targeting/calibration.csv")
    assert (point["predicted"], point["observed"]) == ("0.4", "0.5")
    qini, auuc = rows(marketer, "/console/targeting/scores.csv")
    assert (qini["estimate"], qini["lower 95 %"], qini["upper 95 %"]) == ("0.2", "0.1", "0.3")
    assert (auuc["measure"], auuc["estimate"], auuc["lower 95 %"]) == ("auuc", "0.05", "")
    plan = {row["what"]: row for row in rows(marketer, "/console/targeting/plan.csv")}
    assert plan["cutoff"]["estimate"] == "1.5"
    assert plan["profit on the holdout"]["upper 95 %"] == "40.0"
    assert plan["left out: budget"]["estimate"] == "5.0"


@pytest.mark.parametrize("asked", [{}, {"budget": 10.0}, {"budget": 25.5, "margin": 0.3, "contact_cost": 2.0}])
def test_strategies_are_those_of_the_api(marketer: Client, asked: dict[str, float]) -> None:
    """At the same budget and prices: profit with its interval, contacts and ROI."""
    told = marketer.post("/v1/roi/simulate", json=asked, headers=KEY).json()
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    listed = rows(marketer, f"/console/targeting/strategies.csv?{query}")
    assert [(r["strategy"], float(r["contacts"]), float(r["profit"]), float(r["profit, lower"])) for r in listed] == [
        (s["strategy"], s["contacts"], s["profit"]["value"], s["profit"]["lower"]) for s in told["strategies"]
    ]
    curve = rows(marketer, f"/console/targeting/curve.csv?{query}")
    here = {r["strategy"]: r for r in curve if float(r["budget"]) == asked.get("budget", float(curve[-1]["budget"]))}
    ranked = next(s for s in told["strategies"] if s["strategy"] == "uplift_under_budget")
    assert float(here["uplift_under_budget"]["profit"]) == pytest.approx(ranked["profit"]["value"])


def test_the_cut_lies_between_those_who_gain_and_those_who_do_not(marketer: Client) -> None:
    """A contact costs 1 and a response earns 10: an effect of .5 pays, one of 0 does not."""
    text = marketer.get("/console/targeting").text
    assert "the cut lies at +0.5000" in text
    assert "nobody is worth a contact" in marketer.get("/console/targeting?contact_cost=1000").text


@pytest.mark.parametrize("query", ["budget=x", "budget=-1", "margin=2", "contact_cost=nan", "budget=" + "9" * 40])
def test_numbers_that_cannot_be_are_refused_in_words(marketer: Client, query: str) -> None:
    """400 as a page."""
    answer = marketer.get(f"/console/targeting?{query}")
    assert answer.status_code == 400
    assert "This did not work" in answer.text


def test_a_list_is_the_export_of_the_api_and_on_record(marketer: Client) -> None:
    """The same bytes, and a line in the log."""
    told = marketer.get("/v1/exports/scores", headers=KEY)
    taken = marketer.get("/console/targeting/export/scores")
    assert len(list(csv.DictReader(io.StringIO(taken.text)))) == 40
    assert taken.content == told.content
    assert rows(marketer, "/console/overview/log.csv")[0]["what"].startswith("exported scores of release ")
    assert marketer.get("/console/targeting/export/passwords").status_code == 400


def test_charts_are_pictures_without_script_under_a_policy_of_their_own(marketer: Client) -> None:
    """Each chart of the page is a well-formed SVG whose one style the policy names by its hash."""
    names = re.findall(r'src="(/console/targeting/\w+\.svg)"', marketer.get("/console/targeting").text)
    assert [Path(name).stem for name in names] == ["qini", "deciles", "calibration", "strategies", "curve"]
    for name in names:
        answer = marketer.get(name)
        assert answer.headers["content-type"] == "image/svg+xml"
        root = ElementTree.fromstring(answer.content)  # noqa: S314  # our own
        tags = [element.tag.rpartition("}")[2] for element in root.iter()]
        assert "script" not in tags
        assert not any("style" in element.attrib for element in root.iter())
        (style,) = [element.text or "" for element in root.iter() if element.tag.endswith("}style")]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = answer.headers["content-security-policy"]
        assert f"style-src 'sha256-{digest}'" in policy
        assert "unsafe" not in policy
        assert set(re.findall(r"https?://[^\"'<> ]+", answer.text)) == {"http://www.w3.org/2000/svg"}


def test_what_a_release_lacks_is_said(
    console_on: Callable[[Path], AbstractContextManager[Client]], bare_release: Path
) -> None:
    """Without scores and a holdout the page stands, with the reasons."""
    with console_on(bare_release) as client:
        text = html.unescape(client.get("/console/targeting").text)
        assert "This release has no uplift scores: the shop has no data for segments." in text
        assert "This release has no holdout to simulate on: the shop has no data for roi_simulation." in text
        assert client.get("/console/targeting/export/plan").status_code == 404


def test_several_arms_have_a_page(
    console_on: Callable[[Path], AbstractContextManager[Client]], arm_release: Path
) -> None:
    """With the strategies that send one arm to everyone, and what tells a segment apart."""
    with console_on(arm_release) as client:
        names = [row["strategy"] for row in rows(client, "/console/targeting/strategies.csv?budget=20")]
        segments = rows(client, "/console/targeting/segments.csv")
    assert {"everyone_gets_mail", "everyone_gets_voucher", "optimiser"} <= set(names)
    assert segments[0]["differs from all users by"] == "views_30d +1.20 sd; orders_in_history +0.00 sd"
