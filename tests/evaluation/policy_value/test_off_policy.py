"""Off-policy estimates by hand and against a policy whose value is known."""

import numpy as np
import polars as pl
import pytest

from evaluation.policy_value.off_policy import (
    direct_method,
    doubly_robust,
    importance_weights,
    ips,
    replay,
    snips,
    switch_doubly_robust,
)
from resources.settings import Settings

MEN = Settings.from_env().data / "open_bandit_men"


def test_by_hand() -> None:
    """Weights 2, 0.5; IPS (2*1 + 0.5*0)/2, SNIPS 2/2.5."""
    weights = importance_weights([1.0, 0.25], [0.5, 0.5])
    assert weights.tolist() == [2.0, 0.5]
    assert ips([1, 0], weights).estimate == 1.0
    assert snips([1, 0], weights).estimate == 0.8


def test_with_a_model_by_hand() -> None:
    """Weights 2 and 20, rewards 1 and 0, modelled .5 and .1, expected .4 and .2 of the policy."""
    weights, model = np.array([2.0, 20.0]), ([0.5, 0.1], [0.4, 0.2])
    assert direct_method(model[1]).estimate == pytest.approx(0.3)
    # .4 + 2·.5 and .2 - 20·.1; without the second correction .2.
    assert doubly_robust([1, 0], weights, *model).estimate == pytest.approx((1.4 - 1.8) / 2)
    assert switch_doubly_robust([1, 0], weights, *model).estimate == pytest.approx((1.4 + 0.2) / 2)
    assert switch_doubly_robust([1, 0], weights, *model, 0).estimate == pytest.approx(0.3)
    # Only the first and third were what the policy would have shown.
    assert replay([1, 1, 0], [True, False, True]).estimate == 0.5


def test_clip_bounds_the_weights() -> None:
    """No weight above the clip."""
    assert importance_weights([1.0, 0.1], [0.01, 0.5], clip=5).tolist() == [5.0, 0.2]


def test_intervals_cover_the_value_of_another_policy() -> None:
    """Three actions shown uniformly, rates .1 .2 .3: the policy (.1, .2, .7) is worth .26."""
    rng, rates, policy = np.random.default_rng(2), np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.2, 0.7])
    action = rng.integers(0, 3, 50_000)
    reward = rng.random(50_000) < rates[action]
    weights = importance_weights(policy[action], np.full(50_000, 1 / 3))
    model = np.array([0.12, 0.15, 0.35])
    modelled, expected = model[action], np.full(50_000, policy @ model)
    with_model = doubly_robust(reward, weights, modelled, expected)
    assert direct_method(expected).estimate == pytest.approx(0.287)
    assert replay(reward, action == 2).estimate == pytest.approx(0.3, abs=0.01)
    for interval in (ips(reward, weights), snips(reward, weights), with_model):
        assert interval.lower < policy @ rates < interval.upper
        assert interval.upper - interval.lower < 0.03


def test_broken_input_is_named() -> None:
    """Rules of the inputs."""
    with pytest.raises(ValueError, match=r"\(0, 1\]"):
        importance_weights([0.5], [0.0])
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        importance_weights([1.5], [0.5])
    with pytest.raises(ValueError, match="clip"):
        importance_weights([0.5], [0.5], clip=0)
    with pytest.raises(ValueError, match="equal lengths"):
        importance_weights([0.5], [0.5, 0.5])
    with pytest.raises(ValueError, match="switch_at"):
        switch_doubly_robust([1.0], np.ones(1), [0.5], [0.5], -1)
    with pytest.raises(ValueError, match="equal lengths"):
        doubly_robust([1.0], np.ones(1), [0.5, 0.5], [0.5])
    with pytest.raises(ValueError, match="never shows"):
        snips([1.0], np.zeros(1))
    with pytest.raises(ValueError, match="equal lengths"):
        ips([1.0, 0.0], np.ones(1))


@pytest.mark.data
@pytest.mark.skipif(not MEN.is_dir(), reason=f"{MEN} is missing: set UPSHELF_DATA")
def test_thompsons_value_from_the_random_log_of_a_real_shop() -> None:
    """Open Bandit, men's campaign: each estimate to 1e-9 of its formula, row by row; intervals hold the logged CTR."""
    place = ["item_id", "position"]
    random, thompson = (pl.read_parquet(MEN / f"{name}.parquet") for name in ("random", "bts"))
    shares = (
        thompson.group_by("position", "item_id")
        .len()
        .with_columns(share=pl.col("len") / pl.sum("len").over("position"))
    )
    clicks = random.group_by("item_id").agg(rate=(pl.col("click").sum() + 0.5) / (pl.len() + 100))
    of_policy = (
        shares.join(clicks, on="item_id").group_by("position").agg(expected=(pl.col("share") * pl.col("rate")).sum())
    )
    rows = (
        random.join(shares.select(*place, "share"), on=place, how="left")
        .join(clicks, on="item_id")
        .join(of_policy, on="position")
    )
    target = rows["share"].fill_null(0.0).to_numpy()
    reward, modelled, expected = (rows[name].to_numpy().astype(float) for name in ("click", "rate", "expected"))
    weights = importance_weights(target, rows["propensity_score"].to_numpy())
    found = {
        "ips": ips(reward, weights),
        "snips": snips(reward, weights),
        "dm": direct_method(expected),
        "dr": doubly_robust(reward, weights, modelled, expected),
        "switch": switch_doubly_robust(reward, weights, modelled, expected, 5.0),
    }
    each = list(zip(reward.tolist(), weights.tolist(), modelled.tolist(), expected.tolist(), strict=True))
    by_hand = {
        "ips": sum(w * r for r, w, _, _ in each) / len(each),
        "snips": sum(w * r for r, w, _, _ in each) / sum(w for _, w, _, _ in each),
        "dm": sum(e for *_, e in each) / len(each),
        "dr": sum(e + w * (r - q) for r, w, q, e in each) / len(each),
        "switch": sum(e + (w * (r - q) if w <= 5 else 0) for r, w, q, e in each) / len(each),
    }
    assert {name: value.estimate for name, value in found.items()} == pytest.approx(by_hand, abs=1e-9)
    logged = thompson["click"].to_numpy().mean()
    assert all(found[name].lower < logged < found[name].upper for name in ("ips", "snips", "dr"))
