"""Quality: measures of the reports, drift, and queries that find nothing."""

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.serving.console.conftest import KEYS, Client
from tests.serving.console.test_overview import rows
from tests.serving.console.test_targeting import with_reports
from tests.serving.releases import build_release

KEY = {"x-api-key": KEYS["admin"]}
Opened = Callable[[Path], AbstractContextManager[Client]]


def _estimate(value: float) -> dict[str, float]:
    return {"estimate": value, "lower": value - 0.125, "upper": value + 0.125}


REPORTED: dict[str, Any] = {
    "recommendation_report/recommendations.json": {
        "session": {
            "model": {
                "queries": 10,
                "hit_rate": _estimate(0.5),
                "coverage": 0.9,
                "segments": {"guests": {"queries": 4, "hit_rate": _estimate(0.25)}},
            },
            "popularity": {"queries": 10, "hit_rate": _estimate(0.125)},
        }
    },
    "search_report/search.json": {
        "held_out": "2026-01-30",
        "why_not": "it was not better",
        "differences": {"ranker above hybrid": _estimate(0.125)},
        "query_encoder": {"used": "int8", "differences": {"int8 above float32": _estimate(0.125)}},
        "all": {"words": {"searches": 7, "ndcg": _estimate(0.5)}},
    },
    "drift_report/drift.json": {
        "features": [{"feature": "age", "psi": 0.5, "level": "major", "moved": "older"}],
        "rolling_qini": [{"day": "2026-01-20", "rows": 9, "qini": 0.2, "lower": 0.1, "upper": 0.3, "verdict": "works"}],
    },
}


@pytest.fixture(scope="module")
def analyst(console_on: Opened, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    """Somebody signed in to a console on a release with these reports."""
    with console_on(with_reports(build_release(tmp_path_factory.mktemp("reported") / "release"), REPORTED)) as client:
        yield client


def test_measures_are_those_of_the_reports(analyst: Client) -> None:
    """Each with its interval where it has one, those of segments under their names."""
    listed = rows(analyst, "/console/quality/lists.csv")
    assert [(r["model"], r["measure"], r["estimate"], r["lower 95 %"], r["upper 95 %"]) for r in listed] == [
        ("model", "queries", "10.0", "", ""),
        ("model", "hit rate", "0.5", "0.375", "0.625"),
        ("model", "coverage", "0.9", "", ""),
        ("model", "guests, queries", "4.0", "", ""),
        ("model", "guests, hit rate", "0.25", "0.125", "0.375"),
        ("popularity", "queries", "10.0", "", ""),
        ("popularity", "hit rate", "0.125", "0.0", "0.25"),
    ]
    searches = rows(analyst, "/console/quality/search.csv")
    assert [(r["of"], r["measure"]) for r in searches] == [
        ("all", "searches"),
        ("all", "ndcg"),
        ("differences", "ranker above hybrid"),
        ("differences", "int8 above float32"),
    ]
    text = analyst.get("/console/quality").text
    assert "What was learnt is not served: it was not better" in text
    assert re.findall(r'src="([^"]+\.svg)"', text) == ["/console/quality/lists.svg", "/console/quality/search.svg"]


def test_drift_is_told_by_feature_and_by_day(analyst: Client) -> None:
    """As the report has it."""
    (feature,) = rows(analyst, "/console/quality/drift.csv")
    assert (feature["feature"], feature["PSI"], feature["change"]) == ("age", "0.5", "major")
    (day,) = rows(analyst, "/console/quality/rolling.csv")
    assert (day["Qini"], day["lower 95 %"], day["in words"]) == ("0.2", "0.1", "works")


def test_queries_that_find_nothing_are_listed(console: Client) -> None:
    """The most frequent first; one that finds products is not."""
    asked = {"zzqx": 1, "lantern": 3, "xylophone <b>": 2}
    events = [
        {"event_id": f"{query}{n}", "kind": "search", "session_id": "s", "query": query}
        for query, times in asked.items()
        for n in range(times)
    ]
    assert console.post("/v1/events", json={"events": events}, headers=KEY).status_code == 202
    listed = rows(console, "/console/quality/nothing.csv")
    assert [(row["query"], row["events"]) for row in listed] == [("xylophone <b>", "2"), ("zzqx", "1")]
    text = console.get("/console/quality").text
    assert "2 of the 3 most frequent queries." in html.unescape(text)
    assert "<b>" not in text


def test_a_release_without_reports_has_a_page(console_on: Opened, bare_release: Path) -> None:
    """That says that no query is on record."""
    with console_on(bare_release) as client:
        answer = client.get("/console/quality")
    assert answer.status_code == 200
    assert "No event with a query is on record." in answer.text
