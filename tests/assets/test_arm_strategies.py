"""Strategies of a campaign of three arms, one of which could not be learned."""

import msgspec
import numpy as np
import polars as pl
import pytest

from assets.arm_strategies import arm_holdout, arm_strategies
from assets.models.uplift.arm_model import ArmModel
from assets.models.uplift.holdout import is_holdout
from assets.models.uplift.uplift_scores import arm_column, arms_p_control, told_apart
from assets.partitions import SHOP
from evaluation.benchmarks.arm_world import ARM_COSTS, MARGIN, REVENUE, arm_world
from resources.model_store import ModelStore
from resources.shop import Arm, Campaign, Shop

DAY, POPULATION = "2026-01-03", 10_000


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Three arms with their costs; a response is worth what it is in the world."""
    arms = {name: Arm(*costs) for name, costs in ARM_COSTS.items()}
    campaign = Campaign(arms=arms, margin=MARGIN, revenue_per_response=REVENUE)
    return msgspec.structs.replace(SHOP, campaign=campaign)


@pytest.fixture(scope="module")
def rows(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The holdout with the effects of mail and voucher; every other exposure has its propensity on record."""
    frame = arm_world(12_000, seed=8).frame.with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0).then("arm_propensity").alias("arm_propensity")
    )
    held = frame.filter(pl.Series(is_holdout(frame["user_id"])))
    models = ModelStore(tmp_path_factory.mktemp("models"))
    with models.writing("arm_effects", DAY) as folder:
        (folder / "model").mkdir()
        ArmModel.fit(frame, arms=["mail", "voucher"], control="control", replicas=0).save(folder / "model")
    known = held.select("outcome", "revenue", pl.lit(1.0).alias("upper"))
    return pl.concat([known, arm_holdout(models, shop, held, DAY)], how="horizontal")


def test_an_arm_that_was_not_learned_has_no_effect_and_known_odds(rows: pl.DataFrame) -> None:
    """It changes nothing, so it is never planned; an exposure without a propensity has its arm's share."""
    assert told_apart(rows) == ("mail", "text", "voucher")
    assert rows[arm_column("uplift", "text")].unique().to_list() == [0.0]
    np.testing.assert_array_equal(rows[arm_column("p_treated", "text")].to_numpy(), arms_p_control(rows))
    texts = rows.filter(pl.col("arm") == "text")
    odds = sorted([0.2, texts.height / rows.height])
    assert texts["arm_propensity"].unique().sort().to_list() == pytest.approx(odds)


@pytest.mark.parametrize("estimator", ["ipw", "aipw"])
def test_every_arm_is_valued_and_the_optimiser_pays(rows: pl.DataFrame, shop: Shop, estimator: str) -> None:
    """Also the arm that was not learned; contacts of everyone are the population, and the plan earns."""
    found = {r.strategy: r for r in arm_strategies(rows, shop, population=POPULATION, budget=None, estimator=estimator)}
    assert list(found) == ["everyone_gets_mail", "everyone_gets_text", "everyone_gets_voucher", "optimiser"]
    assert found["everyone_gets_text"].contacts == POPULATION
    assert found["everyone_gets_text"].cost == pytest.approx(0.3 * POPULATION)
    assert 0 < found["optimiser"].contacts < POPULATION
    assert found["optimiser"].profit.estimate > max(0.0, found["everyone_gets_text"].profit.estimate)
    assert {r.estimator for r in found.values()} == {estimator}


def test_the_budget_is_that_of_the_population(rows: pl.DataFrame, shop: Shop) -> None:
    """Planned on a few thousand rows, it is spent on ten thousand users; none is spent of nothing."""
    spent = {b: arm_strategies(rows, shop, population=POPULATION, budget=b)[-1] for b in (0.0, 200.0)}
    assert spent[0.0].contacts == 0
    assert spent[0.0].roi is None
    # Mail alone is sent on so little, and its cost is certain.
    assert spent[200.0].cost == pytest.approx(200, rel=0.01)
