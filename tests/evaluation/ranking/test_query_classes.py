"""Classes of queries, by hand."""

from evaluation.ranking.query_classes import query_classes


def test_thirds_of_the_searches() -> None:
    """Nine searches: a ×3 is the head, b ×2 and c ×1 the torso (searches 4 to 6), d, e, f the tail, as is a new one."""
    past = list("aaabbcdef")
    assert query_classes(past, ["a", "b", "c", "d", "f", "new"]).tolist() == [0, 1, 1, 2, 2, 2]


def test_one_query_is_the_head() -> None:
    """A query that makes up all searches begins at their start."""
    assert query_classes(["a"] * 5, ["a"]).tolist() == [0]


def test_nothing_was_asked_before() -> None:
    """Without a past every query is new."""
    assert query_classes([], ["a", "b"]).tolist() == [2, 2]
