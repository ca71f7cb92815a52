"""How often users respond without a campaign, measured in a lake in which it is known."""

import math
from pathlib import Path

import pytest

from assets.targeting.outcome_rates import last_day_of, measured_outcome
from evaluation.insufficient import InsufficientDataError
from resources.engine import Engine
from resources.lake import Lake
from tests.assets.targeting.known_shop import LAST, write_orders
from tests.default_shop import SHOP


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """With orders alone."""
    made = Lake(str(tmp_path / "lake"))
    write_orders(made)
    return made


def test_the_rate_of_those_who_were_known_before(lake: Lake) -> None:
    """20 of 100; the newcomer counts a day, 21 / 7. Both weeks: .15 - .2 · .3 = .09, by √(.16 · .21) .49099."""
    day = last_day_of(lake, "orders")
    assert day == "2026-02-25"
    found = measured_outcome(lake, Engine(), SHOP, "purchase", LAST)
    assert (found.users, found.first_day, found.last_day) == (100, "2026-02-23", LAST)
    assert (found.mean, found.users_per_day, found.revenue_per_response) == (0.2, 3.0, 50.0)
    assert found.deviation == pytest.approx(math.sqrt(0.16 * 100 / 99))
    assert found.correlation == pytest.approx(0.09 / math.sqrt(0.16 * 0.21))


def test_money(lake: Lake) -> None:
    """20 users pay 50 each."""
    found = measured_outcome(lake, Engine(), SHOP, "revenue", LAST)
    assert found.mean == pytest.approx(10.0)
    assert found.deviation == pytest.approx(50 * math.sqrt(0.16 * 100 / 99))


def test_where_nobody_responds_the_remedy_is_told(lake: Lake) -> None:
    """A week without orders, visits of which there is no log, and a lake without anything."""
    for outcome, day in (("purchase", "2026-02-20"), ("visit", LAST)):
        with pytest.raises(InsufficientDataError, match=r"0 of 100 users .* give the rate"):
            measured_outcome(lake, Engine(), SHOP, outcome, day)
    with pytest.raises(InsufficientDataError, match="0 of 0 users"):
        measured_outcome(lake, Engine(), SHOP, "purchase", "2025-01-01")
    assert last_day_of(lake, "events") is None
