"""Edit distance by hand, its invariants, and the deletions that near words share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.text.edit_distance import deletions, edit_distance

words = st.text("abc", max_size=7)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("lamp", "lamp", 0),
        ("lamp", "lmap", 1),
        ("lamp", "lamps", 1),
        ("lamp", "damp", 1),
        ("ceiling", "cieling", 1),
        ("ceiling", "celing", 1),
        ("abcd", "badc", 2),
        ("lamp", "desk", 3),
        ("", "abc", 3),
    ],
)
def test_by_hand(one: str, other: str, edits: int) -> None:
    """A swap of neighbours is one edit; beyond the limit of 2 the answer is 3."""
    assert edit_distance(one, other, 2) == edits


@given(words, words)
def test_invariants(one: str, other: str) -> None:
    """Symmetric, 0 only for equals, and the limit only cuts."""
    whole = edit_distance(one, other, 20)
    assert whole == edit_distance(other, one, 20)
    assert (whole == 0) == (one == other)
    assert edit_distance(one, other, 2) == min(whole, 3)


@given(words, words)
def test_near_words_share_a_deletion(one: str, other: str) -> None:
    """What makes the dictionary complete: words within two edits share a string of both with two letters less."""
    if edit_distance(one, other, 2) <= 2:
        assert deletions(one, 2) & deletions(other, 2)
