"""The effects of several arms: of each, on every user, where the campaign declares more than one.

What belongs here: which rows are fitted and scored. What does not: the model (`assets.models.uplift.arm_model`), and
the choice of an arm (`assets.targeting.plan`).
"""

import polars as pl

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import FRAME, SAME_DAY
from assets.models.uplift.arm_model import ArmModel
from assets.models.uplift.uplift_scores import arm_column
from assets.uplift.campaign import campaign_frame
from resources.model_store import ModelStore, Unavailable
from resources.tables import USER_FEATURES

__all__ = ["arm_effects", "arm_model", "arm_scores"]

_SCORES = "scores.arrow"
_MODEL = "model"


def arm_scores(models: ModelStore, day: str) -> pl.DataFrame:
    """Every user's effect of each arm as of ``day``, sorted by user_id (columns as `ArmModel.score`).

    Raises:
        Unavailable: With the reason, if the arms are not told apart.
    """
    return pl.read_ipc(models.require("arm_effects", day) / _SCORES)


def arm_model(models: ModelStore, day: str) -> ArmModel:
    """The model behind them.

    Raises:
        Unavailable: As `arm_scores`.
    """
    return ArmModel.load(models.require("arm_effects", day) / _MODEL)


@daily_model(
    group="uplift", kinds={"lightgbm"}, reads={"uplift_model": SAME_DAY, "user_profiles": SAME_DAY, "ad_frame": FRAME}
)
def arm_effects(at: AsOf) -> Built:
    """Each user's effect of every arm of the campaign with its 95 % interval, fitted without the holdout users.

    An asset of its own: `uplift_model` is about a contact as the trial dealt it out, which reports, segments and drift
    measure, and must not change because arms are told apart. Data flows from there to here to plan, ROI and release.
    An arm of too few responses is left out with its reason; the others go on.
    """
    if not at.shop.campaign.arms:
        raise Unavailable(f"the campaign declares no {at.section[:-1]}.arms]: its arms are one treatment")
    profiles = at.lake.read("user_profiles", at.day, at.day)
    at.model("uplift_model")
    if profiles.is_empty():
        raise Unavailable("no user is known yet")
    model = ArmModel.fit(
        campaign_frame(at.lake, at.shop, at.day),
        arms=sorted(at.shop.campaign.arms),
        control=at.shop.campaign.control,
        features=USER_FEATURES,
    )
    scores = model.score(profiles).sort("user_id")
    (at.folder / _MODEL).mkdir()
    model.save(at.folder / _MODEL)
    scores.write_ipc(at.folder / _SCORES)
    return Built(
        scores.height,
        {
            "trained_rows": model.trained_rows,
            "mean_uplift": {arm: _mean(scores, arm) for arm in model.arms},
            "recalibration": {arm: fix.kind for arm, fix in zip(model.arms, model.recalibrations, strict=True)},
            "arms_left_out": model.skipped,
        },
    )


def _mean(scores: pl.DataFrame, arm: str) -> float:
    return round(float(scores[arm_column("uplift", arm)].to_numpy().mean()), 5)
