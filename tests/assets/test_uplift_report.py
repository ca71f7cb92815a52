"""What the report says of the choice of a learner."""

from assets.models.uplift_selection import Figure
from assets.uplift_report import reason_of

S = Figure("s", (0.05, 0.07), True)
T = Figure("t", (0.06, 0.07), False)
RESPONSE = Figure("response", (0.2, 0.2), False)


def test_the_best_is_the_best_of_the_candidates() -> None:
    """Baselines are not among them."""
    assert reason_of("t", (S, T, RESPONSE)) == "t has a mean of 0.0650, the highest of 2 candidates."


def test_a_simpler_one_says_how_little_it_is_behind() -> None:
    """Differences .01 and 0: their mean is .005, and its standard error .005 too."""
    assert reason_of("s", (S, T, RESPONSE)) == (
        "s has a mean of 0.0600; t has the highest, 0.0650, but is ahead of the simpler one by only 0.0050, "
        "with a standard error of 0.0050."
    )
