"""On what terms a banner is shown: what a release carries of the shop's declaration of its banners.

What belongs here: whether a banner may be shown on a day, in a context, after so many impressions. What does not: what
may be declared (`resources.shop.banners`), and which of those is drawn (`assets.models.banners.bandit`).
"""

from collections.abc import Mapping
from datetime import date

import msgspec

__all__ = ["Terms", "terms_from"]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """One banner's; without any, it is always shown."""

    slots: list[str]
    content: str | None = None
    starts: date | None = None
    ends: date | None = None
    """Inclusive, as is ``starts``; both UTC."""
    paused: bool = False
    context: dict[str, list[str | int | bool]] = {}
    """Key of a request's context → the values with which it is shown."""
    max_impressions: int | None = None
    max_rewards: int | None = None
    prior_rate: float | None = None
    prior_weight: float | None = None

    def are_kept(self, day: date, context: Mapping[str, object]) -> bool:
        """Whether the banner may be shown on ``day`` in ``context``, counts aside."""
        begun, over = self.starts is None or self.starts <= day, self.ends is not None and self.ends < day
        fits = all(_is_one_of(context.get(key), values) for key, values in self.context.items())
        return not self.paused and begun and not over and fits

    def are_spent(self, impressions: int, rewards: float) -> bool:
        """Whether the banner was shown, or rewarded, as often as it may be."""
        shown = self.max_impressions is not None and impressions >= self.max_impressions
        return shown or (self.max_rewards is not None and rewards >= self.max_rewards)

    @property
    def are_counted(self) -> bool:
        """Whether counts decide if the banner is shown."""
        return self.max_impressions is not None or self.max_rewards is not None


def _is_one_of(value: object, values: list[str | int | bool]) -> bool:
    """Whether it is one of the values, of which none is told apart from another kind by Python: true is not 1."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values)


def terms_from(text: bytes) -> dict[str, Terms]:
    """Terms by banner, of JSON as a shop declares them."""
    return msgspec.json.decode(text, type=dict[str, Terms])
