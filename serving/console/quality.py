"""Quality: how good each module is on days that it never saw, and what shoppers do not find.

What belongs here: the reports `recommendations`, `search`, `similar` and `drift` as sections.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from resources.store.posted_queries import posted_queries
from serving.console import words
from serving.console.access import Session
from serving.console.charts import Bar, bars
from serving.console.rendering import answer
from serving.console.sections import Cell, Page, Section, Table, interval
from serving.context import Context
from serving.release.snapshot import Snapshot
from serving.search import search as searching
from serving.search.requests import SearchRequest

__all__ = ["quality"]

_QUERIES = 20
"""Queries that are searched again: more would keep a reader waiting."""
_NOTHING = "nothing"
_COLUMNS = ("of", "model", "measure", "estimate", "lower 95 %", "upper 95 %")


@get(["/quality", "/quality/{file:str}"])
async def quality(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    session: NamedDependency[Session],
    file: FromPath[str | None] = None,
) -> Response[Any]:
    """The page, or a table or chart of it."""
    name = None if file is None else file.partition(".")[0]
    sections = [] if name == _NOTHING else _of_reports(snapshot.reports)
    if name in (None, _NOTHING):
        sections.append(await _not_found(api, snapshot))
    return answer(request, session, Page("quality", "Quality", sections), file)


def _of_reports(reports: Mapping[str, Any]) -> list[Section]:
    """A section for each report that the release has."""
    found: list[Section] = []
    if (lists := reports.get("recommendations")) is not None:
        found.append(_measured("lists", "Recommendations", words.MEASURES, lists, "hit_rate"))
    for name, title, about, measure in (
        ("search", "Search", words.SEARCHES, "ndcg"),
        ("similar", "Similar products", words.SIMILAR, "mrr"),
    ):
        if (report := reports.get(name)) is not None:
            parts = {part: of for part in ("all", "head", "torso", "tail", "cold") if (of := report.get(part))}
            parts |= {"differences": {"learnt": report.get("differences", {})}}
            if (encoder := report.get("query_encoder", {}).get("differences")) is not None:
                parts["differences"]["query encoder"] = encoder
            found.append(_measured(name, title, about, parts, measure, _kept(report)))
    if (drift := reports.get("drift")) is not None:
        found += _drift(drift)
    return found


def _kept(report: Mapping[str, Any]) -> str:
    if report.get("why_not"):
        return f"What was learnt is not served: {report['why_not']}"
    return f"Measured on {report['held_out']}." if report.get("held_out") else ""


def _measured(name: str, title: str, about: str, parts: Mapping[str, Any], charted: str, verdict: str = "") -> Section:
    """Measures of the models of each part; the chart shows one of them."""
    rows: list[tuple[Cell, ...]] = []
    for part, models in parts.items():
        for model, figures in models.items():
            rows += [(part, model, *row) for row in _figures(figures)]
    shown: dict[str, list[Bar]] = {}
    labels = [part for part in parts if any(_has(of, charted) for of in parts[part].values())]
    for model in dict.fromkeys(model for part in labels for model in parts[part]):
        shown[model] = [interval(parts[part].get(model, {}).get(charted)) for part in labels]  # type: ignore[misc]
    chart = (lambda: bars(shown, labels, y=charted.replace("_", " "))) if labels else None
    return Section(name, title, about, Table(_COLUMNS, rows), verdict, chart)


def _has(figures: object, measure: str) -> bool:
    return isinstance(figures, dict) and isinstance(figures.get(measure), dict)


def _figures(figures: Mapping[str, Any], before: str = "") -> Iterator[tuple[Cell, ...]]:
    """Every figure of a nested report: its name, estimate, lower and upper."""
    for name, value in figures.items():
        title = f"{before}{name}".replace("_", " ")
        if isinstance(value, dict) and "estimate" in value:
            yield (title, *interval(value))
        elif isinstance(value, dict):
            yield from _figures(value, f"{name}, ")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield (title, float(value), None, None)


def _drift(report: Mapping[str, Any]) -> list[Section]:
    rows: list[tuple[Cell, ...]] = [
        (one.get("feature"), one.get("psi"), one.get("level"), one.get("moved")) for one in report.get("features", ())
    ]
    table = Table(("feature", "PSI", "change", "how it moved"), rows)
    rolling: list[tuple[Cell, ...]] = [
        (one.get("day"), one.get("rows"), one.get("qini"), one.get("lower"), one.get("upper"), one.get("verdict"))
        for one in report.get("rolling_qini", ())
    ]
    columns = ("day", "users", "Qini", "lower 95 %", "upper 95 %", "in words")
    return [
        Section("drift", "Drift of features", words.DRIFT, table),
        Section("rolling", "Qini on recent days", words.DRIFT, Table(columns, rolling)),
    ]


async def _not_found(api: Context, snapshot: Snapshot) -> Section:
    """Posted queries that no product matches as they stand."""
    posted: Sequence[tuple[str, int]] = await api.workers.run("store", posted_queries, api.store, _QUERIES)
    rows: list[tuple[Cell, ...]] = []
    for text, times in posted:
        asked = SearchRequest(text, 1)
        found = await searching.search(snapshot, api.workers, asked, most_seconds=api.settings.search_seconds)
        if not found.total or found.relaxed:
            rows.append((text, times, found.total, "; ".join(found.relaxed)))
    columns = ("query", "events", "products shown instead", "what search gave up")
    said = (
        f"{len(rows)} of the {len(posted)} most frequent queries." if posted else "No event with a query is on record."
    )
    return Section(_NOTHING, "Queries that find nothing", words.NOTHING, Table(columns, rows), said)
