"""What the release knows of a user, as keys of a context: what policies learn from and banners are meant for.

What belongs here: a few bounded facts by name. What does not: which of them a slot asks for (`serving.banners.odds`).
They are logged with the impression, so that what is learnt is what was known then.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from assets.models.popularity.user_histories import Act
from assets.models.release import Release

__all__ = ["known_of"]

Fact = str | int | None
_DAY_SECONDS = 86_400


def known_of(release: Release, user_id: str, names: Collection[str], now: datetime) -> dict[str, str | int]:
    """Those of ``names``, of `resources.shop.slots.USER_FEATURES`, that the release knows; none of a stranger."""
    facts = ((name, _FACTS[name](release, user_id, now)) for name in names)
    return {name: fact for name, fact in facts if fact is not None}


def _segment(release: Release, user_id: str, _: datetime) -> Fact:
    """None where there are several campaigns: a user may be of another segment in each."""
    found = {} if release.segments is None else release.segments.look_up([user_id])
    return str(found[user_id]["segment"]) if user_id in found else None


def _category(release: Release, user_id: str, _: datetime) -> Fact:
    model = release.category_recommendations
    first = [] if model is None else model.categories(user_id, 1)
    return release.catalogue.category_names[first[0][0]] if first else None


def _acts(release: Release, user_id: str, *, bought: bool) -> list[Act]:
    acts = [] if release.user_histories is None else release.user_histories.of(user_id)
    return [act for act in acts if (act.kind == "purchase") == bought]


def _count(*, bought: bool) -> Callable[[Release, str, datetime], Fact]:
    return lambda release, user_id, _: len(_acts(release, user_id, bought=bought)) or None


def _days_since(*, bought: bool) -> Callable[[Release, str, datetime], Fact]:
    def days(release: Release, user_id: str, now: datetime) -> Fact:
        acts = _acts(release, user_id, bought=bought)
        newest = max((act.at for act in acts), default=None)
        return None if newest is None else max(int(now.timestamp() - newest) // _DAY_SECONDS, 0)

    return days


_FACTS: Mapping[str, Callable[[Release, str, datetime], Fact]] = {
    "user.segment": _segment,
    "user.favourite_category": _category,
    "user.products_bought": _count(bought=True),
    "user.products_viewed": _count(bought=False),
    "user.days_since_purchase": _days_since(bought=True),
    "user.days_since_view": _days_since(bought=False),
}
