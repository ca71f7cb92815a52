"""Words with their marks, and scripts without spaces between words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.text.folding import fold
from assets.models.text.splitting import is_unspaced, letter_words, one_writing, pieces, words


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("हर्बल साबुन", ["हर्बल", "साबुन"]),
        ("চামড়ার জুতা", [fold("চামড়ার"), "জুতা"]),
        ("iPhone15手机壳 透明", ["iphone15", "手机壳", "透明"]),
        ("5号电池", ["5", "号电池"]),
        ("スマホ・ケース", ["スマホ", "ケース"]),
        ("usb-c, 12v", ["usb", "c", "12v"]),
        ("👍🏽 ❤️ ---", []),
    ],
)
def test_words(text: str, cut: list[str]) -> None:
    """A vowel sign ends no word; a change to or from a script without spaces does."""
    assert words(fold(text)) == cut


@pytest.mark.parametrize(
    ("run", "pairs"),
    [
        ("蓝牙耳机", ["蓝牙", "牙耳", "耳机"]),
        ("茶", ["茶"]),
        ("イヤホン", ["いや", "やほ", "ほん"]),
        ("หูฟัง", ["หูฟั", "ฟัง"]),
        ("이어폰", ["이어", "어폰"]),
    ],
)
def test_pairs_of_characters(run: str, pairs: list[str]) -> None:
    """Each with its marks; both Japanese syllabaries are one."""
    assert is_unspaced(run)
    assert pieces(run)[0] == pairs


def test_writings_of_one_language_are_one() -> None:
    """Both syllabaries, and traditional and simplified characters; other scripts stay."""
    assert one_writing("カーテン 吸塵器 tür") == "かーてん 吸尘器 tür"


def test_letters_alone_are_spelt() -> None:
    """Neither digits nor what has no words."""
    assert letter_words(fold("Größe 42er साबुन 蓝色")) == ["grosse", "er", "साबुन"]


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    """No word is empty or has a space, and letters are lost nowhere."""
    cut = words(fold(text))
    assert all(word and not any(map(str.isspace, word)) for word in cut)
    assert "".join(c for c in fold(text) if c.isalnum()) == "".join(c for word in cut for c in word if c.isalnum())
