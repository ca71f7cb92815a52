"""Compounds taken apart by the words of a small catalogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.text.compounds import MOST_PARTS, parts_of

HELD = {"winter": 9, "jacke": 30, "jacken": 30, "arbeit": 3, "hose": 12, "kuche": 5, "messer": 8, "ring": 20, "helm": 4}


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("winterjacke", ["winter", "jacke"]),
        ("winterjacken", ["winter", "jacken"]),
        ("arbeitshose", ["arbeit", "hose"]),
        ("kuchenmesser", ["kuche", "messer"]),
        ("fahrradhelm", ["fahrrad", "helm"]),
        ("messerblock", ["messer", "block"]),
        ("winterarbeitshose", ["winter", "arbeit", "hose"]),
        ("wilhelm", []),
        ("hering", []),
        ("jacke", []),
        ("lampe", []),
        ("x" * 4_000, []),
    ],
)
def test_by_hand(word: str, parts: list[str]) -> None:
    """With letters between the parts, a part that is no word, three parts; what merely ends like a word is whole."""
    assert parts_of(word, lambda part: HELD.get(part, 0)) == parts


@given(st.text("abcs", max_size=30), st.sets(st.text("abcs", min_size=1, max_size=6), max_size=20))
def test_any_word(word: str, known: set[str]) -> None:
    """Parts stand in the word in their order."""
    parts, at = parts_of(word, lambda part: part in known), 0
    assert len(parts) <= MOST_PARTS
    for part in parts:
        at = word.index(part, at) + len(part)
