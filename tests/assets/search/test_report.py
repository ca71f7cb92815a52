"""What searches are judged by and which learnt search is kept."""

import numpy as np

from assets.search.clicks import Search, frequent_queries, judged
from assets.search.replays import measured
from assets.search.report import kept_model

SEARCHES = [
    Search("red lamp", {3: 1.0}),
    Search("red lmap", {3: 1.0, 5: 2.0}),
    Search("red lamp", {}),
    Search("desk", {7: 3.0}),
    Search("red lamp", {5: 1.0}),
]


def test_judgments_are_shares_of_what_was_found() -> None:
    """Corrected, the lamp found item 3 twice for 1 and item 5 for 2 and 1: gains 3·2/3 and 3; the desk found one."""
    asked = judged(SEARCHES, lambda q: q.replace("lmap", "lamp"), lambda q: np.full(2, len(q), np.float32), limit=9)
    assert [(one.query, one.gains) for one in asked] == [("desk", {7: 3.0}), ("red lamp", {3: 2.0, 5: 3.0})]
    assert asked[0].vector.tolist() == [4, 4]


def test_frequent_queries_are_those_that_found_something() -> None:
    """By how often they did, then by text; the limit cuts."""
    assert frequent_queries(SEARCHES, 9) == ["red lamp", "desk", "red lmap"]
    assert frequent_queries(SEARCHES, 1) == ["red lamp"]


def test_measures_of_a_ranking() -> None:
    """The wanted second: NDCG 1/log2(3), MRR 1/2, recall 1; a search without a click counts for zero results alone."""
    answers = {"lamp": np.array([9, 3]), "desk": np.array([], int), "rug": np.array([1])}
    searches = [Search("lamp", {3: 2.0}), Search("desk", {}), Search("rug", {2: 1.0})]
    figures = measured(lambda query: answers[query].astype(np.int32), searches)
    np.testing.assert_allclose(figures["ndcg"], [1 / np.log2(3), 0])
    np.testing.assert_allclose(figures["mrr"], [0.5, 0])
    np.testing.assert_allclose(figures["recall"], [1, 0])
    np.testing.assert_allclose(figures["zero_results"], [0, 1, 0])


def test_only_what_is_better_beyond_doubt_is_kept() -> None:
    """Better by a constant is beyond doubt, by noise it is not; a ranker must also beat a kept adapter."""
    rng = np.random.default_rng(0)
    hybrid = rng.random(200) / 2
    noise = rng.normal(0, 0.1, 200)
    noise -= noise.mean()
    query = np.arange(200)
    assert kept_model({"hybrid": hybrid, "adapter": hybrid + 0.1, "ranker": hybrid + 0.2}, query)[0] == "ranker"
    assert (
        kept_model({"hybrid": hybrid, "adapter": hybrid + 0.1, "ranker": hybrid + 0.1 + noise}, query)[0] == "adapter"
    )
    assert kept_model({"hybrid": hybrid, "adapter": hybrid + noise, "ranker": hybrid + 0.1}, query)[0] == "ranker"
    assert kept_model({"hybrid": hybrid, "adapter": hybrid + noise, "ranker": hybrid - noise}, query)[0] is None


def test_a_few_queries_keep_nothing() -> None:
    """200 searches for 29 queries, all of them better: an interval of so few is too narrow; of 30 it decides."""
    hybrid = np.zeros(200)
    ndcg = {"hybrid": hybrid, "adapter": hybrid + 0.1, "ranker": hybrid + 0.2}
    assert kept_model(ndcg, np.arange(200) % 29)[0] is None
    assert kept_model(ndcg, np.arange(200) % 30)[0] == "ranker"
