"""Whether 95 % intervals hold the truth about 95 times in 100."""

import pytest

from benchmarks.uplift.known_trials import KNOWN, MAIN_MEASURES, covered, truth
from tests.trials import TRIALS, possible


def test_truth_of_the_simple_case() -> None:
    """Effect s/10: mean of the top 30 % is .085; AUTOC is that of TOC(q) = .1·(1 - q)/2, a fortieth."""
    true = truth(KNOWN["effect grows with the score"])
    assert true["Uplift@30"] == pytest.approx(0.085, abs=1e-5)
    assert true["RATE, AUTOC"] == pytest.approx(0.025, abs=1e-5)
    assert truth(KNOWN["same effect on everyone"])["Uplift@30 difference, paired"] == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_intervals_cover_the_truth(name: str) -> None:
    """Both main measures in 93 to 97.5 % of trials of 8,000 users, as far as so few can tell."""
    shares = covered(KNOWN[name], TRIALS, measures=MAIN_MEASURES)
    assert all(possible(share, 0.93, 0.975) for share in shares.values()), shares
