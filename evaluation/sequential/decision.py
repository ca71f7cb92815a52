"""Whether to go on with an experiment, by a rule that was declared before it began.

What belongs here: the rule and its verdict. What does not: estimates, or acting on the verdict.

Intervals hold at all looks together, so the rule may be asked daily, and the first answer that is not ``continue`` is
as good as any later one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Bounds", "Decision", "Guardrail", "Rule", "decide"]

Action = Literal["continue", "promote", "keep_champion", "invalid"]
Reason = Literal["winner", "harm", "futility", "ended", "sample_ratio", "too_early", "undecided"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The confidence sequence of a lift at the last look, as shares (0.02 is +2 %); better is higher."""

    metric: str
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A metric that must not suffer."""

    bounds: Bounds
    margin: float = 0.0
    """Loss that is tolerated, a share of 0 or more."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When to stop."""

    worth: float = 0.0
    """The smallest lift worth having: an experiment that cannot have it any more is given up. 0 for the sign alone."""
    min_days: int = 7
    """Nothing is promoted before: a week has all of its days."""
    max_days: int = 60
    """The champion stays if nothing has been decided by then."""

    def __post_init__(self) -> None:
        if self.worth < 0:
            raise ValueError(f"worth must be 0 or more, got {self.worth}")
        if not 1 <= self.min_days <= self.max_days:
            raise ValueError(f"min_days must be 1 to max_days, got {self.min_days} and {self.max_days}")


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    action: Action
    reason: Reason
    verdict: str


def decide(
    rule: Rule, primary: Bounds, guardrails: Sequence[Guardrail] = (), *, days: int, split_passed: bool = True
) -> Decision:
    """The declared rule's answer after so many days.

    In this order: a broken sample ratio makes it invalid; a guardrail or the primary metric that is certainly worse
    keeps the champion at once; after ``min_days`` a winner that no guardrail forbids is promoted; what cannot be worth
    it is given up; after ``max_days`` the champion stays.

    Args:
        rule: Declared before the start.
        primary: The metric that decides.
        guardrails: Those that must not suffer.
        days: Since the start.
        split_passed: Whether the arms have the sizes that were meant.
    """
    if not split_passed:
        return Decision("invalid", "sample_ratio", "The arms do not have the sizes that were meant: believe no effect.")
    if (harm := _harm(primary, guardrails)) is not None:
        return harm
    unsafe = [one.bounds.metric for one in guardrails if one.bounds.lower < -one.margin]
    if primary.lower > 0 and days >= rule.min_days and not unsafe:
        return Decision("promote", "winner", f"Promote: {primary.metric} is better by {primary.lower:.1%} at least.")
    if primary.upper < rule.worth:
        said = f"{primary.metric} is better by {primary.upper:.1%} at most, and {rule.worth:.1%} would be worth it"
        return Decision("keep_champion", "futility", f"Stop: {said}.")
    if days >= rule.max_days:
        return Decision("keep_champion", "ended", f"Stop after {days} days: nothing is certain, so the champion stays.")
    return _open(rule, primary, unsafe, days)


def _harm(primary: Bounds, guardrails: Sequence[Guardrail]) -> Decision | None:
    """Stop for what is certainly worse."""
    for bounds, margin in [*((one.bounds, one.margin) for one in guardrails), (primary, 0.0)]:
        if bounds.upper < -margin:
            said = f"{bounds.metric} is worse by {-bounds.upper:.1%} at least"
            tolerated = f", and {margin:.1%} is tolerated" if margin else ""
            return Decision("keep_champion", "harm", f"Stop: {said}{tolerated}.")
    return None


def _open(rule: Rule, primary: Bounds, unsafe: Sequence[str], days: int) -> Decision:
    """Go on, and why."""
    if primary.lower <= 0:
        said = f"{primary.metric} lies between {primary.lower:+.1%} and {primary.upper:+.1%}"
    elif days < rule.min_days:
        said = f"{primary.metric} is better, but {days} of {rule.min_days} days have passed"
        return Decision("continue", "too_early", f"Go on: {said}.")
    else:
        said = f"{primary.metric} is better, but {', '.join(unsafe)} may still suffer more than is tolerated"
    return Decision("continue", "undecided", f"Go on: {said}.")
