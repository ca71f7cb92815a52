"""Forms of one word in many languages, with and without accents."""

import threading

import pytest

from assets.models.text.folding import fold
from assets.models.text.stemming import LANGUAGES, stemmer_of
from assets.models.text.stop_words import STOP_WORDS
from resources.shop import search

FORMS = {
    "ar": "سماعة سماعات السماعة",
    "bg": "чанта",
    "ca": "sabata sabates",
    "cs": "lampa lampy",
    "da": "lampe lamper",
    "de": "Küche Küchen kuechen kuchen",
    "el": "φόρεμα φορέματα",
    "en": "knitted knitting",
    "es": "luz luces",
    "fa": "کتاب کتاب‌ها",
    "fi": "lamppu lamput lamppuja",
    "fr": "vélo vélos velo",
    "he": "שמלה שמלות",
    "hi": "साड़ी साड़ियाँ",
    "hu": "lámpa lámpák",
    "id": "buku bukunya",
    "it": "orologio orologi",
    "nl": "rood rode",
    "no": "jakke jakker jakken",
    "pl": "książka książki książek",
    "pt": "calção calções",
    "ro": "rochie rochii",
    "ru": "ёлка ёлки",
    "sv": "klänning klänningar",
    "ta": "புத்தகம் புத்தகங்கள்",
    "tr": "bıçak bıçaklar bıçağı",
    "uk": "сукня сукні сукню",
}


@pytest.mark.parametrize("language", sorted(FORMS))
def test_forms_that_meet(language: str) -> None:
    """Singular and plural of a thing in a shop."""
    assert len({stemmer_of(language)(fold(form)) for form in FORMS[language].split()}) == 1


def test_languages_are_the_shops() -> None:
    """What a shop may declare is what is known; only known ones have stop words."""
    assert tuple(LANGUAGES) == search.LANGUAGES
    assert set(STOP_WORDS) <= set(LANGUAGES)


def test_a_stem_is_never_empty() -> None:
    """However short the word."""
    for language in LANGUAGES:
        assert all(stemmer_of(language)(word) for word in ("s", "es", "ler", "ов", "ات", "א"))


def test_threads_do_not_disturb_each_other() -> None:
    """Snowball's stemmers have a state of their own, which two threads must not share."""
    stem, wrong = stemmer_of("de"), list[str]()

    def ask() -> None:
        wrong.extend(stem(f"jacken{i % 7}") for i in range(3_000) if stem("jacken") != "jack")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
