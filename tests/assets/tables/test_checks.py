"""What checks say of hand-made reports."""

from collections import Counter

import dagster as dg
import polars as pl
import pytest

from assets.tables.checks import answered_check, contract_check, ids_join_check, shrunk_check, volume_check
from resources.contracts.overlap import overlaps
from resources.ingestion.ingested import Ingested


@pytest.mark.parametrize(("quarantined", "passed"), [(0, True), (1, True), (2, False)])
def test_contract_fails_above_the_limit(quarantined: int, passed: bool) -> None:
    """Of 100 rows one may break the contract: one is at the limit and passes, two are above it."""
    report = Ingested(rows=100 - quarantined, quarantined_dated=quarantined, rules=Counter({"kind": quarantined}))
    result = contract_check("events", report, limit=0.01)
    assert result.passed is passed
    assert result.severity is dg.AssetCheckSeverity.ERROR
    assert f"{quarantined} of 100 rows read" in (result.description or "")
    assert ("quarantine_events" in (result.description or "")) is not passed


@pytest.mark.parametrize(
    ("searches", "answered", "passed"), [(200, 20, True), (200, 2, True), (200, 1, False), (0, 0, True), (99, 0, True)]
)
def test_searches_that_lead_nowhere_are_told(searches: int, answered: int, passed: bool) -> None:
    """Below one in a hundred, from a hundred searches on, with what to log."""
    led = pl.Series("product_id", ["p"] * answered + [None] * (searches - answered), dtype=pl.String)
    result = answered_check(pl.DataFrame({"search_id": [str(i) for i in range(searches)], "product_id": led}))
    assert result.passed is passed
    assert result.severity is dg.AssetCheckSeverity.WARN
    assert (result.description or "").startswith(f"{answered} of {searches} searches led to a product")
    assert ("[tables.events]" in (result.description or "")) is not passed


def test_values_read_as_missing_are_told() -> None:
    """By column and number, though nothing broke."""
    result = contract_check("orders", Ingested(rows=100, emptied=Counter({"user_id": 12})), limit=0.01)
    assert result.passed
    assert (result.description or "").endswith(
        "; 12 values of user_id mean that there is none, such as 'NaN', and were read so"
    )


def test_rules_are_told_in_words() -> None:
    """The three most frequent in the description, all of them in the metadata."""
    rules = Counter({"line|min": 9, "kind_is_known": 3, "user_id|max_length": 2, "unit_price|nan": 1})
    result = contract_check("orders", Ingested(rows=100, quarantined_dated=15, rules=rules), limit=0.5)
    assert (result.description or "").endswith(
        "(13.04%): line must be at least 1 (9); kind must be one of sale, return, cancellation (3); "
        "user_id must have at most 200 characters (2)"
    )
    assert result.metadata["rules"].value["unit_price is NaN"] == 1


def test_ids_that_do_not_join_are_told_with_examples() -> None:
    """A warning with both sides and the remedy; ids that join pass with their share."""
    orders = pl.DataFrame({"user_id": [f"{n}.0" for n in range(20)], "product_id": [f"p{n}" for n in range(20)]})
    users = pl.DataFrame({"user_id": [str(n) for n in range(20)]})
    products = pl.DataFrame({"product_id": [f"p{n}" for n in range(10)]})
    result = ids_join_check(overlaps({"orders": orders, "users": users, "products": products}))
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.description == (
        "0 of 20 user_id of orders are among the 20 of users: orders has '0.0', '1.0', '10.0', users has '0', '1', "
        "'10'; fewer than 1% is no join. Let both queries yield the ids in the same form"
    )
    assert result.metadata["orders and products by product_id"].value == 1.0
    assert ids_join_check(overlaps({"orders": orders, "products": products})).passed
    assert ids_join_check([]).passed


def test_few_ids_that_join_are_a_warning_where_rows_are_lost() -> None:
    """1 of 20 products of orders is in the catalogue; of exposed users few may have bought."""
    orders = pl.DataFrame({"user_id": [str(n) for n in range(20)], "product_id": [f"p{n}" for n in range(20)]})
    products = pl.DataFrame({"product_id": [f"p{n}" for n in range(19, 40)]})
    exposures = pl.DataFrame({"user_id": [str(n) for n in range(19, 40)]})
    result = ids_join_check(overlaps({"orders": orders, "products": products, "ad_exposures": exposures}))
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.description == (
        "1 of 20 product_id of orders are among the 21 of products: orders has 'p0', 'p1', 'p10', products has 'p20', "
        "'p21', 'p22'; fewer than 1% is no join, and fewer than 20% of users or products loses most of a log. Let both "
        "queries yield the ids in the same form"
    )
    assert ids_join_check(overlaps({"orders": orders, "ad_exposures": exposures})).passed


def test_contract_of_no_rows_passes() -> None:
    """A table that a shop lacks breaks nothing; one that holds only bad rows breaks all."""
    assert contract_check("users", Ingested(), limit=0.0).passed
    assert not contract_check("users", Ingested(quarantined_undated=1), limit=0.5).passed


def test_volume_warns_of_a_thin_day_and_of_an_empty_last_day() -> None:
    """9 rows beside days of 100 are below a tenth; 10 are not; the last day of a log must have rows."""
    assert volume_check(Ingested(rows_by_day={"a": 100, "b": 100, "c": 10}), last_day="c").passed
    thin = volume_check(Ingested(rows_by_day={"a": 100, "b": 100, "c": 9}), last_day="c")
    assert (thin.passed, thin.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "c" in (thin.description or "").split(": ")[1]
    late = volume_check(Ingested(rows_by_day={"a": 100, "b": 100}), last_day="c")
    assert not late.passed
    assert "c has none" in (late.description or "")
    assert not volume_check(Ingested(), last_day="c").passed
    assert volume_check(Ingested(), last_day=None).passed


def test_undated_rows_and_states_are_judged_against_the_whole_table() -> None:
    """20 old rows without a time beside a table of 100,000 are .02 %, whatever one night reads; states likewise."""
    assert contract_check("events", Ingested(rows=500, quarantined_undated=20, table_rows=100_000), limit=0.01).passed
    few = Ingested(rows=3, quarantined_dated=2, table_rows=10_000, is_state=True)
    assert contract_check("products", few, limit=0.01).passed
    assert not contract_check("products", few, limit=0.0001).passed


def test_days_that_shrink_are_told_with_both_numbers_and_the_remedy() -> None:
    """The check fails; the message says what to do if it is right."""
    report = Ingested(shrunk={"2026-01-01": (2_000, 0), "2026-01-02": (200, 3)})
    result = shrunk_check("orders", report, limit=0.5)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    message = result.description or ""
    assert (
        "2026-01-01 had 2,000 rows and would have 0, 2026-01-02 had 200 rows and would have 3: kept as before"
        in message
    )
    assert "upshelf/accept_shrunk = 2026-01-01,2026-01-02 (or all), as `upshelf run --accept-shrunk`" in message
    many = Ingested(shrunk={f"2026-01-{day:02d}": (200, 3) for day in range(1, 21)})
    message = shrunk_check("orders", many, limit=0.5).description or ""
    assert "2026-01-05 had 200 rows and would have 3 and 15 days more: kept as before" in message
    assert "upshelf/accept_shrunk = all, as" in message
    assert shrunk_check("orders", Ingested(), limit=0.5).passed


def test_only_days_that_were_not_read_are_to_be_read_again() -> None:
    """A row left a day of this run, and two one before it."""
    moved = Counter({"2026-01-02": 1, "2025-12-30": 2})
    result = shrunk_check("orders", Ingested(rows_by_day={"2026-01-02": 9}, moved=moved), limit=0.5)
    assert result.passed
    assert (result.description or "").endswith(
        "; rows that have another date now left their old day (2 of 2025-12-30, 1 of 2026-01-02): run `tables` over "
        "2025-12-30 again"
    )
    del moved["2025-12-30"]
    result = shrunk_check("orders", Ingested(rows_by_day={"2026-01-02": 9}, moved=moved), limit=0.5)
    assert (result.description or "").endswith("left their old day (1 of 2026-01-02)")
