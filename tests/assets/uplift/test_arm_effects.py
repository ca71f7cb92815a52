"""The effects of several arms as an asset: scored users, and the reasons why there are none."""

from pathlib import Path

import polars as pl
import pytest

from assets.uplift.arm_effects import arm_effects, arm_model, arm_scores
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Arm
from resources.tables import TABLES, USER_FEATURES
from tests.assets.one_asset import run
from tests.assets.uplift.exposures import DAY, shop, three_arms


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    """A day whose uplift model is there, with the users of the trial as profiles."""
    store, lake, rows = ModelStore(tmp_path / "models"), Lake(str(tmp_path / "lake")), three_arms()
    with store.writing("uplift_model", DAY):
        pass
    lake.replace_partition("ad_frame", rows, DAY, DAY)
    profiles = rows.unique("user_id").select("user_id", *USER_FEATURES, "numeric", "categorical").head(50)
    profiles = profiles.with_columns(pl.lit(DAY).alias("day")).select(list(TABLES["user_profiles"]))
    lake.replace_partition("user_profiles", profiles, DAY, DAY)
    return store


def test_every_user_is_scored_by_every_arm_that_was_sent(tmp_path: Path, models: ModelStore) -> None:
    """Sorted by user; the model behind the scores is kept."""
    sent = {name for name in three_arms()["arm"].unique() if name != "control"}
    declared = {name: Arm() for name in sent}
    assert run(arm_effects, DAY, home=tmp_path, shop=shop(arms=declared)).success
    scores = arm_scores(models, DAY)
    assert scores.height == 50
    assert scores["user_id"].is_sorted()
    assert set(arm_model(models, DAY).arms) == sent


@pytest.mark.parametrize(
    ("arms", "reason"),
    [({}, r"declares no \[campaign.arms\]"), ({"fax": Arm(), "telex": Arm()}, "0 users of the arm fax")],
)
def test_without_arms_the_reason_is_given(
    tmp_path: Path, models: ModelStore, arms: dict[str, Arm], reason: str
) -> None:
    """None declared, none sent."""
    assert run(arm_effects, DAY, home=tmp_path, shop=shop(arms=arms)).success
    with pytest.raises(Unavailable, match=reason):
        arm_scores(models, DAY)
