"""When queries are encoded in 8-bit integers: only where search loses nothing by it."""

import numpy as np
import pytest

from assets.search.clicks import Search
from assets.search.judgments import Judgments
from assets.search.query_encoder import agreement, loss
from assets.search.replays import HeldOut
from evaluation.resampling.bootstrap import Interval

ALIKE, UNLIKE = Interval(0.97, 0.95, 0.99), Interval(0.93, 0.89, 0.97)


@pytest.mark.parametrize(
    ("difference", "deciding", "alike", "asked", "against"),
    [
        ((-0.0005, -0.0015, 0.0005), 4_000, UNLIKE, 4_000, None),
        ((-0.0010, -0.0015, -0.0005), 4_000, UNLIKE, 4_000, None),
        ((-0.0100, -0.0150, -0.0050), 400, ALIKE, 400, "NDCG@10 on 400 queries is 0.0100 lower by it"),
        ((-0.0010, -0.0060, 0.0040), 100, ALIKE, 120, None),
        ((-0.0010, -0.0060, 0.0040), 100, UNLIKE, 120, "of the first 10 products 0.930 are the same"),
        ((0.0, 0.0, 0.0), 29, ALIKE, 29, "measured on 29 queries only, where 30 are needed"),
        ((-0.0100, -0.0150, -0.0050), 29, ALIKE, 30, None),
        ((0.0, 0.0, 0.0), 29, UNLIKE, 30, "of the first 10 products 0.930 are the same"),
    ],
)
def test_the_rule(
    difference: tuple[float, float, float], deciding: int, alike: Interval, asked: int, against: str | None
) -> None:
    """A loss that is small for sure is none; one that is shown is one; where NDCG cannot tell, the lists do."""
    told = loss(Interval(*difference), deciding, alike, asked)
    assert told is None if against is None else told is not None and told.startswith(against)


def test_agreement_by_hand() -> None:
    """Eight of ten; one of two and three; nothing twice, which is the same; what is behind the tenth does not count."""
    one = {"a": np.arange(30), "b": np.array([1, 2]), "c": np.array([], int)}
    other = {"a": np.r_[np.arange(8), 90, 91, 8, 9], "b": np.array([2, 7, 8]), "c": np.array([], int)}
    shares = agreement(
        lambda query: one[query].astype(np.int32), lambda query: other[query].astype(np.int32), ["a", "b", "c"]
    )
    np.testing.assert_allclose(shares, [0.8, 1 / 3, 1])


def test_what_decides() -> None:
    """Clicks of 30 queries, or of more than people judged; else what people judged, each query once."""
    clicked = [Search(f"query {i % 20}", {1: 1.0} if i % 20 < 10 else {}) for i in range(60)]
    answer = lambda query: np.array([1, 2], np.int32)  # noqa: E731
    judged = [Judgments(f"judged {i}", {2: 3.0}) for i in range(12)]
    by_clicks = HeldOut(clicked, judged[:9])
    assert by_clicks.decide_by_clicks
    assert np.unique(by_clicks.cluster).size == 10
    np.testing.assert_allclose(by_clicks.deciding_ndcg(answer), np.ones(30))
    by_people = HeldOut(clicked, judged)
    assert not by_people.decide_by_clicks
    assert by_people.cluster.tolist() == list(range(12))
    np.testing.assert_allclose(by_people.deciding_ndcg(answer), np.full(12, 1 / np.log2(3)))
    assert len(by_people.queries) == 32
