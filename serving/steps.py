"""The steps that lists are made of: each asks one module of a snapshot and says why an item is there.

What belongs here: module → `Step`. Which steps a list has, and in which order, is `serving.lists`; those of a search
are made in `serving.search_pool`.
"""

from collections.abc import Sequence

from assets.models.fusion import fuse
from assets.models.ranked import BoolArray, Ranked, empty
from serving.chains import Step
from serving.snapshot import Snapshot

__all__ = ["Steps", "deepest_categories", "why_missing"]

_SIMILAR_TO_LAST = 3
"""How many of the products viewed last are compared with."""
_AFFINITIES = 5


class Steps:
    """Steps over one snapshot with one filter (``allowed`` bool[n], none for all)."""

    def __init__(self, snapshot: Snapshot, allowed: BoolArray | None) -> None:
        self._snapshot = snapshot
        self._release = snapshot.release
        self._catalogue = snapshot.release.catalogue
        self._allowed = allowed

    def similar(self, items: Sequence[int]) -> Step:
        """Alike in text to the last of ``items``, and viewed by the same shoppers."""
        models = self._snapshot.similar_items
        last = list(dict.fromkeys(reversed(items)))[:_SIMILAR_TO_LAST]
        if models is None or not last:
            return Step("similar", None, str, self._why("vectors") or "no known product to compare with")
        of_models, nearest, co_viewed = models, dict[int, int](), set[int]()

        def rank(k: int) -> Ranked:
            found = [of_models.similar(item, max(k, 1), self._allowed) for item in last]
            rankings = [alike.ranked for alike in found]
            for source, alike in zip(last, found, strict=True):
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
        model = self._release.session
        if model is None or not viewed:
            return Step("session", None, str, self._why("session") or "no known product was viewed")
        last = self._title(viewed[-1])
        return Step(
            "session",
            lambda k: model.recommend(list(viewed), k, self._allowed),
            lambda _: f"viewed in sessions like this one, after {last}",
            "no session is like this one",
        )

    def category(self, name: str) -> Step:
        """Popular in a category."""
        members = self._catalogue.category_members(name)
        return Step(
            "category",
            lambda k: self._release.popularity.top(k, members, self._allowed) if members.size else empty(),
            lambda _: f"popular in {name}",
            f"nothing eligible in {name}",
        )

    def affinity(self, user_id: str | None) -> Step:
        """Popular in the categories that a user looks at, in turn, the best-liked first."""
        model = self._release.category
        if model is None or user_id is None:
            return Step("affinity", None, str, self._why("category") or "no user was named")
        names = [self._catalogue.category_names[index] for index, _ in model.categories(user_id, _AFFINITIES)]
        if not names:
            return Step("affinity", None, str, "this user's categories are not known")
        from_category = dict[int, str]()

        def rank(k: int) -> Ranked:
            rankings = []
            for name in names:
                members = self._catalogue.category_members(name)
                ranking = self._release.popularity.top(k, members, self._allowed) if members.size else empty()
                for item in ranking.items.tolist():
                    from_category.setdefault(item, name)
                rankings.append(ranking)
            return fuse(rankings, k)

        return Step("affinity", rank, lambda item: f"popular in {from_category[item]}, which this user looks at")

    def popular(self) -> Step:
        """Popular in the whole shop: the end of every chain."""
        return Step(
            "popularity",
            lambda k: self._release.popularity.top(k, None, self._allowed),
            lambda _: "popular in the shop now",
            "nothing is eligible",
        )

    def _title(self, item: int) -> str:
        return str(self._snapshot.titles[item])

    def _why(self, *modules: str) -> str | None:
        return why_missing(self._snapshot, *modules)


def why_missing(snapshot: Snapshot, *modules: str) -> str | None:
    """Why the first missing one of ``modules`` is missing; none where the release has all."""
    for module in modules:
        if module not in snapshot.modules:
            return snapshot.missing.get(module, f"this release has no {module}")
    return None


def deepest_categories(snapshot: Snapshot, item: int) -> list[str]:
    """Categories of an item, the narrowest first."""
    return sorted(snapshot.release.catalogue.categories_of(item), key=lambda name: (-name.count(">"), name))
