"""The statements of `assets.tables.sql` on hand-computed rows, and what of SQL they may use."""

from datetime import UTC, datetime

import polars as pl

from resources.tables import TABLES
from tests.assets.tables.logs import DAY, MINUTE, NOON, US, events, orders, run

MIDNIGHT = datetime(2026, 1, 11, tzinfo=UTC)


def sessions_of(frame: pl.DataFrame) -> list[tuple[str, int, str]]:
    """(session, position, product) in the order of the statement's rows."""
    return run("sessions", {"events": frame}).select("session_id", "position", "product_id").rows()


class TestSessions:
    """Sessions."""

    def test_more_than_thirty_idle_minutes_begin_a_new_session(self) -> None:
        """A gap of exactly 30 minutes does not; one microsecond more does."""
        second = NOON + 30 * MINUTE
        found = sessions_of(
            events(
                (second + 30 * MINUTE + US, "view", {"product_id": "c"}),
                (second, "add_to_cart", {"product_id": "b"}),
                (NOON, "view", {"product_id": "a"}),
            )
        )
        assert found == [
            ("2026-01-10/u/u/1", 1, "a"),
            ("2026-01-10/u/u/1", 2, "b"),
            ("2026-01-10/u/u/2", 1, "c"),
        ]

    def test_midnight_ends_no_session(self) -> None:
        """Ten minutes apart on two days: one session, of a user and of the shop's own alike."""
        at = (MIDNIGHT - 5 * MINUTE, MIDNIGHT + 5 * MINUTE, MIDNIGHT + 5 * MINUTE + US)
        found = sessions_of(
            events(
                (NOON, "view", {}),
                *((ts, "view", {}) for ts in at),
                (MIDNIGHT + 60 * MINUTE, "view", {}),
                *((ts, "view", {"session_id": "s", "user_id": None}) for ts in at),
            )
        )
        own, by_gap = [("2026-01-10/s/s", n) for n in (1, 2, 3)], [("2026-01-10/u/u/2", n) for n in (1, 2, 3)]
        first_day = [own[0], ("2026-01-10/u/u/1", 1), by_gap[0]]
        assert [row[:2] for row in found] == [*first_day, *own[1:], *by_gap[1:], ("2026-01-11/u/u/1", 1)]

    def test_idle_over_midnight_ends_a_session(self) -> None:
        """Forty minutes apart on two days: two sessions, unless the shop allows forty."""
        at = (MIDNIGHT - 20 * MINUTE, MIDNIGHT + 20 * MINUTE)
        frame = events(
            *((ts, "view", {}) for ts in at), *((ts, "view", {"session_id": "s", "user_id": None}) for ts in at)
        )
        assert [row[0] for row in sessions_of(frame)] == [f"2026-01-1{n}/{v}" for n in (0, 1) for v in ("s/s", "u/u/1")]
        patient = run("sessions", {"events": frame, "limits": pl.DataFrame({"idle_minutes": [40]})})
        assert patient["session_id"].unique().sort().to_list() == ["2026-01-10/s/s", "2026-01-10/u/u/1"]

    def test_a_day_reads_the_same_of_three_days_as_of_all(self) -> None:
        """Visits of up to two days without a pause: each day's rows are those that the whole log gives."""
        steps = [*range(0, 1_700, 20), *range(2_000, 2_100, 10), *range(2_790, 5_800, 29), 8_000]
        log = events(*((NOON + n * MINUTE, "view", {"product_id": f"p{n}"}) for n in steps))
        whole = run("sessions", {"events": log})
        for day in sorted(set(log["day"])):
            since = (datetime.fromisoformat(day) - 2 * DAY).date().isoformat()
            of_three = run("sessions", {"events": log.filter(pl.col("day").is_between(pl.lit(since), pl.lit(day)))})
            names = ("session_id", "position", "product_id")
            assert of_three.filter(day=day).select(names).rows() == whole.filter(day=day).select(names).rows()

    def test_the_shops_own_session_has_no_idle_limit(self) -> None:
        """Five hours apart under one session_id is one session, whoever has logged in meanwhile."""
        found = sessions_of(
            events(
                (NOON, "view", {"session_id": "s", "user_id": None, "product_id": "a"}),
                (NOON + 300 * MINUTE, "click", {"session_id": "s", "user_id": "u", "product_id": "b"}),
            )
        )
        assert found == [("2026-01-10/s/s", 1, "a"), ("2026-01-10/s/s", 2, "b")]

    def test_users_do_not_share_sessions(self) -> None:
        """Two users at the same time have a session each."""
        found = sessions_of(events((NOON, "view", {}), (NOON, "view", {"user_id": "v"})))
        assert [row[0] for row in found] == ["2026-01-10/u/u/1", "2026-01-10/u/v/1"]

    def test_only_views_clicks_and_carts_of_a_product_count(self) -> None:
        """A search, a visit and a removal are no interaction, and do not bridge a gap."""
        found = sessions_of(
            events(
                (NOON, "view", {}),
                (NOON + 20 * MINUTE, "search", {"product_id": None, "query": "lamp"}),
                (NOON + 25 * MINUTE, "remove_from_cart", {}),
                (NOON + 26 * MINUTE, "visit", {"product_id": None}),
                (NOON + 40 * MINUTE, "click", {}),
            )
        )
        assert [row[:2] for row in found] == [("2026-01-10/u/u/1", 1), ("2026-01-10/u/u/2", 1)]

    def test_events_of_one_instant_are_in_the_order_of_their_ids(self) -> None:
        """So the same events give the same positions, in whatever order they come."""
        rows = [(NOON, "view", {"event_id": key, "product_id": f"p{key}"}) for key in ("3", "1", "2")]
        assert [row[2] for row in sessions_of(events(*rows))] == ["p1", "p2", "p3"]
        assert sessions_of(events(*rows)) == sessions_of(events(*rows[::-1]))


def test_a_basket_is_the_sales_of_an_order() -> None:
    """Two lines of a product are one row; what only came back is in no basket."""
    found = run(
        "baskets",
        {
            "orders": orders(
                (NOON, "sale", {"order_id": "1", "product_id": "b", "quantity": 2, "unit_price": 1.10}),
                (NOON + US, "sale", {"order_id": "1", "line": 2, "product_id": "b", "unit_price": 0.90}),
                (NOON, "sale", {"order_id": "1", "line": 3, "product_id": "a"}),
                (NOON, "return", {"order_id": "1", "line": 4, "product_id": "a"}),
                (NOON, "return", {"order_id": "2", "product_id": "c"}),
                (NOON, "cancellation", {"order_id": "3", "product_id": "c"}),
            )
        },
    )
    assert found.columns == list(TABLES["baskets"])
    assert found.rows() == [
        ("2026-01-10", "1", "u", NOON, "a", 1, 10.0),
        ("2026-01-10", "1", "u", NOON, "b", 3, 3.1),
    ]


def test_fractions_add_up_as_they_are_written() -> None:
    """0.1 and 0.2 kg are 0.3 kg, and so are ten times 0.03; what was sent back is counted apart."""
    sold = orders(
        (NOON, "sale", {"order_id": "1", "quantity": 0.1, "unit_price": 9.99}),
        (NOON, "sale", {"order_id": "1", "line": 2, "quantity": 0.2, "unit_price": 9.99}),
        *((NOON, "sale", {"order_id": "2", "line": n, "quantity": 0.03}) for n in range(1, 11)),
        (NOON, "return", {"order_id": "3", "quantity": 0.35, "unit_price": 9.99}),
        (NOON, "cancellation", {"order_id": "4", "quantity": 0.15, "unit_price": 9.99}),
    )
    baskets = run("baskets", {"orders": sold})
    assert baskets.schema == pl.Schema(TABLES["baskets"])
    assert baskets.select("basket_id", "quantity", "revenue").rows() == [("1", 0.3, 2.997), ("2", 0.3, 3.0)]
    stats = run("product_stats", {"orders": sold, "events": events()})
    assert stats.schema == pl.Schema(TABLES["product_stats"])
    assert stats.select("units_sold", "orders", "revenue", "units_returned", "refunds").rows() == [
        (0.6, 2, 5.997, 0.5, 4.995)
    ]


def test_product_stats_count_each_kind_on_its_day() -> None:
    """Product a is seen and sold, b only seen (and only searched for), c only sold, d only sent back."""
    found = run(
        "product_stats",
        {
            "events": events(
                (NOON, "view", {"product_id": "a"}),
                (NOON, "view", {"product_id": "a", "user_id": None, "session_id": "s"}),
                (NOON, "click", {"product_id": "a"}),
                (NOON, "add_to_cart", {"product_id": "a"}),
                (NOON, "remove_from_cart", {"product_id": "a"}),
                (NOON + DAY, "view", {"product_id": "a"}),
                (NOON, "remove_from_cart", {"product_id": "b"}),
                (NOON, "search", {"product_id": None, "query": "a"}),
            ),
            "orders": orders(
                (NOON, "sale", {"order_id": "1", "product_id": "a", "quantity": 2, "unit_price": 0.1}),
                (NOON, "sale", {"order_id": "1", "line": 2, "product_id": "a", "unit_price": 0.1}),
                (NOON, "sale", {"order_id": "2", "product_id": "a", "unit_price": 0.1}),
                (NOON, "sale", {"order_id": "2", "line": 2, "product_id": "c"}),
                (NOON, "return", {"order_id": "1", "line": 3, "product_id": "a", "unit_price": 0.1}),
                (NOON, "cancellation", {"order_id": "9", "product_id": "d", "quantity": 3}),
            ),
        },
    )
    assert found.columns == list(TABLES["product_stats"])
    # Columns: day, product, views, clicks, carts, units sold, orders, buyers, revenue, units returned, refunds.
    assert found.rows() == [
        ("2026-01-10", "a", 2, 1, 1, 4, 2, 1, 0.4, 1, 0.1),
        ("2026-01-10", "b", 0, 0, 0, 0, 0, 0, 0.0, 0, 0.0),
        ("2026-01-10", "c", 0, 0, 0, 1, 1, 1, 10.0, 0, 0.0),
        ("2026-01-10", "d", 0, 0, 0, 0, 0, 0, 0.0, 3, 30.0),
        ("2026-01-11", "a", 1, 0, 0, 0, 0, 0, 0.0, 0, 0.0),
    ]


def test_a_person_counts_once_a_day() -> None:
    """User u in three sessions, in one of which u logs in late, and by orders; a session of nobody is one more."""
    found = run(
        "product_stats",
        {
            "events": events(
                (NOON, "view", {"session_id": "s1"}),
                (NOON, "view", {"session_id": "s2", "user_id": None}),
                (NOON + MINUTE, "click", {"session_id": "s2"}),
                (NOON, "view", {}),
                (NOON, "view", {"session_id": "s3", "user_id": None}),
            ),
            "orders": orders(
                *((NOON, "sale", {}) for _ in range(5)), *((NOON, "sale", {"user_id": None}) for _ in range(2))
            ),
        },
    )
    assert found.select("views", "clicks", "orders", "buyers").rows() == [(2, 1, 7, 3)]


def test_returns_are_what_is_no_sale() -> None:
    """Returns and cancellations of an order add up; sales are none."""
    found = run(
        "returns",
        {
            "orders": orders(
                (NOON, "sale", {"order_id": "1"}),
                (NOON, "return", {"order_id": "1", "line": 2, "quantity": 0.1}),
                (NOON + US, "cancellation", {"order_id": "1", "line": 3, "quantity": 0.2}),
            )
        },
    )
    assert found.schema == pl.Schema(TABLES["returns"])
    assert found.rows() == [("2026-01-10", "1", "u", NOON + US, "p", 0.3)]


class TestSearches:
    """What searches led to."""

    @staticmethod
    def of(seen: pl.DataFrame, bought: pl.DataFrame | None = None) -> list[tuple[str, str | None, int]]:
        """(search, product, gain) in the order of the statement's rows."""
        found = run("searches", {"events": seen, "orders": orders() if bought is None else bought})
        assert found.columns == list(TABLES["searches"])
        assert found.schema == pl.Schema(TABLES["searches"])
        return found.select("query", "product_id", "gain").rows()

    def test_a_click_a_cart_and_a_purchase(self) -> None:
        """Product a is clicked, b put in the cart, c bought; d was put in the cart before it was found."""
        step = [NOON + i * MINUTE for i in range(9)]
        clicked = [(step[2 + i], "click", {"product_id": p}) for i, p in enumerate("abcd")]
        seen = events(
            (step[0], "add_to_cart", {"product_id": "d"}),
            (step[1], "search", {"product_id": None, "query": "lamp"}),
            *clicked,
            (step[7], "add_to_cart", {"product_id": "b"}),
        )
        bought = orders((step[8], "sale", {"product_id": "c"}), (step[8], "return", {"product_id": "a"}))
        assert self.of(seen, bought) == [("lamp", "a", 1), ("lamp", "b", 2), ("lamp", "c", 3), ("lamp", "d", 1)]

    def test_the_next_search_takes_over(self) -> None:
        """A click belongs to the last search before it; a search without one stays, with no product."""
        seen = events(
            (NOON, "search", {"product_id": None, "query": "lmap"}),
            (NOON + MINUTE, "search", {"product_id": None, "query": "lamp"}),
            (NOON + 2 * MINUTE, "click", {"product_id": "a", "surface": "search"}),
            (NOON + 3 * MINUTE, "click", {"product_id": "a", "surface": "search"}),
        )
        assert self.of(seen) == [("lmap", None, 0), ("lamp", "a", 1)]

    def test_other_places_times_and_shoppers_do_not_count(self) -> None:
        """A click on the home page, one after more than 30 minutes, a plain view, another session's click."""
        seen = events(
            (NOON, "search", {"product_id": None, "query": "lamp", "session_id": "s"}),
            (NOON + MINUTE, "click", {"product_id": "a", "session_id": "s", "surface": "home"}),
            (NOON + MINUTE, "view", {"product_id": "b", "session_id": "s"}),
            (NOON + MINUTE, "click", {"product_id": "c", "session_id": "t"}),
            (NOON + 2 * MINUTE, "view", {"product_id": "d", "session_id": "s", "surface": "search"}),
            (NOON + 30 * MINUTE, "click", {"product_id": "e", "session_id": "s"}),
            (NOON + 30 * MINUTE + US, "click", {"product_id": "f", "session_id": "s"}),
        )
        assert self.of(seen) == [("lamp", "d", 1), ("lamp", "e", 1)]

    def test_where_no_place_is_logged_the_views_after_a_search_count(self) -> None:
        """A day without clicks and surfaces; on the next day a view says where it was, so plain views do not count."""
        later = NOON + DAY
        seen = events(
            (NOON, "search", {"product_id": None, "query": "lamp", "session_id": "s"}),
            (NOON + MINUTE, "view", {"product_id": "a", "session_id": "s"}),
            (NOON + MINUTE, "view", {"product_id": "b", "session_id": "t"}),
            (NOON + 31 * MINUTE, "view", {"product_id": "c", "session_id": "s"}),
            (later, "search", {"product_id": None, "query": "pot", "session_id": "s"}),
            (later + MINUTE, "view", {"product_id": "a", "session_id": "s"}),
            (later + 2 * MINUTE, "view", {"product_id": "b", "session_id": "s", "surface": "home"}),
        )
        assert self.of(seen) == [("lamp", "a", 1), ("pot", None, 0)]
