"""Banners as ``[banners.<id>]`` of a ``shop.toml`` declare them: where, when, to whom and how often they are shown.

What belongs here: what may be said of a banner. What does not: whether it may be shown (`assets.models.banners.terms`).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from resources.shop.bounds import Positive

__all__ = ["Banner", "banner_faults", "banners_json"]

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Rate = Annotated[float, Meta(gt=0, lt=1)]


class Banner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A banner. Where any is declared, those that are not are never shown."""

    slots: Annotated[list[Name], Meta(min_length=1)]
    """Where it may be shown."""
    content: Annotated[str, Meta(max_length=2_000)] | None = None
    """What the storefront shows, such as the address of a picture; told with each selection."""
    starts: date | None = None
    """First day, UTC; none for as soon as its release is served."""
    ends: date | None = None
    """Last day, UTC, inclusive; none for no end."""
    paused: bool = False
    """Not shown for the time being; what it earned within `window_days` is not forgotten."""
    context: dict[Name, Annotated[list[str | int | bool], Meta(min_length=1)]] = {}
    """Shown only where the request's context has, of each key, one of its values, such as `country = ["DE", "AT"]`."""
    max_impressions: Positive | None = None
    """Shown so often at most, in all slots together, by what the operational store has counted."""
    max_rewards: Positive | None = None
    """Shown until it has earned so many rewards, in all slots together."""
    prior_rate: Rate | None = None
    """Reward that is expected of an impression before any is seen; none for the mean of its slot."""
    prior_weight: Positive | None = None
    """Impressions that this expectation is worth; none for what the slot's banners differ by, 100 at most."""


def banner_faults(banners: Mapping[str, Banner]) -> Iterator[str]:
    """What is wrong with banners that are never shown, with the remedy."""
    for name, banner in banners.items():
        if not 1 <= len(name) <= 200:
            yield f"[banners.{name[:40]}] has a name of {len(name)} characters; give 1 to 200"
        if banner.starts is not None and banner.ends is not None and banner.ends < banner.starts:
            yield f"[banners.{name}] ends {banner.ends}, before it starts on {banner.starts}"


def banners_json(banners: Mapping[str, Banner]) -> bytes:
    """Banners as a release carries them: the same ones give the same bytes."""
    return msgspec.json.format(msgspec.json.encode(banners, order="sorted"), indent=1)
