"""Letters of any keyboard and script in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.text.folding import fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Café ＡＢＣ１２ ﬁne", "cafe abc12 fine"),
        ("Straße STRASSE ẞ", "strasse strasse ss"),
        ("Ærø Œuvre Łódź Đà", "aero oeuvre lodz da"),
        ("IŞIK ışık İpek", "isik isik ipek"),
        ("ёлка Ёлка", "елка елка"),
        ("чайник їжак", "чайник їжак"),
        ("ΟΔΌΣ οδός", "οδοσ οδοσ"),
        ("سَمَّاعَة ســماعة", "سماعه سماعه"),
        ("أحذية إبرة آلة", "احذيه ابره اله"),
        ("کتاب ٣٤ ۵", "كتاب 34 5"),
        ("שָׁלוֹם", "שלום"),
        ("साबुन क़लम चाँद १२", "साबुन कलम चांद 12"),
        ("শাড়ি সাবান", "শাড়ি সাবান"),
        ("சோப்பு", "சோப்பு"),
        ("ｲﾔﾎﾝ ガ", "イヤホン ガ"),
        ("무선", "무선"),
        ("d’huile d´huile d‘huile d`huile", "d'huile d'huile d'huile d'huile"),
        ("T‑Shirt – a—b", "t-shirt - a-b"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("snake_case", "snake case"),
    ],
)
def test_by_hand(written: str, folded: str) -> None:
    """What writers may leave out is dropped, what tells words apart stays."""
    assert fold(written) == folded


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    """Folding is done once for all, whatever the case."""
    assert fold(fold(text)) == fold(text)
