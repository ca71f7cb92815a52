"""Look-ups in sorted texts, beside a look at each."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.text.sorted_texts import SortedTexts

_SOME = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=6)


@settings(max_examples=60)
@given(st.lists(_SOME), _SOME)
def test_as_if_each_were_looked_at(tmp_path_factory: pytest.TempPathFactory, texts: list[str], asked: str) -> None:
    """The first that equals and the run that begins so, in any script, also of what is longer than all."""
    texts = sorted(texts)
    path = tmp_path_factory.mktemp("texts") / "texts.npy"
    SortedTexts.of(texts).save(path)
    read = SortedTexts.load(path)
    assert len(read) == len(texts)
    for one in (asked, asked + asked, *texts, *(text[:1] for text in texts)):
        start, end = read.beginning_with(one)
        assert texts[start:end] == [text for text in texts if text.startswith(one)]
        assert read.find(one) == (texts.index(one) if one in texts else -1)


def test_what_is_no_text_is_found_nowhere() -> None:
    """Half a surrogate pair, as JSON may hold."""
    texts = SortedTexts.of(["a", "b"])
    assert texts.find("\ud800") == -1
    assert texts.beginning_with("\ud800") == (2, 2)
