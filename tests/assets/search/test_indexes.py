"""Indexes over the catalogue."""

import dagster as dg
import pytest

from assets.search.indexes import _judged


@pytest.mark.parametrize(("recall", "passed"), [(0.95, True), (0.949, False)])
def test_the_vector_index_must_find_what_exact_search_finds(recall: float, passed: bool) -> None:
    """At least 0.95 of it; less blocks what is downstream."""
    judged = _judged(recall)
    assert (judged.passed, judged.severity) == (passed, dg.AssetCheckSeverity.ERROR)
    assert f"{recall:.3f}" in (judged.description or "")
