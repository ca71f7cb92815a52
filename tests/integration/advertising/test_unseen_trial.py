"""A randomised trial that the product has never seen, from a ``shop.toml`` alone to a release that targets by uplift.

One table, no events, no products: what is not there is named as missing, and the rest works.
"""

import json
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from assets.models.manifest import REPORTS
from assets.models.uplift.holdout import is_holdout
from assets.models.uplift.uplift_model import UpliftModel
from resources.shop import Shop
from tests.integration.advertising.unseen_trial import DAY, LAST, UnseenTrial, write_unseen_trial
from tests.integration.home import Pipeline

USERS = 80_000


class Ran(NamedTuple):
    """The trial and the pipeline that it went through."""

    trial: UnseenTrial
    pipeline: Pipeline


@pytest.fixture(scope="module")
def ran(make_pipeline: Callable[..., Pipeline], tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """All days, then the models as of the last."""
    trial = write_unseen_trial(tmp_path_factory.mktemp("trial"), USERS, seed=1)
    pipeline = make_pipeline(trial.folder)
    pipeline.run(f"tables:{DAY}:{LAST}", f"models:{LAST}")
    return Ran(trial, pipeline)


def test_the_shop_is_declared_by_one_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It is read without complaint, and about 1 % of the users buy."""
    trial = write_unseen_trial(tmp_path_factory.mktemp("trial"), 20_000, seed=0)
    shop = Shop.load(trial.folder / "shop.toml")
    assert [table for table in ("events", "products") if shop.has(table)] == []
    bought = pl.read_parquet(trial.folder / "trial.parquet")["bought"].to_numpy()
    assert 0.005 < bought.mean() < 0.02


@pytest.mark.slow
def test_the_frame_is_the_trial(ran: Ran) -> None:
    """Every user is in the frame once, in the arm and with the outcome of the file."""
    frame = ran.pipeline.lake.read("ad_frame").select("user_id", "treatment", "outcome").sort("user_id")
    file = pl.read_parquet(ran.trial.folder / "trial.parquet")
    wanted = file.select(pl.col("customer").alias("user_id"), treatment="treated", outcome="bought").sort("user_id")
    assert frame.cast({"treatment": pl.Int8, "outcome": pl.Int8}).equals(wanted)


@pytest.mark.slow
def test_the_model_beats_response_targeting_on_the_holdout(ran: Ran) -> None:
    """The paired 95 % interval of the report's Qini difference lies above 0."""
    path = ran.pipeline.release_folder(LAST) / REPORTS / "uplift_report" / "uplift.json"
    scores = json.loads(path.read_text(encoding="utf-8"))["scores"]
    assert scores["response"]["model_minus_this"]["lower"] > 0


@pytest.mark.slow
def test_the_model_finds_the_known_effects(ran: Ran) -> None:
    """Among held-out users, what targeting by the score gains in truth: far more than by response, most of the best."""
    model = UpliftModel.load(ran.pipeline.home / "models" / "uplift_model" / LAST)
    profiles = ran.pipeline.lake.read("user_profiles", LAST, LAST).join(ran.trial.effect, on="user_id")
    held = profiles.filter(pl.Series(is_holdout(profiles["user_id"])))
    effect = held["effect"].to_numpy()

    def gain(score: np.ndarray) -> float:
        """Mean true gain over all depths of targeting, above random."""
        ranked = effect[np.argsort(-score, kind="stable")]
        return float(np.mean(np.cumsum(ranked) - effect.mean() * np.arange(1, effect.size + 1)))

    best, found, response = gain(effect), gain(model.score(held)["uplift"].to_numpy()), gain(model.response(held))
    assert found > 0.6 * best
    assert found > response + 0.3 * best


@pytest.mark.slow
def test_the_release_says_what_is_missing(ran: Ran) -> None:
    """Uplift of every user is served; modules whose input the trial lacks say why."""
    release = ran.pipeline.champion()
    assert release.segments is not None
    assert len(release.segments) == USERS
    assert release.roi_simulation is not None
    assert {"co_purchase", "session_model", "category_recommendations", "banner_priors"} <= set(
        release.manifest.unavailable
    )
    assert all(release.manifest.unavailable.values())
