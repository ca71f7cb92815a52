"""The declared rule."""

import pytest

from evaluation.sequential.decision import Bounds, Guardrail, Rule, decide

RULE = Rule(worth=0.01, min_days=7, max_days=30)
SAFE = Guardrail(Bounds("revenue", -0.004, 0.02), margin=0.005)
UNSURE = Guardrail(Bounds("revenue", -0.02, 0.02), margin=0.005)
HARMED = Guardrail(Bounds("revenue", -0.05, -0.006), margin=0.005)


@pytest.mark.parametrize(
    ("lower", "upper", "guardrail", "days", "expected"),
    [
        (0.002, 0.05, SAFE, 7, ("promote", "winner")),
        (0.002, 0.05, SAFE, 6, ("continue", "too_early")),
        (0.002, 0.05, UNSURE, 7, ("continue", "undecided")),
        (0.002, 0.05, UNSURE, 30, ("keep_champion", "ended")),
        (0.002, 0.05, HARMED, 7, ("keep_champion", "harm")),
        (-0.05, -0.001, SAFE, 1, ("keep_champion", "harm")),
        (-0.05, 0.009, SAFE, 3, ("keep_champion", "futility")),
        (0.001, 0.009, SAFE, 9, ("promote", "winner")),
        (-0.05, 0.05, SAFE, 29, ("continue", "undecided")),
        (-0.05, 0.05, SAFE, 30, ("keep_champion", "ended")),
        (float("-inf"), float("inf"), SAFE, 1, ("continue", "undecided")),
    ],
)
def test_rule(lower: float, upper: float, guardrail: Guardrail, days: int, expected: tuple[str, str]) -> None:
    """Each way out, at its border."""
    found = decide(RULE, Bounds("conversion", lower, upper), [guardrail], days=days)
    assert (found.action, found.reason) == expected


def test_broken_split_decides_nothing() -> None:
    """Not even harm is believed."""
    found = decide(RULE, Bounds("conversion", 0.1, 0.2), [HARMED], days=9, split_passed=False)
    assert (found.action, found.reason) == ("invalid", "sample_ratio")


def test_words_name_the_metric_and_the_figure() -> None:
    """So that a reader needs no table."""
    harmed = decide(RULE, Bounds("conversion", 0.1, 0.2), [HARMED], days=9)
    assert harmed.verdict == "Stop: revenue is worse by 0.6% at least, and 0.5% is tolerated."
    won = decide(RULE, Bounds("conversion", 0.012, 0.2), days=9)
    assert won.verdict == "Promote: conversion is better by 1.2% at least."


@pytest.mark.parametrize("wrong", [{"worth": -0.1}, {"min_days": 0}, {"min_days": 9, "max_days": 8}])
def test_refuses_what_is_no_rule(wrong: dict[str, int]) -> None:
    """Days and effects must make sense."""
    with pytest.raises(ValueError, match="must be"):
        Rule(**wrong)
