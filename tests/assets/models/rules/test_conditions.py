"""When rules hold: by list, category, moment, segment and query."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from assets.models.rules.conditions import Asked, Conditions, normal_query


@pytest.mark.parametrize(
    ("queries", "typed", "holds"),
    [
        (["gift card"], "Gift  Card", True),
        (["gift card"], "gift cards", False),
        (["gift card"], "gift-card!", True),
        (["l'oréal"], "LOREAL", True),
        (["gift*"], "gifts for him", True),
        (["gift *"], "gifts for him", False),
        (["* sale"], "summer sale", True),
        (["* sale"], "sale", False),
        (["*sale*"], "wholesale lamps", True),
        (["a*b*c"], "a c b", False),
        (["a*b*c"], "a 1 b 2 c", True),
        (["ab*ba"], "aba", False),
        (["tent", "zelt"], "Zelt", True),
        (["50% off"], "50% off", True),
        (["50% off"], "50 off", False),
        (["c++"], "c", False),
        (["gift*"], "", False),
        (["テント"], "テント", True),
    ],
)
def test_queries(queries: list[str], typed: str, holds: bool) -> None:
    """Letters decide, not their case, accents, hyphens and apostrophes; a star stands for anything."""
    when = Conditions.of({"queries": queries})
    assert when.hold(Asked("search", queries=[normal_query(typed)])) is holds


def test_a_rule_with_queries_holds_for_nothing_else() -> None:
    """Neither for lists nor for browsing."""
    when = Conditions.of({"queries": ["*"]})
    assert [when.hold(Asked("popular")), when.hold(Asked("search"))] == [False, False]


def test_many_stars_cost_little() -> None:
    """A pattern that a backtracking matcher would try for ever."""
    when = Conditions.of({"queries": ["a*" * 100 + "b"]})
    assert not when.hold(Asked("search", queries=["a" * 1_000 + "c"]))


def seconds(*at: int) -> float:
    """Of an instant in UTC."""
    return datetime(*at, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("rule", "at", "holds"),
    [
        ({}, 0.0, True),
        ({"from": "2026-12-01T00:00:00+00:00"}, seconds(2026, 11, 30, 23, 59, 59), False),
        ({"from": "2026-12-01T00:00:00+00:00"}, seconds(2026, 12, 1), True),
        ({"until": "2026-12-01T00:00:00+00:00"}, seconds(2026, 11, 30, 23, 59, 59), True),
        ({"until": "2026-12-01T00:00:00+00:00"}, seconds(2026, 12, 1), False),
        ({"from": None, "until": None}, seconds(2026, 12, 1), True),
    ],
)
def test_moments(rule: dict[str, Any], at: float, holds: bool) -> None:
    """From the first instant on, until just before the last."""
    assert Conditions.of(rule).hold(Asked("popular", at=at)) is holds


def test_segments() -> None:
    """One of them is enough; a stranger is in none."""
    when = Conditions.of({"segments": ["north", "persuadable"]})
    kept = [when.hold(Asked("popular", segments=of)) for of in ((), ("south",), ("north",), ("x", "persuadable"))]
    assert kept == [False, False, True, True]
    assert when.changes == []
    assert (when.begin, when.end) == (-math.inf, math.inf)
