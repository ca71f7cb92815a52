"""Three arms against one control: effects, intervals, plans by them, and what is left out, on a known campaign."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.arm_model import ArmModel
from assets.models.uplift.holdout import is_holdout
from assets.models.uplift.targeting.policy import TargetingPlan, plan_targeting
from assets.models.uplift.uplift_scores import arm_column
from assets.models.uplift.uplift_selection import TooFewResponsesError
from benchmarks.uplift.arm_world import ARM_COSTS, ARM_PRICES, MARGIN, REVENUE, ArmWorld, arm_world

ARMS = tuple(ARM_COSTS)
USERS = 20_000


@pytest.fixture(scope="module")
def trial() -> ArmWorld:
    """The campaign that is learned from."""
    return arm_world(16_000, seed=3)


@pytest.fixture(scope="module")
def model(trial: ArmWorld) -> ArmModel:
    """Fitted with few replicas."""
    return ArmModel.fit(trial.frame, arms=ARMS, control="control", features=(), replicas=4)


@pytest.fixture(scope="module")
def fresh() -> ArmWorld:
    """Other users of the same world."""
    return arm_world(USERS, seed=4, prefix="v")


@pytest.fixture(scope="module")
def scores(model: ArmModel, fresh: ArmWorld) -> pl.DataFrame:
    """Their scores."""
    return model.score(fresh.frame)


def figure(scores: pl.DataFrame, name: str, arms: tuple[str, ...] = ARMS) -> np.ndarray:
    """One figure of each arm, [users, arms]."""
    return scores.select(arm_column(name, arm) for arm in arms).to_numpy()


def plan(scores: pl.DataFrame, budget: float | None, arms: tuple[str, ...] = ARMS) -> TargetingPlan:
    """The plan by the scores of some arms."""
    return plan_targeting(
        figure(scores, "uplift", arms),
        figure(scores, "p_treated", arms),
        ARM_PRICES,
        arms,
        budget=budget,
        upper=figure(scores, "upper", arms),
    )


def test_finds_each_effect_with_its_interval(scores: pl.DataFrame, fresh: ArmWorld) -> None:
    """Nearer to the truth than the average effects, means within .02, and most intervals hold it."""
    uplift = figure(scores, "uplift")
    error = np.sqrt(np.mean((uplift - fresh.effect) ** 2, axis=0))
    assert (error < fresh.effect.std(axis=0)).all()
    np.testing.assert_allclose(uplift.mean(axis=0), fresh.effect.mean(axis=0), atol=0.02)
    held = (figure(scores, "lower") <= fresh.effect) & (fresh.effect <= figure(scores, "upper"))
    assert held.mean() > 0.85
    without = figure(scores, "p_treated") - uplift
    np.testing.assert_allclose(without, without[:, :1] * np.ones((1, 3)), atol=1e-12)


@pytest.mark.parametrize("budget", [None, 2_000.0, 500.0])
def test_the_plan_beats_every_single_arm_and_pooled_targeting(
    scores: pl.DataFrame, fresh: ArmWorld, budget: float | None
) -> None:
    """By its true profit: also pooled targeting that knows the true effect of an arm drawn at random."""
    chosen = plan(scores, budget)
    profit = fresh.profit(chosen.arm)
    singles = [
        fresh.profit(np.where(plan(scores, budget, (arm,)).arm >= 0, place, -1)) for place, arm in enumerate(ARMS)
    ]
    net, cost = fresh.net.mean(axis=1), fresh.cost.mean(axis=1)
    best = np.argsort(-net / cost)
    bought = best[(net[best] > 0) & (np.cumsum(cost[best]) <= (np.inf if budget is None else budget))]
    assert profit >= max(singles)
    assert profit > 1.1 * net[bought].sum()
    if budget is None:
        assert profit > 1.3 * max(*singles, *fresh.net.sum(axis=0))
        assert min(chosen.contacts.values()) > 0.02 * USERS


@pytest.mark.parametrize("budget", [None, 2_000.0, 100.0, 0.0])
def test_the_budget_is_kept_and_nothing_is_sent_at_a_loss(scores: pl.DataFrame, budget: float | None) -> None:
    """Spend at most the budget; every contact is expected to earn, and none has an interval below 0."""
    chosen = plan(scores, budget)
    users = np.flatnonzero(chosen.contacted)
    at = (users, chosen.arm[users])
    prices = np.array(list(ARM_COSTS.values()))[chosen.arm[users]]
    cost = prices[:, 0] + prices[:, 1] * figure(scores, "p_treated")[at]
    net = MARGIN * REVENUE * figure(scores, "uplift")[at] - cost
    assert (net > 0).all()
    assert (figure(scores, "upper")[at] >= 0).all()
    assert cost.sum() == pytest.approx(chosen.spend)
    assert chosen.spend <= (np.inf if budget is None else budget)


def test_neither_holdout_nor_order_matters(trial: ArmWorld, model: ArmModel, tmp_path: Path) -> None:
    """Spoilt outcomes of held-out users and shuffled rows give the same files, byte by byte."""
    held = pl.Series(is_holdout(trial.frame["user_id"]))
    spoilt = trial.frame.with_columns(
        pl.when(held).then((pl.col("arm") == "mail").cast(pl.Int8)).otherwise("outcome").alias("outcome")
    )
    again = ArmModel.fit(
        spoilt.sample(fraction=1, shuffle=True, seed=5), arms=ARMS, control="control", features=(), replicas=4
    )
    contents = []
    for name, each in (("a", model), ("b", again)):
        (tmp_path / name).mkdir()
        each.save(tmp_path / name)
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        contents.append({str(p.relative_to(tmp_path / name)): p.read_bytes() for p in files})
    assert contents[0] == contents[1]
    users = trial.frame.head(100)
    assert ArmModel.load(tmp_path / "a").score(users).equals(model.score(users))
    assert model.trained_rows == trial.frame.height - held.sum()


def test_a_small_arm_is_skipped_with_its_reason(trial: ArmWorld) -> None:
    """Ten texts are too few, a letter was never sent: mail and vouchers go on; without controls nothing does."""
    texts = pl.col("arm") == "text"
    frame = trial.frame.filter(~texts | (texts.cum_sum() <= 10)).head(6_000)
    model = ArmModel.fit(frame, arms=("letter", *ARMS), control="control", features=(), replicas=0)
    assert model.arms == ("mail", "voucher")
    assert set(model.skipped) == {"letter", "text"}
    assert "0 users of the arm letter have the outcome" in model.skipped["letter"]
    assert model.score(frame).columns[1:5] == [arm_column(f, "mail") for f in ("uplift", "lower", "upper", "p_treated")]
    with pytest.raises(TooFewResponsesError, match="the control cannot be compared with"):
        ArmModel.fit(frame.filter(pl.col("arm") != "control"), arms=ARMS, control="control", features=())
    with pytest.raises(TooFewResponsesError, match="letter"):
        ArmModel.fit(frame, arms=("letter", "text"), control="control", features=())


def test_skewed_odds_are_undone_logged_or_not() -> None:
    """Vouchers and texts go to the loyal, who buy anyway: mean effects stay right, by the log and by an estimate."""
    world = arm_world(16_000, seed=6)
    rng = np.random.default_rng(7)
    loyal = world.frame["numeric"].list.get(2).struct.field("value").to_numpy()
    odds = np.column_stack([np.full(len(loyal), 0.4), 0.58 - 0.54 * loyal, *[0.01 + 0.27 * loyal] * 2])
    number = (rng.random(len(loyal))[:, None] > np.cumsum(odds, axis=1)).sum(axis=1).clip(0, 3)
    rows = np.arange(len(loyal))
    dealt = world.frame.with_columns(
        pl.Series("arm", np.array(["control", *ARMS])[number]),
        pl.Series("outcome", (rng.random(len(loyal)) < world.probability[rows, number]).astype(np.int8)),
        pl.Series("arm_propensity", np.clip(odds[rows, number], 0.01, 1)),
    )
    crude = [
        float(dealt.filter(pl.col("arm") == arm)["outcome"].mean() or 0)
        - float(dealt.filter(pl.col("arm") == "control")["outcome"].mean() or 0)
        for arm in ARMS
    ]
    truth = world.effect.mean(axis=0)
    assert np.abs(np.array(crude) - truth).max() > 0.035
    for frame in (dealt, dealt.with_columns(pl.lit(None, dtype=pl.Float64).alias("arm_propensity"))):
        model = ArmModel.fit(frame, arms=ARMS, control="control", features=(), replicas=0)
        means = figure(model.score(world.frame), "uplift").mean(axis=0)
        assert np.abs(means - truth).max() < 0.02
