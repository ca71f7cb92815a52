"""In which state a campaign is, by hand."""

from datetime import UTC, datetime

import polars as pl
import pytest

from assets.release.campaigns import state
from resources.shop import Campaign


def exposed(*days: int) -> pl.DataFrame:
    """Exposures at noon of these days of March 2026."""
    at = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in days]
    return pl.DataFrame({"ts": at}, schema={"ts": pl.Datetime("us", "UTC")})


@pytest.mark.parametrize(
    ("days", "is_closed", "expected"),
    [
        ((), False, "draft"),
        ((1, 3), False, "measured"),  # the window of the third ends with the tenth
        ((1, 4), False, "running"),
        ((1, 4), True, "closed"),
        ((), True, "closed"),
    ],
)
def test_a_campaign_runs_while_a_window_is_open(days: tuple[int, ...], is_closed: bool, expected: str) -> None:
    """As of the end of March 10, with seven days."""
    assert state(exposed(*days), Campaign(attribution_days=7, closed=is_closed), "2026-03-10") == expected
