"""Who is taken for a robot, and that nothing is learnt of them."""

from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl

from assets.tables.checks import robots_check
from resources.shop import Robots
from resources.tables import TABLES
from tests.assets.tables.logs import MINUTE, NOON, US, events, orders, run

Row = tuple[datetime, str, dict[str, Any]]
SECOND = MINUTE / 60
LIMITS = pl.DataFrame({"max_looks": [Robots().max_looks], "quick_looks": [Robots().quick_looks]})


def looks(visitor: str, number: int, gap: timedelta, *, kind: str = "view", products: int = 10_000) -> list[Row]:
    """Looks of a session, ``gap`` apart."""
    return [
        (NOON + n * gap, kind, {"session_id": visitor, "user_id": None, "product_id": f"p{n % products}"})
        for n in range(number)
    ]


def found(*rows: Row) -> list[tuple[str, int, int, str]]:
    """(visitor, looks, products, reason) of those who are taken for robots."""
    robots = run("robots", {"events": events(*rows), "limits": LIMITS})
    assert robots.schema == pl.Schema(TABLES["robots"])
    return robots.select("visitor", "looks", "products", "reason").rows()


def test_very_many_looks_are_no_persons() -> None:
    """300 on a day may be; one more is not, whatever the pauses. Searches and cart changes do not count."""
    kept = looks("person", 300, MINUTE / 4) + looks("cart", 301, MINUTE / 4, kind="add_to_cart")
    assert found(*kept, *looks("robot", 301, MINUTE / 4, products=7)) == [("s/robot", 301, 7, "many")]


def test_looks_without_a_pause_are_no_persons() -> None:
    """Twenty, a second apart or less; not nineteen, and not where one in five has a longer pause."""
    paused = [(ts + SECOND * 30 * (n // 5), kind, of) for n, (ts, kind, of) in enumerate(looks("person", 40, SECOND))]
    rows = looks("few", 19, SECOND) + looks("slow", 40, SECOND + US) + paused + looks("robot", 20, SECOND)
    assert found(*rows) == [("s/robot", 20, 20, "quick")]


def test_a_log_of_days_has_no_pauses_to_tell() -> None:
    """All looks of a visitor have one time."""
    assert found(*looks("person", 60, 0 * SECOND)) == []


def test_a_user_without_a_session_is_a_visitor() -> None:
    """And is told by name."""
    rows: list[Row] = [(NOON + n * SECOND, "view", {"user_id": "u", "session_id": None}) for n in range(30)]
    assert found(*rows) == [("u/u", 30, 1, "quick")]


def test_nothing_is_learnt_of_robots() -> None:
    """Neither sessions, nor popularity, nor search; what people do stays."""
    both = ("person", "robot")
    searched: list[Row] = [(NOON, "search", {"session_id": who, "product_id": None, "query": who}) for who in both]
    clicked: list[Row] = [(NOON + MINUTE, "click", {"session_id": who, "product_id": "a"}) for who in both]
    log = events(*searched, *clicked, *looks("robot", 50, SECOND, products=3))
    robots = run("robots", {"events": log, "limits": LIMITS})
    relations = {"events": log, "orders": orders(), "robots": robots}
    assert run("sessions", relations).select("session_id", "product_id").rows() == [("2026-01-10/s/person", "a")]
    assert run("product_stats", relations).select("product_id", "views", "clicks").rows() == [("a", 0, 1)]
    assert run("searches", relations).select("query", "product_id").rows() == [("person", "a")]


def test_a_visitor_counts_once_a_day() -> None:
    """Who looks at one product a hundred times does not make it popular."""
    log = events(*looks("a", 100, MINUTE / 4, products=1), *looks("b", 2, MINUTE, products=2))
    stats = run("product_stats", {"events": log, "orders": orders()})
    assert stats.select("product_id", "views").rows() == [("p0", 2), ("p1", 1)]


def test_the_check_names_the_worst() -> None:
    """One of four visitors is more than a fifth."""
    log = events(*looks("robot", 400, SECOND), *looks("a", 1, SECOND), *looks("b", 1, SECOND), *looks("c", 1, SECOND))
    robots = run("robots", {"events": log, "limits": LIMITS})
    result = robots_check(robots, log.select("day", "user_id", "session_id"))
    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.WARN
    assert result.description == (
        "1 of 4 visitors (25.00%) are taken for robots, such as s/robot (400 looks); "
        "the limits are [robots] in shop.toml"
    )
