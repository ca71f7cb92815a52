"""Who is taken for a robot, and that nothing is learnt of them."""

from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl

from assets.tables.checks import robots_check
from assets.tables.features import robot_limits
from resources.shop import Robots
from resources.tables import TABLES
from tests.assets.tables.logs import DAY, MINUTE, NOON, US, events, orders, run

Row = tuple[datetime, str, dict[str, Any]]
SECOND = MINUTE / 60
LIMITS = robot_limits(Robots())


def looks(visitor: str, number: int, gap: timedelta, *, kind: str = "view", products: int = 10_000) -> list[Row]:
    """Looks of a session, ``gap`` apart."""
    return [
        (NOON + n * gap, kind, {"session_id": visitor, "user_id": None, "product_id": f"p{n % products}"})
        for n in range(number)
    ]


def found(*rows: Row) -> list[tuple[str, int, int, str]]:
    """(visitor, looks, products, reason) of those who are taken for robots."""
    robots = run("robots", {"events": events(*rows), **LIMITS})
    assert robots.schema == pl.Schema(TABLES["robots"])
    return robots.select("visitor", "looks", "products", "reason").rows()


def test_very_many_looks_are_no_persons() -> None:
    """300 on a day may be; one more is not, whatever the pauses. Searches and cart changes do not count."""
    kept = looks("person", 300, MINUTE / 4) + looks("cart", 301, MINUTE / 4, kind="add_to_cart")
    assert found(*kept, *looks("robot", 301, MINUTE / 4, products=9)) == [("s/robot", 301, 9, "many")]


def test_looks_without_a_pause_are_no_persons() -> None:
    """Ten, two seconds apart or less; not nine, and not where one in five has a longer pause."""
    gap = 2 * SECOND
    paused = [(ts + SECOND * 30 * (n // 5), kind, of) for n, (ts, kind, of) in enumerate(looks("person", 40, gap))]
    rows = looks("few", 9, gap) + looks("slow", 40, gap + US) + paused + looks("robot", 10, gap)
    assert found(*rows) == [("s/robot", 10, 10, "quick")]


def test_a_log_of_days_has_no_pauses_to_tell() -> None:
    """All looks of a visitor have one time."""
    assert found(*looks("person", 60, 0 * SECOND)) == []


def test_one_product_again_and_again_is_no_person() -> None:
    """Forty times in a day may be; once more is not, with pauses, and among others."""
    rows = looks("person", 40, MINUTE, products=1) + looks("robot", 41, MINUTE, products=1) + looks("robot", 3, MINUTE)
    assert found(*rows) == [("s/robot", 44, 3, "repeated")]


def test_a_user_is_judged_by_all_sessions() -> None:
    """40 sessions of a user in a day may be, 41 are none's; nor are 320 looks in four; each of the sessions is told."""

    def visits(user: str, number: int, each: int) -> list[Row]:
        return [
            (NOON + n * MINUTE, "view", {"session_id": f"{user}{v:02}", "user_id": user, "product_id": f"p{n % 60}"})
            for v in range(number)
            for n in range(each)
        ]

    rows = visits("a", 40, 1) + visits("b", 41, 1) + visits("c", 4, 80)
    told = found(*rows)
    assert {row[0] for row in told} == {*(f"s/b{v:02}" for v in range(41)), *(f"s/c{v:02}" for v in range(4))}
    assert {row[1:] for row in told} == {(1, 1, "visits"), (80, 60, "many")}


def test_very_many_products_in_a_fortnight_are_no_persons() -> None:
    """A hundred new ones a day are too many from the sixth day on; the same hundred every day are one shopper's."""
    rows: list[Row] = [
        (NOON + day * DAY + n * MINUTE, "view", {"user_id": user, "product_id": f"p{n + new * 100 * day}"})
        for user, new in (("crawler", True), ("person", False))
        for day in range(20)
        for n in range(100)
    ]
    assert found(*rows) == [("u/crawler", 100, 100, "wide")] * 15
    sparse = [(ts + (ts - NOON).days * 2 * DAY, kind, of) for ts, kind, of in rows]
    assert found(*sparse) == []


def test_who_says_so_is_a_robot() -> None:
    """By a word of the agent, in any case, or as a user of the shop's list; whatever they do, and with their pauses."""
    log = events(
        (NOON, "view", {"session_id": "g", "agent": "Mozilla/5.0 (compatible; GoogleBot/2.1)"}),
        (NOON, "search", {"session_id": "s", "query": "lamp", "agent": "curl/8.5"}),
        (NOON, "view", {"session_id": "m", "user_id": "monitor"}),
        (NOON, "view", {"session_id": "p", "agent": "Mozilla/5.0 Firefox/130"}),
        (NOON, "view", {"session_id": "q"}),
    )
    robots = run("robots", {"events": log, **robot_limits(Robots(users=["monitor"]))})
    assert robots.select("visitor", "reason").rows() == [("s/g", "declared"), ("s/m", "declared"), ("s/s", "declared")]


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
    robots = run("robots", {"events": log, **LIMITS})
    relations = {"events": log, "orders": orders(), "robots": robots}
    assert run("sessions", relations).select("session_id", "product_id").rows() == [("2026-01-10/s/person", "a")]
    assert run("product_stats", relations).select("product_id", "views", "clicks").rows() == [("a", 0, 1)]
    assert run("searches", relations).select("query", "product_id").rows() == [("person", "a")]


def test_a_visitor_counts_once_a_day() -> None:
    """Who looks at one product forty times does not make it popular."""
    log = events(*looks("a", 40, MINUTE / 4, products=1), *looks("b", 2, MINUTE, products=2))
    stats = run("product_stats", {"events": log, "orders": orders()})
    assert stats.select("product_id", "views").rows() == [("p0", 2), ("p1", 1)]


def test_the_check_names_the_worst() -> None:
    """One of four visitors is more than a fifth."""
    log = events(*looks("robot", 400, SECOND), *looks("a", 1, SECOND), *looks("b", 1, SECOND), *looks("c", 1, SECOND))
    robots = run("robots", {"events": log, **LIMITS})
    result = robots_check(robots, log.select("day", "user_id", "session_id"))
    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.WARN
    assert result.description == (
        "1 of 4 visitors (25.00%) are taken for robots, such as s/robot (400 looks); "
        "the limits are [robots] in shop.toml"
    )
