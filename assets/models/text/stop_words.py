"""Words that a query may do without: articles, prepositions and conjunctions of each language.

Belongs here: the lists. They are short on purpose and hold no noun, verb or adjective: in a shop of two languages a
word that is empty in the one (``hat``, ``bin`` and ``war`` in German) names a product in the other.
"""

from assets.models.text.folding import fold

__all__ = ["STOP_WORDS"]

_WRITTEN = {
    "ar": "من في على إلى مع و أو عن",
    "bg": "и в на с за от до по из или",
    "bn": "ও এবং জন্য থেকে সঙ্গে এর",
    "ca": "el la els les un una i o de del dels amb per a en",
    "cs": "a i nebo na do pro z ze s se k ke v ve u od po",
    "da": "en et den det de og eller for med til af på fra i",
    "de": "der die das den dem des ein eine einen einem einer eines und oder für mit von zu zum zur im in auf aus bei",
    "el": "ο η το οι τα του της των τον την και ή με για από σε στο στη στην ένα μια",
    "en": "a an and are as at be by for from in is it of on or that the this to with",
    "es": "el la los las un una unos unas y o de del con para por en al",
    "fa": "از در با به و یا برای که را",
    "fi": "ja tai sekä",
    "fr": "le la les un une des et ou de du au aux avec pour par en sur dans à",
    "he": "של את עם על או",
    "hi": "का की के में और या से को पर लिए",
    "hu": "a az egy és vagy",
    "id": "dan atau untuk dengan di ke dari yang",
    "it": "il lo la i gli le un una uno e o di del della dello dei delle degli con per da in al alla",
    "nl": "de het een en of voor met van op in te uit bij",
    "no": "en et ei den det de og eller for med til av på fra i",
    "pl": "i oraz lub na do z ze w we dla od po",
    "pt": "o a os as um uma e ou de do da dos das com para por em no na",
    "ro": "un o si sau de pentru cu din la în pe",
    "ru": "и в во на с со для из от до по или к у",
    "sv": "en ett den det de och eller för med till av på från i",
    "ta": "மற்றும் அல்லது ஒரு",
    "tr": "ve veya ile için bir",
    "uk": "і й та в у на з із для від до по або",
}

STOP_WORDS = {language: frozenset(fold(text).split()) for language, text in _WRITTEN.items()}
"""Folded words by the ISO 639-1 code of their language; a language that is cut into characters has none."""
