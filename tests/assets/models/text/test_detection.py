"""Languages of small shops, told by their titles."""

import pytest

from assets.models.text.detection import detect_languages

GERMAN = ["Winterjacke für Damen", "Küchenmesser aus Stahl", "Fahrradhelm", "Hose mit Gürtel", "Kaffeemaschine"]
ENGLISH = ["Winter jacket for women", "Kitchen knife set", "Bicycle helmet", "Trousers with belt", "Coffee maker"]
JAPANESE = ["ワイヤレスイヤホン", "赤いワンピース", "包丁 ステンレス"]


@pytest.mark.parametrize(
    ("texts", "codes"),
    [
        (ENGLISH, ("en",)),
        (GERMAN, ("de",)),
        (["Chaussures de course", "Lampe de bureau", "Sac à main en cuir"], ("fr",)),
        (["हर्बल साबुन", "लाल साड़ी"], ("hi",)),
        (["lamp red desk", "red desk lamp", "lamp desk red"], ("en",)),
        ([], ("en",)),
        (["", "12 34", "👍"], ("en",)),
    ],
)
def test_one_language(texts: list[str], codes: tuple[str, ...]) -> None:
    """Words that mean nothing to the detector are English."""
    assert detect_languages(texts).codes == codes


def test_several_languages_by_their_share() -> None:
    """All that are in use, the most frequent first; a title among many makes no language."""
    texts = [f"{title} {i}" for i in range(12) for title in GERMAN + ENGLISH[:3]]
    found = detect_languages([*texts, *JAPANESE[:1]])
    assert found.codes == ("de", "en")
    assert found.shares["de"] > found.shares["en"] > 0.15
    assert sum(found.shares.values()) == pytest.approx(1, abs=0.01)
    assert detect_languages([*GERMAN, *ENGLISH, *JAPANESE]).codes == ("de", "en", "ja")
