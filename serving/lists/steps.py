"""The steps that lists are made of: each asks one module of a snapshot and says why an item is there.

What belongs here: module → `Step`. Which steps a list has, and in which order, is `serving.lists.lists`; those of a
search are made in `serving.search.pool`.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from assets.models.fusion import fuse
from assets.models.ranked import Ranked, empty
from evaluation.arrays import Bools, Ints32
from serving.lists.chains import Step
from serving.release.snapshot import Snapshot

__all__ = ["Steps", "why_missing"]

_SIMILAR_TO_LAST = 3
"""How many of the products viewed last are compared with."""
_AFFINITIES = 5


class Steps:
    """Steps over one snapshot with one filter (``allowed`` bool[n], none for all)."""

    def __init__(self, snapshot: Snapshot, allowed: Bools | None) -> None:
        self._snapshot = snapshot
        self._release = snapshot.release
        self._catalogue = snapshot.release.catalogue
        self._allowed = allowed

    def similar(self, items: Sequence[int]) -> Step:
        """Alike in text to the last of ``items``, and viewed by the same shoppers."""
        models = self._snapshot.similar_items
        last = list(dict.fromkeys(reversed(items)))[:_SIMILAR_TO_LAST]
        if models is None or not last:
            return Step("similar", None, str, self._why("hnsw_index") or "no known product to compare with")
        nearest, co_viewed = dict[int, int](), set[int]()

        def rank(k: int) -> Ranked:
            of_each = [models.similar(item, max(k, 1), self._allowed) for item in last]
            rankings = [alike.ranked for alike in of_each]
            for source, alike in zip(last, of_each, strict=True):
                co_viewed.update(alike.co_viewed)
                for item in alike.ranked.items.tolist():
                    nearest.setdefault(item, source)
            return rankings[0] if len(rankings) == 1 else fuse(rankings, k)

        def reason(item: int) -> str:
            also = ", and viewed in the same sessions" if item in co_viewed else ""
            return f"similar to {self._title(nearest[item])}{also}"

        return Step("similar", rank, reason, "nothing of its kind is like it")

    def bought_together(self, items: Sequence[int]) -> Step:
        """Bought in the same orders as ``items``."""
        model = self._release.co_purchase
        if model is None or not items:
            return Step("bought_together", None, str, self._why("co_purchase") or "no known product to start from")
        names = self._title(items[-1]) if len(items) == 1 else "what is in the cart"
        return Step(
            "bought_together",
            lambda k: model.related(list(items), k, self._allowed),
            lambda _: f"bought together with {names}",
            "not enough orders hold it",
        )

    def session(self, viewed: Sequence[int]) -> Step:
        """Viewed next in sessions like this one."""
        model = self._release.session_model
        if model is None or not viewed:
            return Step("session", None, str, self._why("session_model") or "no known product was viewed")
        last = self._title(viewed[-1])
        return Step(
            "session",
            lambda k: model.recommend(list(viewed), k, self._allowed),
            lambda _: f"viewed in sessions like this one, after {last}",
            "no session is like this one",
        )

    def next_basket(self, cart: Sequence[int], user_id: str | None) -> Step:
        """What the customer buys again, what goes with it, and what goes with the cart."""
        model, together = self._release.next_basket, self._release.co_purchase
        if model is None or together is None:
            return Step("next_basket", None, str, self._why("next_basket", "co_purchase"))
        before = set(model.bought(user_id).tolist())
        new = "goes with what is in the cart" if cart else "goes with what this customer buys"
        return Step(
            "next_basket",
            lambda k: model.recommend(user_id, cart, k, together, self._allowed),
            lambda item: "this customer has bought it before" if item in before else new,
            "neither this customer nor the cart tells what comes next",
        )

    def for_you(self, viewed: Sequence[int], user_id: str | None, without: Collection[str] = ()) -> Step:
        """What others viewed after ``viewed`` and what the customer buys next, in turn; no module of ``without``."""
        after = self.session(viewed)
        if viewed:
            last = self._title(viewed[-1])
            after = replace(after, reason=lambda _: f"viewed by others after {last}, which this user looked at")
        steps = (after, self.next_basket((), user_id))
        asked = [(s.rank, s.reason) for s in steps if s.rank is not None and s.module not in without]
        why = dict[int, Callable[[int], str]]()

        def rank(k: int) -> Ranked:
            rankings = [ranks(k) for ranks, _ in asked]
            for ranking, (_, reason) in zip(rankings, asked, strict=True):
                for item in ranking.items.tolist():
                    why.setdefault(item, reason)
            return fuse(rankings, k)

        return Step("for_you", rank, lambda item: why[item](item), "nothing that is on record tells what comes next")

    def categories_of(self, items: Sequence[int], last: str | None = None) -> Iterator[Step]:
        """Popular in each category of the last of ``items``, the narrowest first.

        Where there is none, of the product ``last``, if it is one that came after the release.
        """
        names = self._catalogue.categories_of(items[-1]) if items else ()
        new = self._snapshot.new
        if not items and new is not None and last is not None:
            item = new.release.catalogue.position(last)
            names = new.release.catalogue.categories_of(item) if item >= 0 else ()
        return map(self.category, sorted(names, key=lambda name: (-name.count(">"), name)))

    def category(self, name: str) -> Step:
        """Popular in a category."""
        members = self._catalogue.category_members(name)
        return Step(
            "category",
            lambda k: self._popular(k, members) if members.size else empty(),
            lambda _: f"popular in {name}",
            f"nothing eligible in {name}",
        )

    def affinity(self, user_id: str | None) -> Step:
        """Popular in the categories that a user looks at, in turn, the best-liked first."""
        model = self._release.category_recommendations
        if model is None or user_id is None:
            return Step("affinity", None, str, self._why("category_recommendations") or "no user was named")
        names = [self._catalogue.category_names[index] for index, _ in model.categories(user_id, _AFFINITIES)]
        if not names:
            return Step("affinity", None, str, "this user's categories are not known")
        from_category = dict[int, str]()

        def rank(k: int) -> Ranked:
            rankings = []
            for name in names:
                members = self._catalogue.category_members(name)
                ranking = self._popular(k, members) if members.size else empty()
                for item in ranking.items.tolist():
                    from_category.setdefault(item, name)
                rankings.append(ranking)
            return fuse(rankings, k)

        return Step("affinity", rank, lambda item: f"popular in {from_category[item]}, which this user looks at")

    def segment_popularity(self, user_id: str | None) -> list[Step]:
        """Popular among users of this user's segment: one step, or none for users and releases that have no segment."""
        model = self._release.segment_popularity
        segment = None if model is None or user_id is None else model.segment(user_id)
        if model is None or user_id is None or segment is None:
            return []
        return [
            Step(
                "segment_popularity",
                lambda k: model.top(user_id, k, self._allowed),
                lambda _: f"popular among users of {segment}",
                "nothing is eligible",
            )
        ]

    def popular(self) -> Step:
        """Popular in the whole shop: the end of every chain."""
        return Step(
            "popularity",
            self._popular,
            lambda _: "popular in the shop now",
            "nothing is eligible",
        )

    def _popular(self, k: int, members: Ints32 | None = None) -> Ranked:
        """The ``k`` most popular of ``members``, none for all: what is in stock first."""
        popularity, stocked, allowed = self._release.popularity, self._catalogue.in_stock, self._allowed
        may = np.ones(stocked.size, dtype=np.bool_) if allowed is None else allowed
        sold_out = may & ~stocked
        if not sold_out.any():
            return popularity.top(k, members, allowed)
        first = popularity.top(k, members, may & stocked)
        if first.items.size == k:
            return first
        rest = popularity.top(k - first.items.size, members, sold_out)
        scores = np.minimum(rest.scores, first.scores[-1]) if first.items.size else rest.scores
        return Ranked(np.concatenate([first.items, rest.items]), np.concatenate([first.scores, scores]))

    def _title(self, item: int) -> str:
        return self._snapshot.shown[item].title

    def _why(self, *modules: str) -> str | None:
        return why_missing(self._snapshot, *modules)


def why_missing(snapshot: Snapshot, *modules: str) -> str | None:
    """Why the first missing one of ``modules`` is missing; none where the release has all."""
    for module in modules:
        if module not in snapshot.modules:
            return snapshot.missing.get(module, f"this release has no {module}")
    return None
