"""Does search find what shoppers want? By held-out days' clicks and people's judgments: each half, hybrid and learnt.

What belongs here: the trial, its report, and whether what was learnt is good enough to be served.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assets.charts import bars_with_intervals, pictures
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.partitions import days_before
from assets.daily.windows import BEHAVIOUR, SAME_DAY, STATE
from assets.models.search.learnt.model import LearntSearch
from assets.recommendations.fitting import fitted_popularity
from assets.search.clicks import Search, searches_of
from assets.search.judgments import is_held_out, judged_figures, judgments_of
from assets.search.learning import SearchInputs, learn_from_days
from assets.search.query_encoder import choose
from assets.search.replays import HeldOut, measured, systems
from assets.tables.held_out import HeldOutDays, held_out_days
from evaluation.arrays import Bools, Floats, Ints
from evaluation.ranking.query_classes import CLASSES, query_classes
from evaluation.resampling.bootstrap import Interval, mean_interval
from evaluation.resampling.clustered_mean import MIN_CLUSTERS, clustered_mean_interval
from resources.encoder.text_encoder import encoder_folder
from resources.model_store import Unavailable

__all__ = ["REPORT_FILE", "kept_model", "search_report", "trial"]

REPORT_FILE = "search.json"
MAX_SEARCHES = 2_000
"""Most held-out searches that are replayed, and most judged queries."""


def kept_model(ndcg: Mapping[str, Floats], query: Ints) -> tuple[str | None, dict[str, Interval]]:
    """Which of ``adapter`` and ``ranker`` is served, from the NDCG of the same searches; and why.

    The adapter is kept if it is better than the untuned ``hybrid``, the ranker if it is better than both: the 95 %
    interval of the paired difference lies above 0. Searches for one query are answered alike and count as one, and
    fewer than ``MIN_CLUSTERS`` queries keep nothing.

    Args:
        ndcg: Of ``hybrid``, ``adapter`` and ``ranker``, float64[searches].
        query: int64[searches], which query each search was for.

    Returns:
        The name or none, and the differences by name.
    """
    above = {
        f"{name} above {base}": clustered_mean_interval(ndcg[name] - ndcg[base], query)
        for name, base in (("adapter", "hybrid"), ("ranker", "hybrid"), ("ranker", "adapter"))
    }
    if np.unique(query).size < MIN_CLUSTERS:
        return None, above
    adapter = above["adapter above hybrid"].lower > 0
    beaten = above["ranker above hybrid"].lower > 0 and (not adapter or above["ranker above adapter"].lower > 0)
    return ("ranker" if beaten else "adapter" if adapter else None), above


def _intervals(figures: Mapping[str, Floats], query: Ints, rows: Bools, found: Bools) -> dict[str, object]:
    """Mean and interval of each figure over the searches of a class."""
    intervals: dict[str, object] = {"searches": int(rows.sum())}
    for name, values in figures.items():
        every = name == "zero_results"  # the others are of the searches that found a product
        chosen, of = values[rows if every else rows[found]], query[rows if every else rows & found]
        if chosen.size:
            intervals[name] = clustered_mean_interval(chosen, of)._asdict()
    return intervals


def _judged_intervals(figures: Mapping[str, Floats], queries: int) -> dict[str, object]:
    """Mean and interval of each figure over the judged queries."""
    means = {name: mean_interval(values)._asdict() for name, values in figures.items() if values.size}
    return {"queries": queries, **means}


@daily_model(
    group="reports",
    kinds={"matplotlib", "lightgbm"},
    reads={
        "catalogue": SAME_DAY,
        "hnsw_index": SAME_DAY,
        "lexical_index": SAME_DAY,
        "searches": BEHAVIOUR,
        "product_stats": BEHAVIOUR,
        "products": STATE,
        "judgments": STATE,
    },
)
def search_report(at: AsOf) -> Built:
    """NDCG, recall, MRR and zero results of search on the last days' clicks, by head, torso and tail queries.

    Words, vectors, the hybrid, and what the days before teach it, each in the order in which search answers without
    filters and rules; a search that nothing matches has zero results. Where people have judged products for queries,
    also by the half of those queries whose judgments are not learnt from. The report says which of these is to be
    served, and which encoder of queries: the exported one or its 8-bit form.
    """
    encoder = encoder_folder(at.settings.home, at.shop.embeddings.choice())
    report = trial(SearchInputs.of_day(at.shop, at.lake, at.models, at.day, encoder), encoder, at.day)
    (at.folder / REPORT_FILE).write_text(json.dumps(report, indent=1), encoding="utf-8")
    chart = at.folder / "search_ndcg.png"
    bars_with_intervals(chart, _bars(report), title=f"Search, held out: {report['held_out']}", unit="NDCG@10")
    measured_on = [report[label].get("hybrid", {}) for label in ("all", "judged") if label in report]
    return Built(
        sum(of.get("searches", of.get("queries", 0)) for of in measured_on),
        {
            "kept": report["kept"] or f"nothing: {report['why_not']}",
            "query_encoder": f"{report['query_encoder']['used']}: {report['query_encoder']['why']}",
            "figures": report,
            **pictures(chart),
        },
        metrics={
            f"search_ndcg_{name}": of["ndcg"]["estimate"] for name, of in report.get("all", {}).items() if "ndcg" in of
        },
    )


def trial(search: SearchInputs, encoder: Path, day: str) -> dict[str, Any]:
    """Learn from the days before the held-out ones, measure on those and on the held-out judged queries.

    The encoder of queries is chosen first, by the untuned hybrid: then all is learnt and measured with the one served.

    Returns:
        ``held_out``, ``languages`` (those that words are stemmed by, and the share of each where the products' texts
        told), ``query_encoder`` (`assets.search.query_encoder.choose`), ``kept``, ``why_not``, ``differences`` of NDCG
        with their intervals, and by system the figures of ``all`` searches, of those of each class, and, where there
        are any, of the ``judged`` queries.

    Raises:
        Unavailable: If there is nothing to measure on.
    """
    shop, lake = search.shop, search.lake
    first, days = days_before(day, shop.window_days - 1), held_out_days(shop, lake, ["searches"], day)
    held = _held_out(search, days, day)
    popularity = fitted_popularity(shop, lake, search.products, first, days.before).score
    search, chosen = choose(search, encoder, held, popularity)
    search.texts.prepare(held.queries)
    unseen = {search.texts.corrected(one.query) for one in held.people}
    learnt, why_not = _learnt(search, first, days.before, unseen)
    answers = systems(search, popularity, learnt)
    kept, above = None, dict[str, Interval]()
    if learnt is not None:
        kept, above = kept_model({name: held.deciding_ndcg(answer) for name, answer in answers.items()}, held.cluster)
        why_not = None if kept else _why_not(held, days)
    report: dict[str, Any] = {
        "held_out": str(days),
        "languages": {
            "used": list(search.lexical.languages.codes),
            "detected_shares": dict(search.lexical.languages.shares),
        },
        "query_encoder": chosen,
        "kept": kept,
        "why_not": why_not,
        "differences": {name: interval._asdict() for name, interval in above.items()},
    }
    past = [one.query for one in searches_of(lake, search.products, first, days.before)]
    of_class = query_classes(past, [one.query for one in held.searches])
    figures = {name: measured(answer, held.searches) for name, answer in answers.items() if held.searches}
    rows = {"all": np.ones(len(held.searches), np.bool_)}
    rows |= {label: of_class == number for number, label in enumerate(CLASSES)}
    for label, of in rows.items():
        report[label] = {name: _intervals(values, held.query, of, held.found) for name, values in figures.items()}
    if held.people:
        judged = {name: judged_figures(answer, held.people) for name, answer in answers.items()}
        report["judged"] = {name: _judged_intervals(of, len(held.people)) for name, of in judged.items()}
    return report


def _held_out(search: SearchInputs, days: HeldOutDays, day: str) -> HeldOut:
    """Searches of the held-out days, and the judged queries that are held out.

    Raises:
        Unavailable: If there is nothing to measure on.
    """
    held = searches_of(search.lake, search.products, days.first, days.last)
    held = [held[int(i)] for i in np.linspace(0, len(held) - 1, min(len(held), MAX_SEARCHES))]
    people = [one for one in judgments_of(search.lake, search.products, day, MAX_SEARCHES) if is_held_out(one.query)]
    if any(one.gains for one in held):
        return HeldOut(held, people)
    if not people:
        raise Unavailable(_why_nothing(held, days))
    return HeldOut([], people)


def _why_not(held: HeldOut, days: HeldOutDays) -> str:
    """Why nothing of what was learnt is kept."""
    queries = np.unique(held.cluster).size
    on = f"the {queries} queries of {days}" if held.decide_by_clicks else f"{queries} held-out judged queries"
    if queries < MIN_CLUSTERS:
        return f"measured on {on} only, where {MIN_CLUSTERS} are needed"
    return f"not better than the untuned hybrid on {on}"


def _why_nothing(held: Sequence[Search], days: HeldOutDays) -> str:
    """Why a search report has nothing to measure on."""
    if not held:
        return f"nobody searched on {days}"
    return (
        f"none of the {len(held):,} searches of {days} led to a known product: a search is followed to the clicks, "
        f"or views whose surface is 'search', of the same session or user within 30 minutes"
    )


def _learnt(
    search: SearchInputs, first: str, last: str, unseen: Collection[str]
) -> tuple[LearntSearch | None, str | None]:
    """What the days teach, or why nothing."""
    try:
        return learn_from_days(search, first, last, unseen=unseen), None
    except Unavailable as reason:
        return None, str(reason)


def _bars(report: Mapping[str, Any]) -> dict[str, tuple[float, float, float]]:
    """NDCG of every system over all searches, by class, and over the judged queries where there are any."""
    bars = {}
    for label in ("all", *CLASSES, "judged"):
        for name, figures in report.get(label, {}).items():
            if "ndcg" in figures:
                bars[f"{label}: {name}"] = tuple(figures["ndcg"].values())
    return bars
