"""A draft tried on a list of the release that answers: what it moves, rule by rule. Nobody else's answers change.

What belongs here: the trial. How it reads on the page is `serving.console.rules.sections`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from assets.models.rules.conditions import Conditions
from assets.models.rules.declared import RuleError
from resources.shop.rules import Rule, rules_json
from serving.console.places import moved
from serving.console.rules.look import Look, answered
from serving.context import Context
from serving.lists.answers import ListAnswer
from serving.release.ruled import ruled
from serving.release.snapshot import Snapshot

__all__ = ["MOST_RULES", "Trial", "tried"]

MOST_RULES = 30
"""Rules of a draft: each costs one more answer."""
_IN_PLACE = "without the release's rules"


@dataclass(frozen=True, slots=True)
class Trial:
    """A list without a draft and with it."""

    before: ListAnswer
    after: ListAnswer
    movers: Mapping[str, Sequence[str]]
    """Product → the steps, by the names of their rules, that changed its place."""
    counts: Mapping[str, int]
    """Rule that was tried on the list → how many products it moved there."""
    idle: Mapping[str, str]
    """Rule that was not → why it does not hold there, in words."""
    notes: Sequence[str] = ()
    """What rules name and the release does not have."""
    faults: Sequence[str] = ()
    """Rules that the release cannot apply, in words; the others were tried."""


class _Step(NamedTuple):
    """The release under the draft's rules up to one of them."""

    name: str
    snapshot: Snapshot


@dataclass(slots=True)
class _Steps:
    steps: list[_Step] = field(default_factory=list)
    idle: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


async def tried(api: Context, snapshot: Snapshot, rules: Sequence[Rule], look: Look) -> Trial:
    """Put the rules over the release one after the other, and look at the list after each.

    What a rule moved is what changed when it came: also what had to make room for a product that it named.

    Raises:
        ProblemError: Where the release has no such product or category.
    """
    before = await answered(api, snapshot, look)
    made = await api.workers.run("score", _steps, snapshot, rules, look)
    last, movers, counts = before, dict[str, list[str]](), dict[str, int]()
    for step in made.steps:
        now = await answered(api, step.snapshot, look)
        products = moved(last.items, now.items)
        counts[step.name] = len(products)
        for product in products:
            movers.setdefault(product, []).append(step.name)
        last = now
    return Trial(before, last, movers, counts, made.idle, made.notes, made.faults)


def _steps(snapshot: Snapshot, rules: Sequence[Rule], look: Look) -> _Steps:
    """The release under the rules up to each that may hold for the list."""
    release, made = snapshot.release, _Steps()
    declared: list[dict[str, Any]] = json.loads(rules_json(rules))
    now, at = release.rules, datetime.now(UTC).timestamp()
    if look.alone:
        now = release.rules_as([])
        if release.rules.declared:
            made.steps.append(_Step(_IN_PLACE, ruled(snapshot, now)))
    for rule in declared:
        tried_as = {**rule, "from": None, "until": None} if look.whenever else rule
        try:
            one = release.rules_as([tried_as])
        except RuleError as error:
            made.faults.append(f"[[rules]]: {error}.")
            continue
        made.notes += one.notes
        replaces = any(said["name"] == rule["name"] for said in now.declared)
        now = now.joined(one)
        why = _idle(Conditions.of(tried_as), look.surface, at)
        if why is None or replaces:
            made.steps.append(_Step(rule["name"], ruled(snapshot, now)))
        else:
            made.idle[rule["name"]] = why
    return made


def _idle(when: Conditions, surface: str, at: float) -> str | None:
    """Why a rule cannot hold for a list now, or none."""
    if not when.may_hold(surface):
        return f"it is for other lists: {', '.join(sorted(when.lists))}"
    if at < when.begin:
        return f"it begins {_day(when.begin)}"
    return f"it ended {_day(when.end)}" if at >= when.end else None


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
