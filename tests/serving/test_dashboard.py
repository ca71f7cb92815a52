"""The Grafana dashboard: every metric and label that it asks for is one that the API shows."""

import json
import re
from collections.abc import Iterator

from litestar import Litestar
from litestar.testing import TestClient

from resources.settings import ROOT

DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "upshelf.json").read_text(encoding="utf-8"))
OF_PROMETHEUS = {"job", "instance"}
"""Labels that whoever collects the metrics adds."""


def expressions() -> Iterator[str]:
    """What panels and variables ask for."""
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (one["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query")


def shown(text: str) -> dict[str, set[str]]:
    """Metric → its labels, of those that have a figure."""
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)(?:{(.*)})? \S+$", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def test_every_metric_of_the_dashboard_is_shown(bare_client: TestClient[Litestar]) -> None:
    """After a list that fell back, so that each has a figure; the labels that it is filtered and summed by too."""
    bare_client.get("/v1/products/p01/similar")
    metrics = shown(bare_client.get("/metrics").text)
    asked = set[str]()
    for expression in expressions():
        named = set(re.findall(r"\bupshelf_\w+", expression))
        assert named <= set(metrics), expression
        summed = [part for group in re.findall(r"by \((.*?)\)", expression) for part in group.split(", ")]
        filtered = re.findall(r'(\w+)(?:=~|!=|=)"', expression)
        labels = set.union(*(metrics[name] for name in named)) | OF_PROMETHEUS
        assert {*summed, *filtered} <= labels, expression
        assert expression.count("(") == expression.count(")")
        asked |= named
    # Nothing that the API counts is left out but the parts of a histogram that no panel needs.
    left = {name for name in metrics if not name.endswith(("_created", "_sum", "_count"))} - asked
    assert left == set()


def test_panels_lie_side_by_side() -> None:
    """Each has an id of its own and a description, and none covers another."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["description"] for panel in panels)
    places = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) == 23
