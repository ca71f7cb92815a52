"""What checks say of hand-made reports."""

from collections import Counter

import dagster as dg
import pytest

from assets.checks import contract_check, index_recall_check, volume_check
from resources.ingest import Ingested


@pytest.mark.parametrize(("quarantined", "passed"), [(0, True), (1, True), (2, False)])
def test_contract_fails_above_the_limit(quarantined: int, passed: bool) -> None:
    """Of 100 rows one may break the contract: one is at the limit and passes, two are above it."""
    report = Ingested(rows=100 - quarantined, quarantined_dated=quarantined, rules=Counter({"kind": quarantined}))
    result = contract_check("events", report, limit=0.01)
    assert result.passed is passed
    assert result.severity is dg.AssetCheckSeverity.ERROR
    assert f"{quarantined} of 100 rows read" in (result.description or "")
    assert ("quarantine_events" in (result.description or "")) is not passed


def test_contract_of_no_rows_passes() -> None:
    """A table that a shop lacks breaks nothing; one that holds only bad rows breaks all."""
    assert contract_check("users", Ingested(), limit=0.0).passed
    assert not contract_check("users", Ingested(quarantined_undated=1), limit=0.5).passed


def test_volume_warns_of_a_thin_day_and_of_an_empty_last_day() -> None:
    """9 rows beside days of 100 are below a tenth; 10 are not; the last day of a log must have rows."""
    assert volume_check("events", Ingested(rows_by_day={"a": 100, "b": 100, "c": 10}), last_day="c").passed
    thin = volume_check("events", Ingested(rows_by_day={"a": 100, "b": 100, "c": 9}), last_day="c")
    assert (thin.passed, thin.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "c" in (thin.description or "").split(": ")[1]
    late = volume_check("events", Ingested(rows_by_day={"a": 100, "b": 100}), last_day="c")
    assert not late.passed
    assert "c has none" in (late.description or "")
    assert not volume_check("events", Ingested(), last_day="c").passed
    assert volume_check("users", Ingested(), last_day=None).passed


def test_undated_rows_and_states_are_judged_against_the_whole_table() -> None:
    """20 old rows without a time beside a table of 100,000 are .02 %, whatever one night reads; states likewise."""
    assert contract_check("events", Ingested(rows=500, quarantined_undated=20, table_rows=100_000), limit=0.01).passed
    few = Ingested(rows=3, quarantined_dated=2, table_rows=10_000, is_state=True)
    assert contract_check("products", few, limit=0.01).passed
    assert not contract_check("products", few, limit=0.0001).passed


@pytest.mark.parametrize(("recall", "passed"), [(None, True), (0.95, True), (0.949, False)])
def test_index_recall(recall: float | None, passed: bool) -> None:
    """At least 0.95; no index is no failure."""
    assert index_recall_check(recall).passed is passed
