"""Forms of one word in many languages, with and without accents."""

import threading

import pytest

from assets.models.text.folding import fold
from assets.models.text.stemming import LANGUAGES, stemmer_of, stemmers_of
from assets.models.text.stop_words import STOP_WORDS
from resources.shop import search

FORMS = {
    "ar": "سماعة سماعات السماعة",
    "bg": "чанта чанти чантата чантите",
    "bn": "বই বইগুলো বইটি বইয়ের",
    "ca": "sabata sabates",
    "cs": "hrnec hrnce",
    "da": "gaffel gafler",
    "de": "Küche Küchen kuechen kuchen",
    "el": "φόρεμα φορέματα",
    "en": "knitted knitting",
    "es": "luz luces",
    "fa": "کتاب کتاب‌ها",
    "fi": "kenkä kengät",
    "fr": "vélo vélos velo",
    "he": "מכונה מכונות מכונת",
    "hi": "साड़ी साड़ियाँ",
    "hu": "tükör tükrök",
    "id": "buku bukunya",
    "it": "orologio orologi",
    "nl": "laars laarzen",
    "no": "jakke jakker jakken",
    "pl": "krzesło krzesła krzeseł",
    "pt": "calção calções",
    "ro": "geantă genți",
    "ru": "рубашка рубашки рубашек",
    "sv": "nyckel nycklar",
    "ta": "புத்தகம் புத்தகங்கள்",
    "tr": "bıçak bıçaklar bıçağı",
    "uk": "стіл столи столів",
}


@pytest.mark.parametrize("language", sorted(FORMS))
def test_forms_that_meet(language: str) -> None:
    """Singular and plural of a thing in a shop."""
    assert len({stemmer_of(language)(fold(form)) for form in FORMS[language].split()}) == 1


def test_languages_are_the_shops() -> None:
    """What a shop may declare is what is known; only known ones have stop words."""
    assert tuple(LANGUAGES) == search.LANGUAGES
    assert set(STOP_WORDS) <= set(LANGUAGES)


def test_articles_and_prepositions_of_hebrew() -> None:
    """A word is its own form and the one without what may be a prefix, which is not taken off a short word."""
    plain, shorter = stemmers_of("he")
    assert shorter("השולחן") == shorter("לשולחן") == plain("שולחן") == "שולחנ"
    assert shorter("כלב") == plain("כלב") == "כלב"


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
