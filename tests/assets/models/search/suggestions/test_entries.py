"""Entries by kind and weight."""

from assets.models.search.suggestions.entries import EACH, Entries, Suggestion

ENTRIES = [
    *(Suggestion("query", f"query {i}", -1) for i in range(EACH + 2)),
    Suggestion("brand", "Acme", -1),
    Suggestion("product", "Lamp", 4),
    Suggestion("product", "Lamp", 5),
    Suggestion("product", "Sofa", 6),
]


def test_an_entry_keeps_its_kind() -> None:
    """Kinds without an entry take no row."""
    entries = Entries.of(ENTRIES)
    assert [entries.entry(row) for row in range(len(ENTRIES))] == ENTRIES


def test_the_best_of_each_kind_and_of_one_title_the_first() -> None:
    """As many queries as are shown, the brand, and one lamp of two."""
    best = Entries.of(ENTRIES).top(range(len(ENTRIES)))
    assert best == [*range(EACH), EACH + 2, EACH + 3, EACH + 5]


def test_none_of_nothing() -> None:
    """A catalogue may have nothing to suggest."""
    assert Entries.of([]).top([]) == []
