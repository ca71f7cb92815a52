"""Slots of banners as ``[slots.<name>]`` of a ``shop.toml`` declare them: by which policy each chooses.

What belongs here: what may be said of a slot. What does not: the policies (`assets.models.banners.policies`).
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from resources.shop.bounds import Share

__all__ = ["USER_FEATURES", "Slot", "slot_faults", "slots_json"]

USER_FEATURES = (
    "user.segment",
    "user.favourite_category",
    "user.products_bought",
    "user.products_viewed",
    "user.days_since_purchase",
    "user.days_since_view",
)
"""Keys of a context that the release fills in, of a user whom it knows: the segment of uplift, which of several
campaigns is not known, the category that the user likes best, products bought and looked at (20 at most), and whole
days since the last of either."""

Key = Annotated[str, Meta(min_length=1, max_length=200)]


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the banners of a slot are chosen; a slot that is not declared has all of the defaults."""

    policy: Literal["thompson", "epsilon_greedy", "uniform", "lin_ts", "lin_ucb", "lin_rand_ucb"] = "thompson"
    """`thompson` draws each as often as it is likely to be the best, `epsilon_greedy` mostly the best so far, `uniform`
    each as often; `lin_ts`, `lin_ucb` and `lin_rand_ucb` learn, from `features`, which is best in which context."""
    half_life_days: Annotated[float, Meta(ge=0.5, le=36_500)] | None = None
    """Days after which an impression tells half as much, where taste drifts; none for no decay."""
    epsilon: Share = 0.1
    """Of `epsilon_greedy`: share of choices that are made at random."""
    uniform_share: Annotated[float, Meta(gt=0, le=1)] = 0.01
    """Share of choices that stays uniform for ever, so that the log can judge any other policy."""
    exploration: Annotated[float, Meta(ge=0, le=10)] = 0.3
    """Of policies that learn from features: how much is tried; the deviation of a reward is a good value."""
    features: Annotated[list[Key], Meta(max_length=10)] = []
    """Of policies that learn from features: keys of the request's context that are learnt from, or what the release
    knows of the user: `user.segment`, `user.favourite_category`, `user.products_bought`, `user.products_viewed`,
    `user.days_since_purchase`, `user.days_since_view`."""
    accept: bool = False
    """Whether the policy is served at once; else one that takes the place of another must earn more on the log."""


def slot_faults(slots: Mapping[str, Slot]) -> Iterator[str]:
    """What is wrong with slots though each key is fine, with the remedy."""
    for name, slot in slots.items():
        where = f"[slots.{name[:40]}]"
        if not 1 <= len(name) <= 200:
            yield f"{where} has a name of {len(name)} characters; give 1 to 200"
        linear = slot.policy.startswith("lin_")
        if linear and not slot.features:
            yield f"{where} has the policy {slot.policy} and no features: name keys of the context to learn from"
        if slot.features and not linear:
            yield f'{where} has features, which {slot.policy} does not heed: choose "lin_rand_ucb", or leave them out'
        if "user_id" in slot.features:
            yield f"{where} has the feature user_id: name what users have in common, such as their country"
        unknown = [key for key in slot.features if key.startswith("user.") and key not in USER_FEATURES]
        if unknown:
            yield f"{where} has the feature {unknown[0][:40]}: of users there are {', '.join(USER_FEATURES)}"
        if len(set(slot.features)) < len(slot.features):
            yield f"{where} names a feature twice"


def slots_json(slots: Mapping[str, Slot]) -> bytes:
    """Slots as a release carries them: the same ones give the same bytes."""
    return msgspec.json.encode(slots, order="sorted")
