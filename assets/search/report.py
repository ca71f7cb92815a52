"""Does search find what shoppers want? By held-out days' clicks and people's judgments: each half, hybrid and learnt.

What belongs here: the trial, its report, and whether what was learnt is good enough to be served.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from assets.charts import bars_with_intervals, pictures
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.partitions import days_before
from assets.daily.windows import BEHAVIOUR, SAME_DAY, STATE
from assets.models.search.learnt.model import LearntSearch
from assets.models.search.matching import SearchModels, has_words
from assets.recommendations.fitting import fitted_popularity
from assets.search.clicks import Search, searches_of
from assets.search.judgments import is_held_out, judged_figures, judgments_of
from assets.search.learning import SearchInputs, learn_from_days
from assets.tables.held_out import HeldOutDays, held_out_days
from evaluation.arrays import Bools, Floats, Floats32, Ints, Ints32
from evaluation.ranking.graded_ndcg import graded_ndcg
from evaluation.ranking.query_classes import CLASSES, query_classes
from evaluation.ranking.ranking import mrr, recall
from evaluation.resampling.bootstrap import Interval, mean_interval
from evaluation.resampling.clustered_mean import MIN_CLUSTERS, clustered_mean_interval
from resources.model_store import Unavailable

__all__ = ["REPORT_FILE", "kept_model", "measured", "search_report", "systems", "trial"]

REPORT_FILE = "search.json"
NDCG_CUT, RECALL_CUT = 10, 50
MAX_SEARCHES = 2_000
"""Most held-out searches that are replayed, and most judged queries."""

Answer = Callable[[str], Ints32]


def measured(answer: Answer, searches: Sequence[Search]) -> dict[str, Floats]:
    """Figures of one ranking of all ``searches``: ``ndcg``, ``recall`` and ``mrr`` of those that found a product.

    ``zero_results`` is 1 for each search that was answered with nothing, found or not.
    """
    ranked = {query: answer(query) for query in sorted({search.query for search in searches})}
    some = [search for search in searches if search.gains]
    lists, targets = [ranked[search.query] for search in some], [set(search.gains) for search in some]
    return {
        "ndcg": graded_ndcg(lists, [search.gains for search in some], NDCG_CUT),
        "recall": recall(lists, targets, RECALL_CUT),
        "mrr": mrr(lists, targets, RECALL_CUT),
        "zero_results": np.array([not ranked[search.query].size for search in searches], dtype=np.float64),
    }


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


def systems(shop: SearchInputs, popularity: Floats32, learnt: LearntSearch | None) -> dict[str, Answer]:
    """Every way to answer a query, each by the order that serving has: the learnt ones only where something was learnt.

    Args:
        shop: Catalogue, indexes and texts of the queries, which were prepared.
        popularity: float32[n] as it was known when the queries were asked.
        learnt: With a ranker.
    """
    titles = shop.products.frame["title"].to_list()

    def of(models: SearchModels) -> Answer:
        def answer(query: str) -> Ints32:
            right = shop.texts.corrected(query)
            found = models.match(right, shop.texts.vector(right) if has_words(right) else None)
            return found.stocked_first(shop.products.in_stock, titles.__getitem__).best(RECALL_CUT)

        return answer

    hybrid = SearchModels(shop.lexical, shop.vectors, None, popularity)
    made = {
        "words": of(hybrid._replace(vectors=None)),
        "vectors": of(hybrid._replace(lexical=None)),
        "hybrid": of(hybrid),
    }
    if learnt is not None:
        made |= {
            "adapter": of(hybrid._replace(learnt=learnt.without_ranker())),
            "ranker": of(hybrid._replace(learnt=learnt)),
        }
    return made


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
    served.
    """
    report = trial(SearchInputs.of_day(at.settings, at.shop, at.lake, at.models, at.day), at.day)
    (at.folder / REPORT_FILE).write_text(json.dumps(report, indent=1), encoding="utf-8")
    chart = at.folder / "search_ndcg.png"
    bars_with_intervals(chart, _bars(report), title=f"Search, held out: {report['held_out']}", unit="NDCG@10")
    measured_on = [report[label].get("hybrid", {}) for label in ("all", "judged") if label in report]
    return Built(
        sum(of.get("searches", of.get("queries", 0)) for of in measured_on),
        {
            "kept": report["kept"] or f"nothing: {report['why_not']}",
            "figures": report,
            **pictures(chart),
        },
        metrics={
            f"search_ndcg_{name}": of["ndcg"]["estimate"] for name, of in report.get("all", {}).items() if "ndcg" in of
        },
    )


def trial(search: SearchInputs, day: str) -> dict[str, Any]:
    """Learn from the days before the held-out ones, measure on those and on the held-out judged queries.

    Clicks decide what is kept, being of what shoppers ask as often as they ask it; judgments do where fewer than
    ``MIN_CLUSTERS`` queries were clicked and more are judged.

    Returns:
        ``held_out``, ``languages`` (those that words are stemmed by, and the share of each where the products' texts
        told), ``kept``, ``why_not``, ``differences`` of NDCG with their intervals, and by system the figures of
        ``all`` searches, of those of each class, and, where there are any, of the ``judged`` queries.

    Raises:
        Unavailable: If there is nothing to measure on.
    """
    shop, lake = search.shop, search.lake
    first, days = days_before(day, shop.window_days - 1), held_out_days(shop, lake, ["searches"], day)
    held = searches_of(lake, search.products, days.first, days.last)
    held = [held[int(i)] for i in np.linspace(0, len(held) - 1, min(len(held), MAX_SEARCHES))]
    people = [one for one in judgments_of(lake, search.products, day, MAX_SEARCHES) if is_held_out(one.query)]
    if not any(one.gains for one in held):
        if not people:
            raise Unavailable(_why_nothing(held, days))
        held = []
    search.texts.prepare([*(one.query for one in held), *(one.query for one in people)])
    unseen = {search.texts.corrected(one.query) for one in people}
    learnt, why_not = _learnt(search, first, days.before, unseen)
    popularity = fitted_popularity(shop, lake, search.products, first, days.before).score
    answers = systems(search, popularity, learnt)
    figures = {name: measured(answer, held) for name, answer in answers.items() if held}
    of_people = {name: judged_figures(answer, people) for name, answer in answers.items() if people}
    _, query = np.unique([one.query for one in held], return_inverse=True)
    found = np.array([bool(one.gains) for one in held], dtype=np.bool_)
    kept, above = None, dict[str, Interval]()
    if learnt is not None:
        clicked = np.unique(query[found]).size
        by_clicks = clicked >= min(MIN_CLUSTERS, len(people) + 1)
        measures, of = (figures, query[found]) if by_clicks else (of_people, np.arange(len(people)))
        kept, above = kept_model({name: of_name["ndcg"] for name, of_name in measures.items()}, of)
        if kept is None:
            queries = clicked if by_clicks else len(people)
            on = f"the {queries} queries of {days}" if by_clicks else f"{queries} held-out judged queries"
            few = f"measured on {on} only, where {MIN_CLUSTERS} are needed"
            why_not = few if queries < MIN_CLUSTERS else f"not better than the untuned hybrid on {on}"
    past = [one.query for one in searches_of(lake, search.products, first, days.before)]
    of_class = query_classes(past, [one.query for one in held])
    report: dict[str, Any] = {
        "held_out": str(days),
        "languages": {
            "used": list(search.lexical.languages.codes),
            "detected_shares": dict(search.lexical.languages.shares),
        },
        "kept": kept,
        "why_not": why_not,
        "differences": {name: interval._asdict() for name, interval in above.items()},
        "all": {name: _intervals(of, query, np.ones(len(held), np.bool_), found) for name, of in figures.items()},
    }
    for number, label in enumerate(CLASSES):
        report[label] = {name: _intervals(of, query, of_class == number, found) for name, of in figures.items()}
    if people:
        report["judged"] = {name: _judged_intervals(of, len(people)) for name, of in of_people.items()}
    return report


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
