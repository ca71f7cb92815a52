"""Token buckets of several processes, by hand and with real ones."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from resources.settings import ROOT
from serving.http import shared_limits
from serving.http.shared_limits import SharedTokenBuckets, allocate


@pytest.fixture
def memory() -> Iterator[int]:
    """A table of its own."""
    made = allocate()
    yield made
    os.close(made)


def test_a_burst_then_the_rate_whoever_is_asked(memory: int) -> None:
    """Two at once at two a second, over two tables on one memory; half a second later there is one more, not two."""
    one, other = (SharedTokenBuckets(2, 2, memory) for _ in range(2))
    assert [one.take("a", now=9), other.take("a", now=9), one.take("a", now=9)] == [0, 0, 1]
    assert [other.take("a", now=9.5), one.take("a", now=9.5)] == [0, 1]
    assert other.take("b", now=9.5) == 0


def test_the_wait_is_told_in_whole_seconds(memory: int) -> None:
    """One every ten seconds: four seconds after the only token, six are left."""
    buckets = SharedTokenBuckets(0.1, 1, memory)
    assert (buckets.take("a", now=50), buckets.take("a", now=54)) == (0, 6)


def test_the_whole_burst_is_there_late_in_the_clock(memory: int) -> None:
    """Rounding at a clock of years takes no token: 1,000 pass at once, and the next does not."""
    buckets = SharedTokenBuckets(30, 1_000, memory)
    assert sum(buckets.take("a", now=1e8 + 1 / 3) == 0 for _ in range(1_001)) == 1_000


def test_a_bucket_never_holds_more_than_its_burst(memory: int) -> None:
    """After a day of silence two requests pass, not thousands."""
    buckets = SharedTokenBuckets(100, 2, memory)
    buckets.take("a", now=1)
    assert [buckets.take("a", now=86_400) == 0 for _ in range(3)] == [True, True, False]


def test_no_limit(memory: int) -> None:
    """Rate 0 never refuses."""
    buckets = SharedTokenBuckets(0, 1, memory)
    assert not any(buckets.take("a", now=0) for _ in range(100))


def test_beyond_its_bound_it_forgets_who_lacks_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """One set of eight: a ninth caller takes the place of the one nearest to full, and the others stay short."""
    monkeypatch.setattr(shared_limits, "SETS", 1)
    memory = allocate()
    buckets = SharedTokenBuckets(0.001, 1, memory)
    assert [buckets.take(c, now=10 + i) for i, c in enumerate("abcdefghi")] == [0] * 9
    assert all(buckets.take(c, now=20) > 0 for c in "bcdefghi")
    assert buckets.take("a", now=20) == 0
    os.close(memory)


ASK = """
import sys
import time
from serving.http.shared_limits import SharedTokenBuckets
buckets = SharedTokenBuckets(1e-6, 600, int(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
got = 0
for _ in range(400):
    got += buckets.take("a") == 0
    time.sleep(0.0005)
print(got)
"""


def test_processes_together_get_the_burst_exactly(memory: int) -> None:
    """Three processes ask 400 times each, in turn as it happens, for a bucket of 600; no one could empty it alone."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, str(memory)],
            cwd=ROOT,
            pass_fds=(memory,),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    got = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(got) == 600
