"""Products to look at instead of one: alike in text, and looked at by the same shoppers.

Belongs here: how the two signs make one score, and what does not belong in such a list: products of another kind,
what is bought *with* the product (a complement), and one product in many variants. What shoppers mean by alike in text
may be learnt (`assets.models.search.similar.alike_pairs`).
"""

from copy import copy
from typing import NamedTuple, Self

import numpy as np

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.products.catalogue import Catalogue
from assets.models.products.kinds import ProductKinds
from assets.models.ranked import Ranked, check_mask
from assets.models.search.similar.variants import Variants
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.query_adapter import QueryAdapter
from assets.models.sessions.knn import SessionKnn
from evaluation.arrays import Bools, Ints, Ints32

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


class Alike(NamedTuple):
    """Similar products, and those of them that were viewed in the same sessions."""

    ranked: Ranked
    co_viewed: frozenset[int]


class SimilarItems:
    """Similar products of any product of a catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: VectorIndex,
        sessions: SessionKnn | None,
        purchases: CoPurchase | None,
        adapter: QueryAdapter | None = None,
    ) -> None:
        """Over one catalogue's models; without sessions, purchases or adapter their part is left out."""
        self._vectors, self._sessions, self._purchases, self._adapter = vectors, sessions, purchases, adapter
        self.variants = Variants.of(catalogue.frame)
        """Of the catalogue."""
        self._group = self.variants.group
        brands = catalogue.frame["brand"].to_list() if "brand" in catalogue.frame.columns else [None] * len(catalogue)
        number: dict[str | None, int] = {}
        self._brand = np.array([number.setdefault(brand, len(number)) for brand in brands], dtype=np.int32)
        self._kinds = ProductKinds(catalogue)

    def with_models(self, sessions: SessionKnn | None, adapter: QueryAdapter | None) -> Self:
        """A copy over these products with other sessions and another adapter; either may be none."""
        other = copy(self)
        other._sessions, other._adapter = sessions, adapter
        return other

    def similar(self, item: int, k: int, allowed: Bools | None = None) -> Alike:
        """The ``k`` items most like ``item``, never itself; at most one of the variants of any product.

        Score = (1 - share) · cosine of the texts + share · co-view, where co-view = cosine of the sets of sessions,
        shrunk by c / (c + λ) for c shared sessions. With an adapter the cosine is that of the item's vector as adapted
        with the others' own. An item of another kind (`ProductKinds`) is left out.

        Raises:
            ValueError: If ``item`` is not one of the catalogue's, ``k`` is below 1, or the mask has another length.
        """
        check_mask(allowed, len(self._group))
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        vector = self._vectors.vector(item)
        moved = None if self._adapter is None else self._adapter.adapt(vector)
        near = self._vectors.similar(item, max(POOL, 2 * k), allowed, query=moved)
        strength = self._co_viewed(item, allowed)
        known = near.items.tolist()
        # The search has scored its own finds: only what it did not find is looked up.
        searched = set(known)
        fresh = [other for other in strength if other not in searched]
        vectors = self._vectors.vectors
        items = np.array([*known, *fresh], dtype=np.int32)
        cosine = np.concatenate([near.scores, vectors[fresh] @ (vector if moved is None else moved)])
        together = np.array([strength.get(other, 0.0) for other in items.tolist()], dtype=np.float32)
        kept = self._kinds.same(np.array([item]), items)
        items, cosine, together = items[kept], cosine[kept], together[kept]
        score = np.round((1 - CO_VIEW_SHARE) * np.maximum(cosine, 0) + CO_VIEW_SHARE * together, 6)
        score[self._complements(item, items)] = -1
        order = np.lexsort((items, -score))
        chosen = self._one_of_each(items, order[score[order] >= 0], k)
        ranked = Ranked(items[chosen], score[chosen].astype(np.float32))
        return Alike(ranked, frozenset(items[chosen][together[chosen] > 0].tolist()))

    def _co_viewed(self, item: int, allowed: Bools | None) -> dict[int, float]:
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

    def _complements(self, item: int, items: Ints32) -> Bools:
        """bool[m]: which are bought together with ``item`` and are something else by their texts."""
        if self._purchases is None:
            return np.zeros(items.size, dtype=np.bool_)
        bought = set(self._purchases.partners(item, COMPLEMENTS).tolist())
        complements = np.array([other in bought for other in items.tolist()], dtype=np.bool_)
        vectors = self._vectors.vectors
        complements[complements] = vectors[items[complements]] @ vectors[item] < COMPLEMENT_COSINE
        return complements

    def _one_of_each(self, items: Ints32, order: Ints, k: int) -> list[int]:
        """The first ``k`` places of ``order`` of which none is a variant of one before."""
        chosen, groups, of_brand = list[int](), set[int](), dict[int, list[int]]()
        vectors = self._vectors.vectors
        best = items[order]
        rows = zip(order.tolist(), best.tolist(), self._group[best].tolist(), self._brand[best].tolist(), strict=True)
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
