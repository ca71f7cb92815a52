"""The statements of `assets.sql` on hand-computed rows, and what of SQL they may use."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlglot
from sqlglot import exp

import assets.sql
from assets.sql import statement
from evaluation.time_order import features_after_exposure
from resources.engine import Engine, Relation
from resources.tables import TABLES, USER_FEATURES

STATEMENTS = sorted(path.stem for path in Path(assets.sql.__file__).parent.glob("*.sql"))
US, MINUTE, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(days=1)
NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


def run(name: str, relations: Mapping[str, Relation]) -> pl.DataFrame:
    """Rows of a statement."""
    return Engine(memory_limit_gb=0.5, threads=2).query(statement(name), relations)


def _table(name: str, rows: list[dict[str, Any]], prefix: str, key: str) -> pl.DataFrame:
    """Rows of a table: ``day`` is that of ``ts``, the key counts up, other columns are null."""
    columns = TABLES[name]
    filled = [
        {key: f"{prefix}{i:03d}", **row, "day": row["ts"].date().isoformat()} for i, row in enumerate(rows, start=1)
    ]
    return pl.DataFrame([{c: row.get(c) for c in columns} for row in filled], schema=dict(columns))


def events(*rows: tuple[datetime, str, dict[str, Any]]) -> pl.DataFrame:
    """Events from (ts, kind, other columns); user u looks at product p unless they say otherwise."""
    return _table(
        "events",
        [{"user_id": "u", "product_id": "p", "ts": ts, "kind": kind, **more} for ts, kind, more in rows],
        "e",
        "event_id",
    )


def orders(*rows: tuple[datetime, str, dict[str, Any]]) -> pl.DataFrame:
    """Order lines from (ts, kind, other columns): user u, one product p for 10 unless they say otherwise."""
    line = {"line": 1, "user_id": "u", "product_id": "p", "quantity": 1, "unit_price": 10.0}
    return _table("orders", [{**line, "ts": ts, "kind": kind, **more} for ts, kind, more in rows], "o", "order_id")


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

    def test_midnight_ends_every_session(self) -> None:
        """Ten minutes apart on two days: two sessions, of a user and of the shop's own alike."""
        midnight = datetime(2026, 1, 11, tzinfo=UTC)
        at = (midnight - 5 * MINUTE, midnight + 5 * MINUTE)
        found = sessions_of(
            events(*((ts, "view", {}) for ts in at), *((ts, "view", {"session_id": "s", "user_id": None}) for ts in at))
        )
        assert [row[:2] for row in found] == [
            ("2026-01-10/s/s", 1),
            ("2026-01-10/u/u/1", 1),
            ("2026-01-11/s/s", 1),
            ("2026-01-11/u/u/1", 1),
        ]

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
    # Columns: day, product, views, clicks, carts, units sold, orders, revenue, units returned, refunds.
    assert found.rows() == [
        ("2026-01-10", "a", 2, 1, 1, 4, 2, 0.4, 1, 0.1),
        ("2026-01-10", "b", 0, 0, 0, 0, 0, 0.0, 0, 0.0),
        ("2026-01-10", "c", 0, 0, 0, 1, 1, 10.0, 0, 0.0),
        ("2026-01-10", "d", 0, 0, 0, 0, 0, 0.0, 3, 30.0),
        ("2026-01-11", "a", 1, 0, 0, 0, 0, 0.0, 0, 0.0),
    ]


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


def units(*users: str, at: datetime = NOON, history_days: int = 90, outcome_days: int = 7) -> pl.DataFrame:
    """One unit a user at an instant, with its windows of history and outcome; the unit is named as its user."""
    window = {"ts": [at], "since": [at - history_days * DAY], "until": [at + outcome_days * DAY]}
    frame = pl.DataFrame(window, schema=dict.fromkeys(window, pl.Datetime("us", "UTC")))
    named = pl.DataFrame({"unit_id": users, "user_id": users}, schema={"unit_id": pl.String, "user_id": pl.String})
    return named.join(frame, how="cross")


CHANGED = NOON - 20 * DAY
PRODUCTS = pl.DataFrame(
    {
        "product_id": ["p", "cheap", "dear", "priceless", "dearer", "dearer"],
        "category": ["Home", "Home", "Garden", None, "Garden", "Attic"],
        "price": [1.0, 0.1, 0.3, None, 5.0, 9.0],
        "known_from": [*[NOON - 400 * DAY] * 5, CHANGED],
        "known_until": [*[None] * 4, CHANGED, None],
    },
    schema_overrides=dict.fromkeys(("known_from", "known_until"), pl.Datetime("us", "UTC")),
)
"""The last product was Garden for 5 until it became Attic for 9."""


def features_of(
    seen: pl.DataFrame | None = None, bought: pl.DataFrame | None = None, of: pl.DataFrame | None = None
) -> dict[str, Any]:
    """Features of the one unit (default: user u at noon)."""
    relations = {
        "units": units("u") if of is None else of,
        "events": events() if seen is None else seen,
        "orders": orders() if bought is None else bought,
        "products": PRODUCTS,
    }
    found = run("user_features", relations)
    assert found.columns == ["unit_id", "known_at", *USER_FEATURES]
    assert set(found.schema.dtypes()[2:]) == {pl.Float64}
    return found.row(0, named=True)


class TestUserFeatures:
    """Features of a unit."""

    def test_of_somebody_never_seen_times_are_null_and_counts_zero(self) -> None:
        """Days since and the average price have no value; everything else is 0."""
        found = features_of()
        times = {"days_since_first_seen", "days_since_last_seen", "days_since_last_order"}
        never = times | {"known_at", "avg_price_viewed"}
        assert {name for name, value in found.items() if value is None} == never
        assert {value for name, value in found.items() if name not in never | {"unit_id"}} == {0.0}

    def test_only_what_was_strictly_before_counts(self) -> None:
        """An event or order at the very instant is unknown, one a microsecond before is known."""
        at = features_of(events((NOON, "view", {})), orders((NOON, "sale", {})))
        before = features_of(events((NOON - US, "view", {})), orders((NOON - US, "sale", {})))
        assert (at["views_7d"], at["orders_90d"], at["days_since_last_seen"]) == (0, 0, None)
        assert (before["views_7d"], before["orders_90d"], before["revenue_90d"]) == (1, 1, 10)
        assert before["days_since_last_seen"] < 1e-4

    def test_windows_begin_with_their_first_instant(self) -> None:
        """Exactly 7, 30 and 90 days ago is inside; a microsecond earlier is not."""
        edges = [(7, "views_7d"), (30, "views_30d"), (30, "carts_30d"), (30, "searches_30d"), (30, "sessions_30d")]
        kinds = {"carts_30d": "add_to_cart", "searches_30d": "search"}
        for days, name in edges:
            edge, kind = NOON - days * DAY, kinds.get(name, "view")
            assert features_of(events((edge, kind, {})))[name] == 1, name
            assert features_of(events((edge - US, kind, {})))[name] == 0, name
        edge = NOON - 90 * DAY
        assert features_of(bought=orders((edge, "sale", {})))["orders_90d"] == 1
        assert features_of(bought=orders((edge - US, "sale", {})))["orders_90d"] == 0
        assert features_of(events((edge, "visit", {})))["days_since_first_seen"] == 90
        assert features_of(events((edge - US, "visit", {})))["days_since_first_seen"] is None

    def test_first_seen_is_the_first_event_or_order(self) -> None:
        """An order ten days ago precedes the event five days ago, and the other way round; one alone will do."""
        ago = {days: NOON - days * DAY for days in (5, 10)}
        early_order = features_of(events((ago[5], "view", {})), orders((ago[10], "sale", {})))
        early_event = features_of(events((ago[10], "view", {})), orders((ago[5], "sale", {})))
        days = ("days_since_first_seen", "days_since_last_seen", "days_since_last_order")
        assert [early_order[name] for name in days] == [10, 5, 10]
        assert [early_event[name] for name in days] == [10, 10, 5]
        assert features_of(bought=orders((ago[5], "sale", {})))["days_since_first_seen"] == 5
        assert features_of(events((ago[5], "view", {})))["days_since_first_seen"] == 5

    def test_the_latest_record_behind_a_row_is_its_last_event_or_order(self) -> None:
        """Whichever came later, and one alone will do."""
        ago = {days: NOON - days * DAY for days in (5, 10)}
        rows = [features_of(events((ago[a], "view", {})), orders((ago[b], "sale", {}))) for a, b in ((5, 10), (10, 5))]
        rows += [features_of(events((ago[5], "view", {}))), features_of(bought=orders((ago[5], "sale", {})))]
        assert [row["known_at"] for row in rows] == [ago[5]] * 4

    @pytest.mark.parametrize(("source", "leaks"), [("e", False), ("e", True), ("o", False), ("o", True)])
    def test_a_statement_that_reads_the_exposure_itself_gives_itself_away(self, source: str, leaks: bool) -> None:
        """With ``<=`` for ``<`` the latest record is of the exposure's own instant: the check sees it."""
        right, wrong = f"{source}.ts < u.ts AND", f"{source}.ts <= u.ts AND"
        assert right in statement("user_features")
        at = (NOON - DAY, NOON)
        relations = {
            "units": units("u"),
            "events": events(*((ts, "view", {}) for ts in at)),
            "orders": orders(*((ts, "sale", {}) for ts in at)),
            "products": PRODUCTS,
        }
        sql = statement("user_features").replace(right, wrong if leaks else right)
        found = Engine(memory_limit_gb=0.5, threads=2).query(sql, relations)
        known, exposed = (
            frame.dt.replace_time_zone(None).to_numpy() for frame in (found["known_at"], units("u")["ts"])
        )
        assert features_after_exposure(known, exposed).passed is not leaks

    def test_the_average_price_is_that_of_views_with_a_price(self) -> None:
        """Views of 0.1, 0.1 and 0.3 average 1/6; no price, no product and a cart do not count."""
        at = NOON - DAY
        seen = ["cheap", "cheap", "dear", "priceless", "unknown"]
        found = features_of(
            events(*((at, "view", {"product_id": p}) for p in seen), (at, "add_to_cart", {"product_id": "p"}))
        )
        assert found["avg_price_viewed"] == pytest.approx(0.5 / 3, abs=1e-12)
        assert features_of(events((at, "view", {"product_id": "priceless"})))["avg_price_viewed"] is None

    def test_an_event_meets_the_state_of_its_own_time(self) -> None:
        """A microsecond before the change the price was 5 and the category Garden; at the change 9 and Attic."""
        before, at = (CHANGED - US, "view", {"product_id": "dearer"}), (CHANGED, "view", {"product_id": "dearer"})
        found = [features_of(events(*rows)) for rows in ([before], [at], [before, at])]
        assert [row["avg_price_viewed"] for row in found] == [5, 9, 7]
        assert [row["views_30d"] for row in found] == [1, 1, 2]
        assert [row["n_categories"] for row in found] == [1, 1, 2]

    def test_categories_are_counted_once(self) -> None:
        """Home twice and Garden once are two; a product without a category adds none."""
        seen = ("p", "cheap", "dear", "priceless", "unknown")
        found = features_of(events(*((NOON - DAY, "view", {"product_id": p}) for p in seen)))
        assert found["n_categories"] == 2

    def test_sessions_are_the_shops_own_or_days(self) -> None:
        """One session_id with two events, another, and a day with two events without one: three."""
        at = NOON - DAY
        found = features_of(
            events(
                (at, "view", {"session_id": "a"}),
                (at + MINUTE, "view", {"session_id": "a"}),
                (at, "view", {"session_id": "b"}),
                (at, "view", {}),
                (at + MINUTE, "view", {}),
            )
        )
        assert found["sessions_30d"] == 3

    def test_returns_are_no_orders(self) -> None:
        """Two lines of one order and a line of another, each for 10 times its quantity; a return changes nothing."""
        at = NOON - 2 * DAY
        found = features_of(
            bought=orders(
                (at, "sale", {"order_id": "1", "quantity": 2}),
                (at, "sale", {"order_id": "1", "line": 2}),
                (at, "sale", {"order_id": "2"}),
                (at + DAY, "return", {"order_id": "1", "line": 3}),
            )
        )
        assert (found["orders_90d"], found["revenue_90d"], found["days_since_last_order"]) == (2, 40, 2)

    def test_units_do_not_mix(self) -> None:
        """Two exposures of one user count the view between them once; another user's view not at all."""
        later = units("u", at=NOON + 2 * DAY).with_columns(pl.lit("u-later").alias("unit_id"))
        relations = {
            "units": pl.concat([units("u", "v"), later]),
            "events": events((NOON + DAY, "view", {})),
            "orders": orders(),
            "products": PRODUCTS,
        }
        found = run("user_features", relations)
        assert found.select("unit_id", "views_7d").rows() == [("u", 0), ("u-later", 1), ("v", 0)]


class TestExposureOutcomes:
    """Outcomes of a unit."""

    @pytest.mark.parametrize(
        ("at", "inside"),
        [(NOON - US, False), (NOON, True), (NOON + 7 * DAY - US, True), (NOON + 7 * DAY, False)],
    )
    def test_the_window_begins_at_the_exposure_and_is_half_open(self, at: datetime, inside: bool) -> None:
        """At the exposure counts, at the end of the window does not."""
        relations = {"units": units("u"), "orders": orders((at, "sale", {})), "events": events((at, "visit", {}))}
        found = run("exposure_outcomes", relations)
        first = at if inside else None
        assert found.rows() == [("u", int(inside), int(inside), 10.0 * inside, first, first)]

    def test_purchases_are_sales_and_visits_are_any_event(self) -> None:
        """Revenue adds up over orders; who only sent something back bought nothing; who did nothing has zeros."""
        at = NOON + DAY
        found = run(
            "exposure_outcomes",
            {
                "units": units("buyer", "idle", "returner", "visitor"),
                "orders": orders(
                    (at, "sale", {"user_id": "buyer", "quantity": 3, "unit_price": 0.1}),
                    (at + DAY, "sale", {"user_id": "buyer", "unit_price": 0.3}),
                    (at + DAY, "return", {"user_id": "buyer"}),
                    (at, "return", {"user_id": "returner"}),
                    (at, "sale", {"user_id": None}),
                ),
                "events": events((at, "search", {"user_id": "visitor"}), (at, "view", {"user_id": "visitor"})),
            },
        )
        assert found.rows() == [
            ("buyer", 1, 0, 0.6, at, None),
            ("idle", 0, 0, 0.0, None, None),
            ("returner", 0, 0, 0.0, None, None),
            ("visitor", 0, 1, 0.0, None, at),
        ]


def test_known_users_are_those_of_every_table_once() -> None:
    """Anonymous rows name nobody; the others are sorted."""
    found = run(
        "known_users",
        {
            "events": events((NOON, "view", {"user_id": "d"}), (NOON, "view", {"user_id": None, "session_id": "s"})),
            "orders": orders((NOON, "sale", {"user_id": "b"}), (NOON, "sale", {"user_id": None})),
            "exposures": pl.DataFrame({"user_id": ["c", "d"]}),
            "users": pl.DataFrame({"user_id": ["a", "b"]}),
        },
    )
    assert found["user_id"].to_list() == ["a", "b", "c", "d"]


PORTABLE = frozenset(
    [
        "AND",
        "CASE",
        "CAST",
        "COALESCE",
        "COUNT",
        "DATEDIFF",
        "GREATEST",
        "IF",
        "LAG",
        "LEAST",
        "MAX",
        "MIN",
        "NULLIF",
        "OR",
        "ROW_NUMBER",
        "SUM",
    ]
)
"""Functions, as sqlglot names them, that mean the same on DuckDB and on Spark."""


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_use_portable_functions_only(name: str) -> None:
    """One statement a file, of functions that are on the list."""
    (tree,) = sqlglot.parse(statement(name), read="duckdb")
    assert tree is not None
    used = {f.name.upper() if isinstance(f, exp.Anonymous) else f.sql_name() for f in tree.find_all(exp.Func)}
    assert used <= PORTABLE


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_transpile_to_spark(name: str) -> None:
    """Without anything that sqlglot calls unsupported, and what it writes is Spark's SQL again."""
    (text,) = sqlglot.transpile(
        statement(name), read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE
    )
    assert sqlglot.parse_one(text, read="spark").find(exp.Select) is not None
