"""The average effect beside figures by hand and beside known worlds."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from scipy.stats import norm

from evaluation.experiment.average_effect import GroupEffect, average_effect, effects_by_group
from evaluation.insufficient import InsufficientDataError
from evaluation.resampling.bootstrap import Interval


def trial(users: int, effect: float, seed: int, share: float = 0.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, treatment and probability of the own arm; a tenth buys without a contact."""
    rng = np.random.default_rng(seed)
    treated = rng.random(users) < share
    outcome = (rng.random(users) < 0.1 + effect * treated).astype(np.float64)
    return outcome, treated, np.where(treated, share, 1 - share)


def test_a_difference_of_shares_by_hand() -> None:
    """30 of 200 beside 20 of 200: the difference and its unpooled error, as in every textbook."""
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], [30, 170, 20, 180])
    treated = np.repeat([True, False], 200)
    found = average_effect(outcome, treated, np.full(400, 0.5))
    error = np.sqrt(0.15 * 0.85 / 199 + 0.1 * 0.9 / 199)
    assert (found.users, found.control) == (400, pytest.approx(0.1))
    assert found.effect.estimate == pytest.approx(0.05)
    assert found.effect.upper == pytest.approx(0.05 + norm.ppf(0.975) * error)
    assert found.p_value == pytest.approx(2 * norm.sf(0.05 / error))
    assert found.detectable == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) * error)


def test_the_interval_holds_the_effect_as_often_as_it_says() -> None:
    """Of 400 trials whose arms are unequal about 380; and the detectable effect is found in four of five."""
    found = [average_effect(*trial(2_000, 0.03, seed, 0.3)) for seed in range(400)]
    assert 0.925 <= np.mean([f.effect.lower <= 0.03 <= f.effect.upper for f in found]) <= 0.975
    detectable = float(np.mean([f.detectable for f in found]))
    seen = [average_effect(*trial(2_000, detectable, seed, 0.3)).effect.lower > 0 for seed in range(400)]
    assert 0.74 <= np.mean(seen) <= 0.86


def test_weights_undo_odds_that_differ_between_users() -> None:
    """Heavy buyers were contacted more often: the plain difference is far off, the weighted one is not."""
    rng = np.random.default_rng(0)
    heavy = rng.random(40_000) < 0.5
    odds = np.where(heavy, 0.8, 0.2)
    treated = rng.random(40_000) < odds
    outcome = (rng.random(40_000) < np.where(heavy, 0.3, 0.05) + 0.02 * treated).astype(np.float64)
    found = average_effect(outcome, treated, np.where(treated, odds, 1 - odds))
    assert outcome[treated].mean() - outcome[~treated].mean() > 0.1
    assert found.effect.lower < 0.02 < found.effect.upper


def test_a_step_in_one_attribute_is_named() -> None:
    """2,500 users, +18 points below 35 and −1.6 above: the group comes first, its interval far above 0."""
    rng = np.random.default_rng(1)
    age = rng.integers(18, 80, 2_500)
    treated = rng.random(2_500) < 0.5
    outcome = (rng.random(2_500) < 0.1 + treated * np.where(age < 35, 0.18, -0.016)).astype(np.float64)
    young = np.where(age < 35, "below 35", "35 and above").astype(object)
    coin = np.where(rng.random(2_500) < 0.5, "heads", "tails").astype(object)
    first, *others = effects_by_group(outcome, treated, np.full(2_500, 0.5), {"coin": coin, "age": young})
    assert {first.group, others[0].group} == {"below 35", "35 and above"}
    below = next(g for g in (first, *others) if g.group == "below 35")
    assert below.p_value < 0.001
    assert below.effect.lower > 0
    assert below.effect.lower < 0.18 < below.effect.upper
    assert all(g.p_value > 0.05 for g in others if g.attribute == "coin")


def test_no_group_is_named_where_there_is_none() -> None:
    """Twenty attributes of nothing, 200 trials: some group is called unlike the others in about one of twenty."""
    named = 0
    for seed in range(200):
        outcome, treated, odds = trial(600, 0.05, seed)
        rng = np.random.default_rng(1_000 + seed)
        groups = {f"a{n}": rng.choice(["x", "y", "z"], 600).astype(object) for n in range(20)}
        named += effects_by_group(outcome, treated, odds, groups)[0].p_value < 0.05
    assert named <= 22


def test_small_groups_and_unknown_values_are_left_out() -> None:
    """Ten users of one value, and those whose value is not known, are no group; one group alone is none."""
    outcome, treated, odds = trial(1_000, 0.05, 0)
    names = np.array([None] * 300 + ["rare"] * 10 + ["a", "b"] * 345, dtype=object)
    found = effects_by_group(outcome, treated, odds, {"some": names, "one": np.full(1_000, "x", dtype=object)})
    assert {(g.attribute, g.group, g.users) for g in found} == {("some", "a", 345), ("some", "b", 345)}


def test_one_arm_is_no_trial() -> None:
    """There is nothing to compare with."""
    with pytest.raises(InsufficientDataError, match="fewer than two users"):
        average_effect(np.zeros(5), np.array([True] * 4 + [False]), np.full(5, 0.5))


def test_a_group_is_read_back_from_json() -> None:
    """As the experiment writes it; the bounds of a cut may be missing, as in releases of before."""
    group = GroupEffect("age", "below 35", 900, Interval(0.2, 0.1, 0.3), 0.01, high=35.0)
    row = json.loads(json.dumps({**asdict(group), "effect": group.effect._asdict()}))
    assert GroupEffect.of(row) == group
    assert GroupEffect.of({k: v for k, v in row.items() if k not in ("low", "high")}).high is None
