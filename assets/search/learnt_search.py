"""The learnt search: fitted on all days where its trial on held-out days said that it is worth it."""

import json

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import BEHAVIOUR, SAME_DAY, STATE
from assets.search.learning import SearchInputs, learn_from_days
from assets.search.query_encoder import served_encoder
from assets.search.report import REPORT_FILE
from resources.model_store import Unavailable

__all__ = ["search_model"]


@daily_model(
    group="index",
    kinds={"lightgbm"},
    reads={
        "catalogue": SAME_DAY,
        "hnsw_index": SAME_DAY,
        "lexical_index": SAME_DAY,
        "search_report": SAME_DAY,
        "searches": BEHAVIOUR,
        "product_stats": BEHAVIOUR,
        "products": STATE,
        "judgments": STATE,
    },
)
def search_model(at: AsOf) -> Built:
    """Query adapter, memory of past queries and LambdaRank from clicks and judgments, where `search_report` kept them.

    Without a trial that it won there is none, and search answers by the untuned hybrid.
    """
    report = json.loads((at.model("search_report") / REPORT_FILE).read_text(encoding="utf-8"))
    if report["kept"] is None:
        raise Unavailable(f"what search learnt is not served: {report['why_not']}", expected=True)
    search = SearchInputs.of_day(at.shop, at.lake, at.models, at.day, served_encoder(at))
    learnt = learn_from_days(search, at.first(BEHAVIOUR), at.day)
    model = learnt if report["kept"] == "ranker" else learnt.without_ranker()
    model.save(at.folder)
    return Built(
        at.lake.count("searches", at.first(BEHAVIOUR), at.day),
        {
            "kept": report["kept"],
            "differences": report["differences"],
        },
    )
