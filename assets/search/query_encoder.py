"""Which encoder of queries is served: the one that embeds products, or its 8-bit form where search loses nothing by it.

What belongs here: the comparison, its rule, and which of both a day's report has chosen. What does not: making the
8-bit form (`resources.encoder.quantised`).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from assets.daily.models import AsOf
from assets.search.learning import SearchInputs
from assets.search.replays import NDCG_CUT, Answer, HeldOut, systems
from evaluation.arrays import Floats, Floats32
from evaluation.resampling.bootstrap import Interval, mean_interval
from evaluation.resampling.clustered_mean import MIN_CLUSTERS, clustered_mean_interval
from resources.encoder.quantised import quantised_folder
from resources.encoder.text_encoder import encoder_folder
from resources.model_store import Unavailable

__all__ = ["FULL", "MOST_LOSS", "QUANTISED", "agreement", "choose", "loss", "served_encoder"]

FULL, QUANTISED = "float32", "int8"
MOST_LOSS = 0.002
"""Of NDCG@10: the 8-bit form may lose less than this at the lower end of its interval."""
_SYSTEM = "hybrid"


def choose(
    search: SearchInputs, encoder: Path, held: HeldOut, popularity: Floats32
) -> tuple[SearchInputs, dict[str, Any]]:
    """The inputs with the encoder of queries that is to be served, and why it is.

    What is learnt and measured next is so by the vectors that serving has.

    Args:
        search: With queries by the encoder of the products.
        encoder: Its folder.
        held: What is measured on.
        popularity: float32[n] as it was known when the queries were asked.

    Returns:
        The inputs, and ``used``, ``why``, and where both were measured the ``ndcg`` of each, ``differences`` and
        ``agreement`` with their intervals, and how many ``queries`` decided.

    Raises:
        Unavailable: If the shop wants the 8-bit form always, and the model has none.
    """
    declared = search.shop.embeddings.quantise
    if declared == "never":
        return search, {"used": FULL, "why": "[embeddings] quantise is never"}
    try:
        quantised = search.with_queries_by(quantised_folder(encoder))
    except ValueError as error:
        if declared == "always":
            raise Unavailable(str(error)) from error
        return search, {"used": FULL, "why": str(error)}
    full, small = (_hybrid(one, held, popularity) for one in (search, quantised))
    ndcg = {name: held.deciding_ndcg(answer) for name, answer in ((FULL, full), (QUANTISED, small))}
    difference = clustered_mean_interval(ndcg[QUANTISED] - ndcg[FULL], held.cluster)
    alike = mean_interval(agreement(full, small, held.queries))
    deciding = np.unique(held.cluster).size
    why_not = loss(difference, deciding)
    told = {
        "ndcg": {name: float(of.mean()) for name, of in ndcg.items()},
        "differences": {"int8 above float32": difference._asdict()},
        "agreement": alike._asdict(),
        "queries": deciding,
    }
    if declared == "always":
        return quantised, {"used": QUANTISED, "why": "[embeddings] quantise is always", **told}
    if why_not is not None:
        return search, {"used": FULL, "why": why_not, **told}
    return quantised, {"used": QUANTISED, "why": "search loses nothing by it", **told}


def loss(difference: Interval, deciding: int) -> str | None:
    """What speaks against the 8-bit form; none where search loses nothing by it.

    Nothing is lost where at least ``MIN_CLUSTERS`` queries decide and the 95 % interval of the difference in NDCG@10
    lies above −``MOST_LOSS``. Where the interval is too wide to tell, the whole encoder stays: that both put nearly
    the same products first is no proof (docs/decisions/0009).

    Args:
        difference: NDCG@10 by the 8-bit form, less that by the whole.
        deciding: Queries that this is of.
    """
    if deciding < MIN_CLUSTERS:
        return f"measured on {deciding} queries only, where {MIN_CLUSTERS} are needed"
    if difference.lower > -MOST_LOSS:
        return None
    if difference.upper < 0:
        return f"NDCG@10 on {deciding} queries is {-difference.estimate:.4f} lower by it"
    return f"on {deciding} queries NDCG@10 may be {-difference.lower:.4f} lower by it, which is {MOST_LOSS} or more"


def agreement(one: Answer, other: Answer, queries: list[str]) -> Floats:
    """float64[queries] in [0, 1]: share of the first ten products of the longer answer that both have; 1 for none."""
    shares = []
    for query in queries:
        first, second = (set(answer(query)[:NDCG_CUT].tolist()) for answer in (one, other))
        shares.append(len(first & second) / max(len(first), len(second)) if first or second else 1.0)
    return np.array(shares)


def served_encoder(at: AsOf) -> Path:
    """Folder of the encoder of queries that the day's release carries, made there if need be.

    Raises:
        ValueError: If the model cannot be used, or not be quantised.
    """
    encoder = encoder_folder(at.settings.home, at.shop.embeddings.choice())
    declared = at.shop.embeddings.quantise
    if declared == "always" or (declared == "auto" and _chosen(at).get("used") == QUANTISED):
        return quantised_folder(encoder)
    return encoder


def _chosen(at: AsOf) -> Mapping[str, Any]:
    """What the day's report says of the encoder; nothing where there is none, as where nobody has searched."""
    if at.models.unavailable("search_report", at.day) is not None:
        return {}
    report = json.loads((at.model("search_report") / "search.json").read_text(encoding="utf-8"))
    return dict(report.get("query_encoder", {}))


def _hybrid(search: SearchInputs, held: HeldOut, popularity: Floats32) -> Answer:
    """What words and meaning answer together to queries that are prepared now."""
    search.texts.prepare(held.queries)
    return systems(search, popularity, None)[_SYSTEM]
