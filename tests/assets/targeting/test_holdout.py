"""The holdout of a campaign of three arms, one of which could not be learned, and its strategies."""

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.arm_model import ArmModel
from assets.models.uplift.holdout import is_holdout
from assets.models.uplift.targeting.simulation import Simulation
from assets.models.uplift.uplift_scores import arm_column, arm_names, arms_p_control
from assets.targeting.holdout import arm_rows
from benchmarks.uplift.arm_world import ARM_PRICES, arm_world
from evaluation.policy_value.roi import StrategyResult
from evaluation.policy_value.roi_holdout import Holdout

POPULATION = 10_000


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    """The holdout with the effects of mail and voucher; every other exposure has its propensity on record."""
    frame = arm_world(12_000, seed=8).frame.with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0).then("arm_propensity").alias("arm_propensity")
    )
    held = frame.filter(pl.Series(is_holdout(frame["user_id"])))
    model = ArmModel.fit(frame, arms=["mail", "voucher"], control="control", features=(), replicas=0)
    figures = dict.fromkeys(("uplift", "p_control", "p_treated", "response"), pl.lit(0.1))
    known = held.select("outcome", "treatment", "propensity", "revenue", pl.lit(1.0).alias("upper"), **figures)
    return pl.concat([known, arm_rows(held, model, "control")], how="horizontal")


def strategies(rows: pl.DataFrame, budget: float | None, estimator: str = "ipw") -> dict[str, StrategyResult]:
    """Those of the arms by name."""
    simulation = Simulation(Holdout.of_frame(rows), rows, ARM_PRICES, POPULATION)
    return {r.strategy: r for r in simulation.strategies(budget, estimator) if r.strategy not in simulation.pooled}


def test_an_arm_that_was_not_learned_has_no_effect_and_known_odds(rows: pl.DataFrame) -> None:
    """It changes nothing, so it is never planned; an exposure without a propensity has its arm's share."""
    assert arm_names(rows) == ("mail", "text", "voucher")
    assert rows[arm_column("uplift", "text")].unique().to_list() == [0.0]
    np.testing.assert_array_equal(rows[arm_column("p_treated", "text")].to_numpy(), arms_p_control(rows))
    texts = rows.filter(pl.col("arm") == "text")
    odds = sorted([0.2, texts.height / rows.height])
    assert texts["arm_propensity"].unique().sort().to_list() == pytest.approx(odds)


@pytest.mark.parametrize("estimator", ["ipw", "aipw"])
def test_every_arm_is_valued_and_the_optimiser_pays(rows: pl.DataFrame, estimator: str) -> None:
    """Also the arm that was not learned; contacts of everyone are the population, and the plan earns."""
    found = strategies(rows, None, estimator)
    assert list(found) == ["everyone_gets_mail", "everyone_gets_text", "everyone_gets_voucher", "optimiser"]
    assert found["everyone_gets_text"].contacts == POPULATION
    assert found["everyone_gets_text"].cost == pytest.approx(0.3 * POPULATION)
    assert 0 < found["optimiser"].contacts < POPULATION
    assert found["optimiser"].profit.estimate > max(0.0, found["everyone_gets_text"].profit.estimate)


def test_the_budget_is_that_of_the_population(rows: pl.DataFrame) -> None:
    """Planned on a few thousand rows, it is spent on ten thousand users; none is spent of nothing."""
    spent = {budget: strategies(rows, budget)["optimiser"] for budget in (0.0, 200.0)}
    assert spent[0.0].contacts == 0
    assert spent[0.0].roi is None
    # Mail alone is sent on so little, and its cost is certain.
    assert spent[200.0].cost == pytest.approx(200, rel=0.01)


def test_the_curve_ends_with_the_best_plan_at_each_budget(rows: pl.DataFrame) -> None:
    """Strategies of any contact budget by budget, then the optimiser as `strategies` values it."""
    points = Simulation(Holdout.of_frame(rows), rows, ARM_PRICES, POPULATION).curve([0.0, 200.0])
    assert [(budget, result.strategy) for budget, result in points[-2:]] == [(0.0, "optimiser"), (200.0, "optimiser")]
    assert points[-1][1] == strategies(rows, 200.0)["optimiser"]
