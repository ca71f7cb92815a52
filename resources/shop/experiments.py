"""Experiments on live traffic as ``[experiments.<id>]`` of a ``shop.toml`` declare them.

What belongs here: what may be said of an experiment. What does not: who gets which arm (`serving.experiments`), and
what came of it (`evaluation.sequential`).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from resources.shop.bounds import Share

__all__ = [
    "EXPERIMENTS_FILE",
    "UNCHANGED",
    "Change",
    "Experiment",
    "experiment_faults",
    "experiments_from",
    "experiments_json",
]

EXPERIMENTS_FILE = "experiments.json"
"""Beside the catalogue of a release."""
_SESSION_METRICS = ("cart", "clicks")

ListModule = Literal[
    "session", "next_basket", "bought_together", "similar", "category", "affinity", "segment_popularity"
]
Metric = Literal["conversion", "revenue", "cart", "clicks"]
Part = Annotated[float, Meta(gt=0, le=1)]
Odds = Annotated[float, Meta(gt=0, lt=1)]
DayCount = Annotated[int, Meta(ge=1, le=365)]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the challenger's lists do without; the champion's are as ever."""

    personalisation: bool = True
    """False: lists that follow a session, a cart or a user are answered by what is popular."""
    rules: bool = True
    """False: none of the shop's ``[[rules]]`` holds, those that leave products out included."""
    without: frozenset[ListModule] = frozenset()
    """Modules that lists pass over, as if the release did not have them."""

    def and_also(self, other: "Change") -> "Change":
        """Both at once: of a visitor who is in two experiments."""
        return Change(
            personalisation=self.personalisation and other.personalisation,
            rules=self.rules and other.rules,
            without=self.without | other.without,
        )


UNCHANGED = Change()


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Champion against challenger on a share of visitors. Once it has begun, only `ends` may be changed."""

    change: Change
    """What differs for the challenger."""
    unit: Literal["user", "session"] = "user"
    """What is assigned, and stays so: requests that do not name it are in no arm."""
    share: Part = 1.0
    """Of the units that enter; the others are answered as ever and do not count."""
    challenger_share: Odds = 0.5
    """Of those that enter, how many get the challenger."""
    salt: Annotated[str, Meta(max_length=100)] = ""
    """Joined to the id before it is hashed: another one draws the arms anew."""
    starts: date | None = None
    """First day, UTC; none for as soon as its release is served."""
    ends: date | None = None
    """Last day, UTC, inclusive; none for no end, as of a permanent holdout."""
    metric: Metric = "conversion"
    """What decides, of each unit within `window_days` of its assignment: bought or not (conversion), the money spent
    (revenue), put something in the cart or not (cart), or the number of clicks."""
    guardrails: dict[Metric, Share] = {}
    """Metrics that must not suffer, each with the loss that is tolerated, as a share."""
    window_days: Annotated[int, Meta(ge=1, le=60)] = 7
    """Days that a unit is watched from its assignment on; it counts once they have passed."""
    worth: Share = 0.0
    """Smallest lift worth having, as a share: what cannot have it any more is given up."""
    min_days: DayCount = 7
    """Nothing is promoted before."""
    max_days: DayCount = 60
    """The champion stays if nothing is certain by then; with `window_days` within the shop's own `window_days`."""

    def is_live(self, day: date) -> bool:
        """Whether units are assigned on ``day``."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)


def experiment_faults(experiments: Mapping[str, Experiment], window_days: int) -> Iterator[str]:
    """What is wrong with experiments that could show nothing, with the remedy.

    Args:
        experiments: By their ids.
        window_days: The shop's: nothing older is read, so an experiment has to be decided within it.
    """
    for name, one in experiments.items():
        if not 1 <= len(name) <= 100 or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            yield f"[experiments.{name[:40]}] needs an id of 1 to 100 letters, digits, - and _"
        if one.change == UNCHANGED:
            yield f"[experiments.{name}] changes nothing; set change.personalisation, change.rules or change.without"
        if one.starts is not None and one.ends is not None and one.ends < one.starts:
            yield f"[experiments.{name}] ends {one.ends}, before it starts on {one.starts}"
        if one.max_days < one.min_days:
            yield f"[experiments.{name}] has max_days {one.max_days} below min_days {one.min_days}"
        if one.max_days + one.window_days > window_days:
            yield (
                f"[experiments.{name}] has max_days {one.max_days} and window_days {one.window_days}, together more "
                f"than the shop's window_days, {window_days}: its first units would be forgotten before it is decided"
            )
        of_users = [m for m in (one.metric, *one.guardrails) if one.unit == "session" and m not in _SESSION_METRICS]
        if of_users:
            yield (
                f"[experiments.{name}] measures {of_users[0]} of sessions, but orders name users; measure "
                f"{' or '.join(_SESSION_METRICS)}, or set unit to user"
            )


def experiments_json(experiments: Mapping[str, Experiment]) -> bytes:
    """Experiments as a release carries them: the same ones give the same bytes."""
    return msgspec.json.format(msgspec.json.encode(experiments, order="sorted"), indent=1)


def experiments_from(text: bytes) -> dict[str, Experiment]:
    """Experiments of `experiments_json`.

    Raises:
        msgspec.ValidationError: If the text is none of it.
    """
    return msgspec.json.decode(text, type=dict[str, Experiment])
