"""Which queries may be offered to others, by hand."""

import polars as pl

from assets.models.search.suggestions.popular_queries import PopularQueries


def searches(*rows: tuple[str | None, str | None, str | None]) -> pl.DataFrame:
    """Rows of query, user, session."""
    return pl.DataFrame(rows, schema=["query", "user_id", "session_id"], orient="row")


def test_a_query_counts_once_for_a_person() -> None:
    """Three people make it popular, however often one of them asks and however they write it."""
    rows = searches(
        ("Red Lamp", "u1", "s1"), (" red  lamp", "u2", None), ("réd lamp", None, "s3"), ("red lamp", "u1", "s9"),
        ("my secret", "u1", None), ("my secret", "u1", None), ("my secret", "u2", None),
        *(("desk", f"u{i}", None) for i in range(4)), (None, "u1", None),
    )  # fmt: skip
    popular = PopularQueries.build(rows)
    assert list(popular.counts.items()) == [("desk", 4), ("red lamp", 3)]
    assert PopularQueries.build(rows.reverse()).counts == popular.counts


def test_what_is_never_offered() -> None:
    """Blocked words, addresses, long numbers, what is no text."""
    texts = ["Bad-Word lamp", "a@b.com", "call 0171 234 5678", "1234567", "x", "\x07ok", "!!", "l" * 61, "fine"]
    rows = searches(*((text, f"u{i}", None) for text in texts for i in range(3)))
    assert list(PopularQueries.build(rows, ["BAD", "nothing"]).counts) == ["fine"]
    assert PopularQueries.build(rows.clear()).counts == {}
    assert PopularQueries({"a": 3, "b": 4}).that(lambda query: query == "b").counts == {"b": 4}
