"""Does search find what shoppers want? By held-out days' clicks and people's judgments: each half, hybrid and learnt.

What belongs here: the trial, its report, and whether what was learnt is good enough to be served.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from assets.charts import bars_with_intervals, picture
from assets.daily_models import Metadata, build_each_day
from assets.fitted import fitted_popularity
from assets.models.ranked import FloatArray
from assets.models.search.learnt_search import LearntSearch
from assets.models.search.matching import SearchModels, has_words
from assets.partitions import EVERY_EARLIER_DAY, SAME_DAY, SHOP, daily_asset, days_before, trailing
from assets.search_clicks import Search, searches_of
from assets.search_judgments import is_held_out, judged_figures, judgments_of
from assets.search_learning import SearchShop, learn_from_days
from evaluation.bootstrap import Interval, mean_interval
from evaluation.clustered_mean import MIN_CLUSTERS, clustered_mean_interval
from evaluation.graded_ndcg import graded_ndcg
from evaluation.query_classes import CLASSES, query_classes
from evaluation.ranking import mrr, recall
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.settings import Settings
from resources.shop import Shop

__all__ = ["REPORT_FILE", "SEARCH_REPORT_ASSETS", "kept_model", "measured", "systems", "trial"]

REPORT_FILE = "search.json"
NDCG_CUT, RECALL_CUT = 10, 50
MAX_SEARCHES = 2_000
"""Most held-out searches that are replayed, and most judged queries."""

Answer = Callable[[str], NDArray[np.int32]]
Floats = NDArray[np.float64]


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


def kept_model(ndcg: Mapping[str, Floats], query: NDArray[np.int64]) -> tuple[str | None, dict[str, Interval]]:
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


def systems(shop: SearchShop, popularity: FloatArray, learnt: LearntSearch | None) -> dict[str, Answer]:
    """Every way to answer a query, each by the order that serving has: the learnt ones only where something was learnt.

    Args:
        shop: Indexes and texts of the queries, which were prepared.
        popularity: float32[n] as it was known when the queries were asked.
        learnt: With a ranker.
    """

    def of(models: SearchModels) -> Answer:
        def answer(query: str) -> NDArray[np.int32]:
            right = shop.texts.corrected(query)
            return models.match(right, shop.texts.vector(right) if has_words(right) else None).best(RECALL_CUT)

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


def _intervals(
    figures: Mapping[str, Floats], query: NDArray[np.int64], rows: NDArray[np.bool_], found: NDArray[np.bool_]
) -> dict[str, object]:
    """Mean and interval of each figure over the searches of a class."""
    intervals: dict[str, object] = {"searches": int(rows.sum())}
    for name, values in figures.items():
        chosen, of = values[rows], query[rows]
        if name != "zero_results":
            chosen, of = values[rows[found]], query[rows & found]
        if chosen.size:
            intervals[name] = clustered_mean_interval(chosen, of)._asdict()
    return intervals


def _judged_intervals(figures: Mapping[str, Floats], queries: int) -> dict[str, object]:
    """Mean and interval of each figure over the judged queries."""
    means = {name: mean_interval(values)._asdict() for name, values in figures.items() if values.size}
    return {"queries": queries, **means}


@daily_asset(
    group_name="reports",
    kinds={"matplotlib", "lightgbm"},
    deps=[dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in ("catalogue", "hnsw_index", "lexical_index")]
    + [dg.AssetDep(table, partition_mapping=trailing(SHOP.window_days)) for table in ("searches", "product_stats")]
    + [dg.AssetDep(table, partition_mapping=EVERY_EARLIER_DAY) for table in ("products", "judgments")],
)
def search_report(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """NDCG, recall, MRR and zero results of search on the last days' clicks, by head, torso and tail queries.

    Words, vectors, the hybrid, and what the days before teach it, each in the order in which search answers without
    filters and rules; a search that nothing matches has zero results. Where people have judged products for queries,
    also by the half of those queries whose judgments are not learnt from. The report says which of these is to be
    served.
    """

    def build(day: str, folder: Path) -> Metadata:
        report = trial(SearchShop.of_day(settings, shop, lake, models, day), day)
        (folder / REPORT_FILE).write_text(json.dumps(report, indent=1), encoding="utf-8")
        chart = folder / "search_ndcg.png"
        bars_with_intervals(chart, _bars(report), title=f"Search, held-out days up to {day}", unit="NDCG@10")
        measured_on = [report[label].get("hybrid", {}) for label in ("all", "judged") if label in report]
        return {
            "dagster/row_count": dg.MetadataValue.int(
                sum(of.get("searches", of.get("queries", 0)) for of in measured_on)
            ),
            "kept": dg.MetadataValue.text(report["kept"] or f"nothing: {report['why_not']}"),
            "figures": dg.MetadataValue.json(report),
            "ndcg": picture(chart),
        }

    return build_each_day(context, models, build)


def trial(search: SearchShop, day: str) -> dict[str, Any]:
    """Learn from the days before the held-out ones, measure on those and on the held-out judged queries.

    Clicks decide what is kept, being of what shoppers ask as often as they ask it; judgments do where fewer than
    ``MIN_CLUSTERS`` queries were clicked and more are judged.

    Returns:
        ``kept``, ``why_not``, ``differences`` of NDCG with their intervals, and by system the figures of ``all``
        searches, of those of each class, and, where there are any, of the ``judged`` queries.

    Raises:
        Unavailable: If there is nothing to measure on.
    """
    shop, lake = search.shop, search.lake
    first, cut = days_before(day, shop.window_days - 1), days_before(day, shop.holdout_days)
    held = searches_of(lake, search.products, days_before(cut, -1), day)
    held = [held[int(i)] for i in np.linspace(0, len(held) - 1, min(len(held), MAX_SEARCHES))]
    people = [one for one in judgments_of(lake, search.products, day, MAX_SEARCHES) if is_held_out(one.query)]
    if not any(one.gains for one in held):
        if not people:
            raise Unavailable(f"no search has found a known product in the {shop.holdout_days} days up to {day}")
        held = []
    search.texts.prepare([*(one.query for one in held), *(one.query for one in people)])
    unseen = {search.texts.corrected(one.query) for one in people}
    learnt, why_not = _learnt(search, first, cut, unseen)
    popularity = fitted_popularity(shop, lake, search.products, first, cut).score
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
            days = f"the {shop.holdout_days} days up to {day}"
            on = f"the {queries} queries of {days}" if by_clicks else f"{queries} held-out judged queries"
            few = f"measured on {on} only, where {MIN_CLUSTERS} are needed"
            why_not = few if queries < MIN_CLUSTERS else f"not better than the untuned hybrid on {on}"
    past = [one.query for one in searches_of(lake, search.products, first, cut)]
    of_class = query_classes(past, [one.query for one in held])
    report: dict[str, Any] = {
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


def _learnt(
    search: SearchShop, first: str, last: str, unseen: Collection[str]
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


SEARCH_REPORT_ASSETS = [search_report]
