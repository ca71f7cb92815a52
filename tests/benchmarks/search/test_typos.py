"""Random edits of queries."""

from assets.models.text.edit_distance import edit_distance
from benchmarks.search.typos import misspelt


def test_at_most_one_edit_each() -> None:
    """Most queries change, none by more than one edit, the same seed gives the same, numbers stay."""
    queries = ["garden hose 50 ft", "led bulb", "a", "12", ""] * 20
    edited = misspelt(queries, 0)
    assert edited == misspelt(queries, 0)
    assert all(edit_distance(a, b, 2) <= 1 for a, b in zip(queries, edited, strict=True))
    assert sum(a != b for a, b in zip(queries, edited, strict=True)) > 40
    assert edited[3] == "12"
    assert edited[4] == ""
