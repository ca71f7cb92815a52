"""The adapter of similar items: fitted on all days where its trial on held-out days said that it is worth it."""

import json

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import BEHAVIOUR, SAME_DAY
from assets.search.similar_learning import SimilarInputs
from assets.search.similar_report import SIMILAR_REPORT_FILE
from resources.model_store import Unavailable

__all__ = ["similar_model"]


@daily_model(
    group="index",
    kinds={"numpy"},
    reads={
        "catalogue": SAME_DAY,
        "hnsw_index": SAME_DAY,
        "similar_report": SAME_DAY,
        "sessions": BEHAVIOUR,
        "searches": BEHAVIOUR,
        "baskets": BEHAVIOUR,
        "returns": BEHAVIOUR,
    },
)
def similar_model(at: AsOf) -> Built:
    """Adapter of products' vectors learnt from what shoppers looked at in turn, where `similar_report` kept it.

    Without a trial that it won there is none, and similar items are compared in the untuned space.
    """
    report = json.loads((at.model("similar_report") / SIMILAR_REPORT_FILE).read_text(encoding="utf-8"))
    if not report["kept"]:
        raise Unavailable(f"what shoppers teach of similar items is not served: {report['why_not']}", expected=True)
    alike = SimilarInputs.of_day(at.lake, at.models, at.day)
    pairs = alike.pairs(at.first(BEHAVIOUR), at.day)
    alike.learn(pairs).save(at.folder)
    return Built(len(pairs.item), {"differences": report["differences"]})
