"""Whether 95 % intervals hold the truth about 95 times in 100."""

import pytest

from benchmarks.uplift.known_trials import KNOWN, MAIN_MEASURES, covered, truth


def test_truth_of_the_simple_case() -> None:
    """Effect s/10: mean of the top 30 % is .085; AUTOC is that of TOC(q) = .1·(1 - q)/2, a fortieth."""
    true = truth(KNOWN["effect grows with the score"])
    assert true["Uplift@30"] == pytest.approx(0.085, abs=1e-5)
    assert true["RATE, AUTOC"] == pytest.approx(0.025, abs=1e-5)
    assert truth(KNOWN["same effect on everyone"])["Uplift@30 difference, paired"] == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_intervals_cover_the_truth(name: str) -> None:
    """Both main measures in 93 to 97.5 % of 400 trials of 8,000 users."""
    shares = covered(KNOWN[name], 400, measures=MAIN_MEASURES)
    assert all(0.93 <= share <= 0.975 for share in shares.values()), shares
