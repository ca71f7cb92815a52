"""What the report says of the choice of learners."""

from assets.models.uplift.uplift_selection import BLEND, Figure
from assets.uplift.report import reason_of

FIGURES = (
    Figure(BLEND, (0.07, 0.07), 1.0),
    Figure("s", (0.05, 0.07), 0.25),
    Figure("t", (0.06, 0.07), 0.75),
    Figure("x", (0.0, 0.1), 0.0),
    Figure("response", (0.2, 0.2), 0.0),
)


def test_the_blend_beside_its_best_learner_by_hand() -> None:
    """Ahead of t by .01 and 0: a mean of .005 and a standard error of .005. Baselines and weights of 0 are left out."""
    assert reason_of(FIGURES) == (
        "Of 3 learners those of small errors are averaged: t 0.75, s 0.25. Together they reach a mean of 0.0700; "
        "t alone is the best with 0.0650, a difference of +0.0050 with a standard error of 0.0050."
    )
