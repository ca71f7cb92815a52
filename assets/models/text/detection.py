"""Which languages the texts of a shop are in, with the share of each.

Belongs here: telling languages of many short texts together. What is done with them is `assets.models.text.analysis`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from assets.models.text.stemming import LANGUAGES
from evaluation.arrays import Floats

__all__ = ["Languages", "detect_languages", "language_shares"]

MOST_TEXTS = 600
READ_CHARACTERS = 200
"""Of each text."""
LEAST_SHARE = 0.05
"""Share of a shop's texts from which on a language is one of the shop's."""
ENGLISH_TEXTS = 2.0
"""Texts in English that are taken to have been seen: a handful of words that tell the detector nothing is English."""
ROUNDS = 50


class Languages(NamedTuple):
    """The languages of a shop."""

    codes: tuple[str, ...]
    """ISO 639-1, the most frequent first."""
    shares: Mapping[str, float] = MappingProxyType({})
    """Share of the texts in each language, of those left out too; empty where the shop has declared its languages."""


def detect_languages(texts: Sequence[str]) -> Languages:
    """The most frequent language, and those of at least ``LEAST_SHARE`` of the texts and one text; English of none."""
    shares = language_shares(texts)
    least = max(LEAST_SHARE, 1 / max(len(texts), 1))
    chosen = tuple(code for rank, (code, share) in enumerate(shares.items()) if not rank or share >= least)
    return Languages(chosen or ("en",), shares)


def language_shares(texts: Sequence[str]) -> Mapping[str, float]:
    """Share of each language among the distinct texts, the largest first, those of nothing left out; sums to 1.

    A title alone says little of its language, all of them together a lot: the shares are those that make what the
    detector sees in all texts likeliest (expectation maximisation of a mixture; Dempster, Laird and Rubin 1977).
    Of many texts ``MOST_TEXTS`` are read, spread evenly.
    """
    distinct = sorted({text[:READ_CHARACTERS] for text in texts if any(map(str.isalpha, text))})
    if not distinct:
        return {}
    chosen = [distinct[int(i)] for i in np.linspace(0, len(distinct) - 1, min(len(distinct), MOST_TEXTS))]
    codes, detector = _detector()
    likely: Floats = np.empty((len(chosen), len(codes)))
    for row, text in enumerate(chosen):
        of_text = dict(detector.rank(text))
        likely[row] = [of_text[code] for code in codes]
    likely = np.maximum(likely, 1e-9)
    seen = ENGLISH_TEXTS * (np.array(codes) == "en")
    share = np.full(len(codes), 1 / len(codes))
    each = likely
    for _ in range(ROUNDS):
        each = likely * share
        each /= each.sum(axis=1, keepdims=True)
        share = (each.sum(axis=0) + seen) / (len(chosen) + seen.sum())
    found = each.mean(axis=0)
    order = np.argsort(-found, kind="stable")
    return {codes[i]: round(float(found[i]), 3) for i in order.tolist() if found[i] >= 0.0005}


@cache
def _detector() -> tuple[tuple[str, ...], Any]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    codes = tuple(code for code in LANGUAGES if code in set(detector.labels))
    detector.set_languages(list(codes))
    return codes, detector
