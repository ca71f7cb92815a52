"""Products to look at instead of one: alike in text, and looked at by the same shoppers.

Belongs here: how the two signs make one score, and what does not belong in such a list: products of another kind,
what is bought *with* the product (a complement), and one product in many variants.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.catalogue import Catalogue, ancestors
from assets.models.ranked import BoolArray, FloatArray, IntArray, Ranked, check_mask
from assets.models.search.variants import variant_groups
from assets.models.search.vector_index import VectorIndex
from assets.models.sessions.session_knn import SessionKnn

__all__ = ["Alike", "SimilarItems"]

POOL = 50
"""Nearest in text that are looked at; twice as many as are asked for, if that is more."""
CO_VIEWED = 30
SESSIONS = 200
"""Latest sessions of a product that co-views are counted in: a bound on the work."""
MIN_SESSIONS = 2
SHRINKAGE_SESSIONS = 5.0
CO_VIEW_SHARE = 0.3
"""Weight of being viewed together, 1 - this of the text: views follow what the shop shows, so text leads."""
COMPLEMENTS = 30
COMPLEMENT_COSINE = 0.6
"""Products bought together whose texts are less alike than this complement one another."""
SAME_COSINE = 0.98
"""Texts this much alike, of one brand, say the same."""
GUARD_DEPTH = 2
"""Steps of a category path that must be shared, where both products have as many."""


class Alike(NamedTuple):
    """Similar products, and those of them that were viewed in the same sessions."""

    ranked: Ranked
    co_viewed: frozenset[int]


class SimilarItems:
    """Similar products of any product of a catalogue."""

    def __init__(
        self, catalogue: Catalogue, vectors: VectorIndex, sessions: SessionKnn | None, purchases: CoPurchase | None
    ) -> None:
        """Over one catalogue's models; without sessions or purchases their part is left out."""
        self._vectors, self._sessions, self._purchases = vectors, sessions, purchases
        self._group = variant_groups(catalogue.frame)
        brands = catalogue.frame["brand"].to_list() if "brand" in catalogue.frame.columns else [None] * len(catalogue)
        number: dict[str | None, int] = {}
        self._brand = np.array([number.setdefault(brand, len(number)) for brand in brands], dtype=np.int32)
        self._kinds = [_kinds(paths) for paths in catalogue.frame["categories"].to_list()]

    def similar(self, item: int, k: int, allowed: BoolArray | None = None) -> Alike:
        """The ``k`` items most like ``item``, never itself; at most one of the variants of any product.

        Score = (1 - share) · cosine of the texts + share · co-view, where co-view = cosine of the sets of sessions,
        shrunk by c / (c + λ) for c shared sessions. An item that has no category in common with this one down to
        ``GUARD_DEPTH`` steps is left out, unless one of the two has none at all.

        Raises:
            ValueError: If ``item`` is not one of the catalogue's, ``k`` is below 1, or the mask has another length.
        """
        check_mask(allowed, len(self._group))
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        near = self._vectors.similar(item, max(POOL, 2 * k), allowed)
        strength = self._co_viewed(item, allowed)
        known = near.items.tolist()
        # The search has scored its own finds: only what it did not find is looked up.
        found = dict.fromkeys(known)
        fresh = [other for other in strength if other not in found]
        vectors = self._vectors.vectors
        items = np.array([*known, *fresh], dtype=np.int32)
        cosine = np.concatenate([near.scores, vectors[fresh] @ vectors[item]])
        together = np.array([strength.get(other, 0.0) for other in items.tolist()], dtype=np.float32)
        kept = self._same_kind(item, items)
        items, cosine, together = items[kept], cosine[kept], together[kept]
        score = np.round((1 - CO_VIEW_SHARE) * np.maximum(cosine, 0) + CO_VIEW_SHARE * together, 6)
        score[self._complements(item, items, cosine)] = -1
        order = np.lexsort((items, -score))
        chosen = self._one_of_each(items, order[score[order] >= 0], k)
        ranked = Ranked(items[chosen], score[chosen].astype(np.float32))
        return Alike(ranked, frozenset(items[chosen][together[chosen] > 0].tolist()))

    def _co_viewed(self, item: int, allowed: BoolArray | None) -> dict[int, float]:
        """Items of the latest sessions with ``item``, with the strength of each in [0, 1)."""
        if self._sessions is None:
            return {}
        of_item, item_sessions, starts, session_items, idf = self._sessions.arrays
        sessions = item_sessions[of_item[item] : of_item[item + 1]][:SESSIONS]
        if len(sessions) < MIN_SESSIONS:
            return {}
        sizes = starts[sessions + 1] - starts[sessions]
        offset = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        others, counts = np.unique(session_items[np.repeat(starts[sessions], sizes) + offset], return_counts=True)
        good = (counts >= MIN_SESSIONS) & (others != item)
        if allowed is not None:
            good &= allowed[others]
        others, counts = others[good], counts[good]
        # Sessions of an item = all sessions · e^-idf, so their ratio needs the idf alone.
        share = np.minimum(counts / len(sessions) * np.exp((idf[others] - idf[item]) / 2), 1)
        strength = share * counts / (counts + SHRINKAGE_SESSIONS)
        best = np.lexsort((others, -strength))[:CO_VIEWED]
        return dict(zip(others[best].tolist(), strength[best].tolist(), strict=True))

    def _same_kind(self, item: int, items: IntArray) -> BoolArray:
        """bool[m]: which have a category in common with ``item``, or none at all."""
        kinds = self._kinds[item]
        if not kinds:
            return np.ones(items.size, dtype=np.bool_)
        return np.array([not self._kinds[i] or bool(kinds & self._kinds[i]) for i in items.tolist()], dtype=np.bool_)

    def _complements(self, item: int, items: IntArray, cosine: FloatArray) -> BoolArray:
        """bool[m]: which are bought together with ``item`` and are something else."""
        if self._purchases is None:
            return np.zeros(items.size, dtype=np.bool_)
        bought = set(self._purchases.related([item], COMPLEMENTS).items.tolist())
        return np.array([other in bought for other in items.tolist()], dtype=np.bool_) & (cosine < COMPLEMENT_COSINE)

    def _one_of_each(self, items: IntArray, order: NDArray[np.int64], k: int) -> list[int]:
        """The first ``k`` places of ``order`` of which none is a variant of one before."""
        chosen, groups, of_brand = list[int](), set[int](), dict[int, list[int]]()
        vectors = self._vectors.vectors
        found = items[order]
        rows = zip(
            order.tolist(), found.tolist(), self._group[found].tolist(), self._brand[found].tolist(), strict=True
        )
        for at, item, group, brand in rows:
            others = of_brand.setdefault(brand, [])
            if group in groups or (others and float((vectors[others] @ vectors[item]).max()) >= SAME_COSINE):
                continue
            groups.add(group)
            others.append(item)
            chosen.append(at)
            if len(chosen) == k:
                break
        return chosen


def _kinds(paths: list[str | None] | None) -> frozenset[str]:
    """Categories that decide what kind of product it is: of each path the step at ``GUARD_DEPTH``, or its last."""
    steps = (ancestors(path) for path in paths or () if path)
    return frozenset(above[min(GUARD_DEPTH, len(above)) - 1] for above in steps if above)
