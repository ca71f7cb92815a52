"""Cleaning of shop text, by hand."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.products.texts import MAX_CHARACTERS, clean, product_texts, text_hash

SCHEMA = {
    "title": pl.String,
    "brand": pl.String,
    "categories": pl.List(pl.String),
    "tags": pl.List(pl.String),
    "description": pl.String,
}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<p>Soft &amp; <b>warm</b></p>\n<br/>wool", "Soft & warm wool"),
        ("&lt;p&gt;Escaped&lt;/p&gt;", "Escaped"),
        ("size 3 < 5 &lt; 7", "size 3 < 5 < 7"),
        ("a<script>alert('x')</script>b<!-- no -->c", "a b c"),
        ("seen <!-- never closed <!-- at all", "seen"),
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White hanging heart t-light holder"),
        ("LAMP USB3 12V", "Lamp USB3 12V"),
        ("IKEA", "IKEA"),
        ("ﬁne\u200b\x00 ＴＥＡ", "fine TEA"),
        ("", ""),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    """Mark-up, entities, capitals, ligatures and invisible characters."""
    assert clean(raw) == expected


@given(st.text(max_size=200))
def test_clean_is_plain(raw: str) -> None:
    """No control characters, no double or outer spaces, whatever comes in."""
    text = clean(raw)
    assert text == " ".join(text.split())
    assert text.isprintable() or not raw.isprintable()


def test_a_product() -> None:
    """Each part once, leaf categories only, nulls and blanks left out."""
    frame = pl.DataFrame(
        {
            "title": ["RED DESK LAMP", "Mug"],
            "brand": ["Acme", None],
            "categories": [["Home > Lighting > Lamps", "Gifts", None], None],
            "tags": [["desk", "ACME"], []],
            "description": ["<p>Bright.</p>", " "],
        },
        schema=SCHEMA,
    )
    texts = product_texts(frame)
    assert texts.to_list() == ["Red desk lamp. Acme. Lamps. Gifts. desk. Bright", "Mug"]
    assert texts.name == "text"
    assert len(product_texts(frame.clear())) == 0


def test_length_is_bounded() -> None:
    """A description of a megabyte gives a bounded text."""
    frame = pl.DataFrame([["T", None, None, None, "<i>x</i> " * 100_000]], schema=SCHEMA, orient="row")
    text = product_texts(frame)[0]
    assert len(text) == MAX_CHARACTERS
    assert set(text) == set("T. x")


def test_missing_column() -> None:
    """The missing column is named."""
    with pytest.raises(ValueError, match="brand"):
        product_texts(pl.DataFrame({"title": ["a"]}))


def test_hash_is_part_of_the_file_format() -> None:
    """blake2b-128 of the empty text, a published constant; different texts differ."""
    assert text_hash("") == "cae66941d9efbd404e4d88758ea67670"
    assert text_hash("a") != text_hash("b")
