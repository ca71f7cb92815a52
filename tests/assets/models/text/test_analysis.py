"""Terms of product titles and of hostile queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.text.analysis import MAX_QUERY_TERMS, Analyser
from assets.models.text.stemming import stemmer_of

ENGLISH = Analyser(["en"])
terms, query_terms, stem = ENGLISH.terms, ENGLISH.query_terms, stemmer_of("en")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", ["white", "hang", "heart", "t", "light", "tlight", "holder"]),
        ("SKU 85123A, 3/4in.", ["sku", "85123a", "3/4"]),
        ("DCD-771-C2 end-of-line 3-way", ["dcd", "771", "c2", "dcd771c2", "end", "of", "line", "3", "way"]),
        ("Women's Café dresses", ["women", "cafe", "dress"]),
        ("ﬁne ½ ＡＢＣ１２", ["fine", "1/2", "abc12"]),
        ("Öl für 5°", ["ol", "fur", "5"]),
        ("日本 tea", ["日本", "tea"]),
        ("👍 \x00\x07 --- ''", []),
        ("", []),
    ],
)
def test_terms_by_hand(text: str, expected: list[str]) -> None:
    """Folding, splitting, joining and keeping of model numbers."""
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("boxes", "box"),
        ("candles", "candle"),
        ("berries", "berry"),
        ("knitted", "knitting"),
        ("striped", "stripes"),
        ("glasses", "glass"),
        ("hanging", "hang"),
        ("watches", "watch"),
        ("lights", "lighting"),
    ],
)
def test_forms_that_meet(one: str, other: str) -> None:
    """Plurals and -ing/-ed forms share a stem."""
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ring", "r"), ("bed", "b"), ("glass", "glas"), ("bus", "bu"), ("tree", "tre")]
)
def test_words_that_stay(one: str, other: str) -> None:
    """Short words and -ss, -us, -ee endings are left alone."""
    assert stem(one) == one != other


def test_stop_words_only_when_there_is_more() -> None:
    """'The Who' keeps its words; 'lamp for the desk' loses two."""
    assert query_terms("of the") == ["of", "the"]
    assert query_terms("lamp for the desk lamp") == ["lamp", "desk"]


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    """Terms are short, lower-case, never blank, and case does not matter to ASCII."""
    found = query_terms(text)
    assert len(found) == len(set(found)) <= MAX_QUERY_TERMS
    assert all(0 < len(t) <= 40 and t == t.lower() for t in found)
    if text.isascii():
        assert terms(text) == terms(text.upper())


def test_a_long_query_is_bounded() -> None:
    """Ten thousand characters give at most 64 terms."""
    assert len(query_terms(" ".join(f"w{i}" for i in range(5_000)))) == MAX_QUERY_TERMS
    assert query_terms("a" * 10_000) == ["a" * 40]
