"""Do similar items show what shoppers look at instead? Held-out days, with and without the learnt adapter.

What belongs here: the trial, its report, and whether what was learnt is good enough to be served.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from assets.charts import bars_with_intervals, pictures
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.partitions import days_before
from assets.daily.windows import BEHAVIOUR, SAME_DAY
from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.cold_start import with_borrowed_partners
from assets.models.search.similar.alike_pairs import AlikePairs
from assets.models.search.similar.items import SimilarItems
from assets.models.search.vectors.query_adapter import QueryAdapter
from assets.models.sessions.knn import SessionKnn
from assets.recommendations.fitting import fitted_co_purchase
from assets.recommendations.held_out import View, next_alike
from assets.search.similar_learning import SimilarInputs
from assets.tables.held_out import held_out_days
from assets.tables.interactions import session_rows
from evaluation.arrays import Bools, Floats
from evaluation.ranking.ranking import hit_rate, mrr
from evaluation.resampling.bootstrap import Interval
from evaluation.resampling.clustered_mean import MIN_CLUSTERS, clustered_mean_interval
from resources.model_store import Unavailable
from resources.shop import Shop

__all__ = ["SIMILAR_REPORT_FILE", "cold_items", "kept_adapter", "measured_lists", "similar_report", "trial"]

SIMILAR_REPORT_FILE = "similar.json"
CUTOFF = 10
COLD_PARTS = 5
"""One product in so many is held out of the pairs, to be asked about as a product of which nobody knows anything."""
TEXT, TEXT_ADAPTED = "text", "text_adapted"
SERVED, ADAPTED = "co_views", "co_views_adapted"
"""Text and co-views together, as lists are served."""

Figures = dict[str, dict[str, Floats]]


class _Figures(NamedTuple):
    """Figures of each system on the same views, and on the views of cold products."""

    every: Figures
    cold: Figures


def cold_items(ids: Sequence[str]) -> Bools:
    """bool[n]: the products that are held out of the pairs, drawn by a hash of their ids."""
    return np.array([zlib.crc32(product_id.encode()) % COLD_PARTS == 0 for product_id in ids], dtype=np.bool_)


def measured_lists(lists: SimilarItems, views: Sequence[View]) -> dict[str, Floats]:
    """``hit_rate`` and ``mrr`` at 10 of what was looked at next, in the list of each view's product: float64[views]."""
    ranked = {item: lists.similar(item, CUTOFF).ranked.items for item in sorted({view.item for view in views})}
    found, targets = [ranked[view.item] for view in views], [{view.target} for view in views]
    return {"hit_rate": hit_rate(found, targets, CUTOFF), "mrr": mrr(found, targets, CUTOFF)}


def kept_adapter(
    every: Figures, cold: Figures, views: Sequence[View], cold_views: Sequence[View]
) -> tuple[str | None, dict[str, Interval]]:
    """Why the adapter is not served (none: it is), and the differences of MRR that say so.

    It is kept if the list as served is better with it and cold products' lists are not worse: the 95 % interval of the
    paired difference lies above 0, or not below it. Sessions are resampled, not views.

    Args:
        every: Figures of ``co_views`` and ``co_views_adapted``.
        cold: Figures of ``text`` and ``text_adapted`` on the views of cold products; any where there are none.
        views: What ``every`` was measured on.
        cold_views: What ``cold`` was measured on.
    """
    above = {"adapted above untuned": _of_sessions(every[ADAPTED]["mrr"] - every[SERVED]["mrr"], views)}
    if cold_views:
        above["cold: adapted above untuned"] = _of_sessions(cold[TEXT_ADAPTED]["mrr"] - cold[TEXT]["mrr"], cold_views)
    if len({view.session for view in views}) < MIN_CLUSTERS:
        return f"not measured on the {MIN_CLUSTERS} sessions that it takes", above
    if above["adapted above untuned"].lower <= 0:
        return "not better than the untuned space", above
    if cold_views and above["cold: adapted above untuned"].upper < 0:
        return "worse than the untuned space for products that no shopper has looked at", above
    return None, above


@daily_model(
    group="reports",
    kinds={"matplotlib"},
    reads={
        "catalogue": SAME_DAY,
        "hnsw_index": SAME_DAY,
        "sessions": BEHAVIOUR,
        "searches": BEHAVIOUR,
        "baskets": BEHAVIOUR,
        "returns": BEHAVIOUR,
    },
)
def similar_report(at: AsOf) -> Built:
    """Hit rate and MRR of similar items on what shoppers looked at next on the last days, untuned and adapted.

    Also of products held out of what is learnt, as new ones are; the report says whether the adapter is to be served.
    """
    report = trial(at.shop, SimilarInputs.of_day(at.lake, at.models, at.day), at.day)
    (at.folder / SIMILAR_REPORT_FILE).write_text(json.dumps(report, indent=1), encoding="utf-8")
    chart = at.folder / "similar_mrr.png"
    bars_with_intervals(chart, _bars(report), title=f"Similar items, held out: {report['held_out']}", unit="MRR@10")
    return Built(
        report["all"][TEXT]["views"],
        {
            "kept": "the adapter" if report["kept"] else f"nothing: {report['why_not']}",
            "figures": report,
            **pictures(chart),
        },
        metrics={f"similar_mrr_{name}": of["mrr"]["estimate"] for name, of in report["all"].items() if "mrr" in of},
    )


def trial(shop: Shop, alike: SimilarInputs, day: str) -> dict[str, Any]:
    """Learn from the days before the held-out ones, measure on those.

    Returns:
        ``held_out``, ``kept``, ``why_not``, ``pairs`` learnt from, ``differences`` of MRR with their intervals, and for
        ``all`` views and those of ``cold`` products by system ``views``, ``sessions``, ``hit_rate`` and ``mrr``.

    Raises:
        Unavailable: If there is nothing to measure on.
    """
    first, days = days_before(day, shop.window_days - 1), held_out_days(shop, alike.lake, ["sessions"], day)
    views = next_alike(session_rows(alike.lake, alike.products, days.first, days.last), alike.kinds)
    if not views:
        raise Unavailable(f"nobody looked at two products of a kind on {days}")
    pairs = alike.pairs(first, days.before)
    adapter, why_not = _learnt(alike, pairs)
    new = cold_items(alike.products.ids)
    known = pairs.without(new)
    held = known.holds(len(new))
    cold_views = [view for view in views if not held[view.item]]
    for_cold = None if adapter is None else _learnt(alike, known)[0]
    figures = _measured(shop, alike, first, days.before, adapter, for_cold, views, cold_views)
    above = dict[str, Interval]()
    if adapter is not None:
        why_not, above = kept_adapter(*figures, views, cold_views if for_cold is not None else [])
        if why_not is None and cold_views and for_cold is None:
            why_not = "not known to spare products that no shopper has looked at (too few pairs are left without them)"
        if why_not is not None:
            why_not = f"{why_not} on {days}"
    return {
        "held_out": str(days),
        "kept": why_not is None,
        "why_not": why_not,
        "pairs": len(pairs.item),
        "differences": {name: interval._asdict() for name, interval in above.items()},
        "all": _intervals(figures.every, views),
        "cold": _intervals(figures.cold, cold_views),
    }


def _learnt(alike: SimilarInputs, pairs: AlikePairs) -> tuple[QueryAdapter | None, str | None]:
    """What the pairs teach, or why nothing."""
    try:
        return alike.learn(pairs), None
    except Unavailable as reason:
        return None, str(reason)


def _measured(
    shop: Shop,
    alike: SimilarInputs,
    first: str,
    cut: str,
    adapter: QueryAdapter | None,
    for_cold: QueryAdapter | None,
    views: Sequence[View],
    cold_views: Sequence[View],
) -> _Figures:
    """Every way to list similar items, as served, over models of the days ``first`` to ``cut``.

    A cold product has no co-views, so its lists are by text alone.
    """
    seen = session_rows(alike.lake, alike.products, first, cut)
    sessions = SessionKnn.fit(seen.group, seen.item, seen.ts, len(alike.products)) if seen.item.size else None
    lists = SimilarItems(alike.products, alike.vectors, None, _purchases(shop, alike, first, cut))
    every = {TEXT: lists, SERVED: lists.with_models(sessions, None)}
    cold = {TEXT: lists}
    if adapter is not None:
        every |= {TEXT_ADAPTED: lists.with_models(None, adapter), ADAPTED: lists.with_models(sessions, adapter)}
    if for_cold is not None:
        cold[TEXT_ADAPTED] = lists.with_models(None, for_cold)
    return _Figures(
        {name: measured_lists(one, views) for name, one in every.items()},
        {name: measured_lists(one, cold_views) for name, one in cold.items()} if cold_views else {},
    )


def _purchases(shop: Shop, alike: SimilarInputs, first: str, cut: str) -> CoPurchase | None:
    """Bought together, as `co_purchase` is served; none where nothing was bought."""
    try:
        bought = fitted_co_purchase(shop, alike.lake, alike.products, first, cut)
    except Unavailable:
        return None
    return with_borrowed_partners(bought, alike.vectors.similar)


def _of_sessions(values: Floats, views: Sequence[View]) -> Interval:
    """Mean of float64[views] with its 95 % interval."""
    return clustered_mean_interval(values, [view.session for view in views])


def _intervals(figures: Figures, views: Sequence[View]) -> dict[str, object]:
    """Mean and interval of each figure."""
    counts = {"views": len(views), "sessions": len({view.session for view in views})}
    return {
        name: {**counts, **{figure: _of_sessions(values, views)._asdict() for figure, values in of.items()}}
        for name, of in figures.items()
    }


def _bars(report: Mapping[str, Any]) -> dict[str, tuple[float, float, float]]:
    """MRR of every system, over all views and over those of cold products."""
    return {
        f"{label}: {name}": tuple(figures["mrr"].values())
        for label in ("all", "cold")
        for name, figures in report[label].items()
    }
