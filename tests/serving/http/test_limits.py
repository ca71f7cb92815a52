"""Token buckets, by hand."""

import pytest

from serving.http import limits
from serving.http.limits import TokenBuckets


def test_a_burst_then_the_rate() -> None:
    """Two at once at two a second: the third waits; half a second later there is one more, not two."""
    buckets = TokenBuckets(rate=2, burst=2)
    assert [buckets.take("a", now=0) for _ in range(3)] == [0, 0, 1]
    assert [buckets.take("a", now=0.5) for _ in range(2)] == [0, 1]
    assert buckets.take("b", now=0.5) == 0


def test_the_wait_is_told_in_whole_seconds() -> None:
    """One every ten seconds: four seconds after the only token, six are left."""
    buckets = TokenBuckets(rate=0.1, burst=1)
    assert (buckets.take("a", now=0), buckets.take("a", now=4)) == (0, 6)


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    """After a day of silence two requests pass, not thousands."""
    buckets = TokenBuckets(rate=100, burst=2)
    buckets.take("a", now=0)
    assert [buckets.take("a", now=86_400) == 0 for _ in range(3)] == [True, True, False]


def test_no_limit() -> None:
    """Rate 0 never refuses."""
    buckets = TokenBuckets(rate=0, burst=1)
    assert not any(buckets.take("a", now=0) for _ in range(100))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the caller longest unseen is forgotten."""
    monkeypatch.setattr(limits, "MAX_CALLERS", 2)
    buckets = TokenBuckets(rate=0.001, burst=1)
    assert [buckets.take(c, now=0) for c in "abc"] == [0, 0, 0]
    assert buckets.take("a", now=0) == 0
    assert buckets.take("c", now=0) > 0
