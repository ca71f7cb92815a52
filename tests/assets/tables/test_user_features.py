"""Users at an instant: what was known of them before, and what they did after."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from assets.tables.sql import statement
from evaluation.experiment.time_order import features_after_exposure
from resources.engine import Engine
from resources.tables import USER_FEATURES
from tests.assets.tables.logs import DAY, MINUTE, NOON, US, events, orders, run


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
        assert (at["views_7d"], at["orders_in_history"], at["days_since_last_seen"]) == (0, 0, None)
        assert (before["views_7d"], before["orders_in_history"], before["revenue_in_history"]) == (1, 1, 10)
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
        assert features_of(bought=orders((edge, "sale", {})))["orders_in_history"] == 1
        assert features_of(bought=orders((edge - US, "sale", {})))["orders_in_history"] == 0
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
        assert (found["orders_in_history"], found["revenue_in_history"], found["days_since_last_order"]) == (2, 40, 2)

    def test_revenue_of_fractions_is_exact(self) -> None:
        """0.35 kg at 9.99 and 0.1 kg three times over at 1.10 are 3.4965 and 0.33."""
        tenths = [
            (NOON - DAY, "sale", {"order_id": "2", "line": n, "quantity": 0.1, "unit_price": 1.1}) for n in (1, 2, 3)
        ]
        bought = orders((NOON - DAY, "sale", {"order_id": "1", "quantity": 0.35, "unit_price": 9.99}), *tenths)
        assert features_of(bought=bought)["revenue_in_history"] == 3.8265

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
        assert found.rows() == [("u", int(inside), int(inside), 10.0 * inside, 0.0, first, first)]

    def test_purchases_are_sales_and_visits_are_any_event(self) -> None:
        """Revenue adds up over orders; what was bought before the exposure and sent back after it does not count."""
        at = NOON + DAY
        found = run(
            "exposure_outcomes",
            {
                "units": units("buyer", "idle", "returner", "visitor"),
                "orders": orders(
                    (at, "sale", {"user_id": "buyer", "quantity": 3, "unit_price": 0.1}),
                    (at + DAY, "sale", {"user_id": "buyer", "unit_price": 0.3}),
                    (at, "return", {"user_id": "returner"}),
                    (at, "sale", {"user_id": None}),
                ),
                "events": events((at, "search", {"user_id": "visitor"}), (at, "view", {"user_id": "visitor"})),
            },
        )
        assert found.rows() == [
            ("buyer", 1, 0, 0.6, 0.0, at, None),
            ("idle", 0, 0, 0.0, 0.0, None, None),
            ("returner", 0, 0, 0.0, 0.0, None, None),
            ("visitor", 0, 1, 0.0, 0.0, None, at),
        ]

    @pytest.mark.parametrize(
        ("kind", "after", "quantity", "outcome"),
        [
            ("return", DAY, 2, (0, 0.0, 20.0, None)),
            ("cancellation", DAY, 2, (0, 0.0, 20.0, None)),
            ("return", DAY, 1, (1, 10.0, 10.0, NOON)),
            ("return", 7 * DAY, 2, (1, 20.0, 0.0, NOON)),
        ],
    )
    def test_what_is_sent_back_in_the_window_is_not_bought(
        self, kind: str, after: timedelta, quantity: int, outcome: tuple[int, float, float, datetime | None]
    ) -> None:
        """Two pieces for 10 each: both sent back, both cancelled, one of them, and both when the window is over."""
        relations = {
            "units": units("u"),
            "orders": orders(
                (NOON, "sale", {"quantity": 2}), (NOON + after, kind, {"quantity": quantity, "order_id": "back"})
            ),
            "events": events(),
        }
        found = run("exposure_outcomes", relations).select("purchase", "revenue", "refunds", "purchase_at")
        assert found.rows() == [outcome]

    @pytest.mark.parametrize(
        ("back", "outcome"),
        [
            ((0.3,), (0, 0.0, 3.0, None)),
            ((0.15, 0.15), (0, 0.0, 3.0, None)),
            ((0.05,), (1, 2.5, 0.5, NOON)),
            ((0.299999,), (1, 0.0, 3.0, NOON)),
        ],
    )
    def test_fractions_are_net_off_exactly(
        self, back: tuple[float, ...], outcome: tuple[int, float, float, datetime | None]
    ) -> None:
        """0.1 and 0.2 kg at 10 each, sent back wholly, in halves, in part, and but for a milligram."""
        bought = [(NOON, "sale", {"order_id": "1", "line": n, "quantity": q}) for n, q in ((1, 0.1), (2, 0.2))]
        returned = [
            (NOON + DAY, "return", {"order_id": "2", "line": n, "quantity": q}) for n, q in enumerate(back, start=1)
        ]
        relations = {"units": units("u"), "orders": orders(*bought, *returned), "events": events()}
        found = run("exposure_outcomes", relations).select("purchase", "revenue", "refunds", "purchase_at")
        assert found.rows() == [outcome]


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
