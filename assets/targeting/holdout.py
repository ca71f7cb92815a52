"""The campaign's holdout with its scores, as strategies are simulated on it.

What belongs here: one row an exposure. What does not: the simulation (`assets.models.uplift.targeting.simulation`).
"""

import numpy as np
import polars as pl

from assets.models.uplift.arm_model import ArmModel
from assets.models.uplift.uplift_model import UpliftModel
from assets.models.uplift.uplift_scores import ARM_FIGURES, arm_column, arms_p_control

__all__ = ["arm_rows", "holdout_rows"]


def holdout_rows(held: pl.DataFrame, model: UpliftModel, arms: ArmModel | None, control: str) -> pl.DataFrame:
    """The columns of `evaluation.policy_value.roi_holdout.Holdout`, and where ``arms`` is given those of `arm_rows`.

    Args:
        held: as `assets.uplift.campaign.holdout_frame`.
        model: of a contact as the trial dealt it out.
        arms: of the effects of several arms.
        control: name of the control.
    """
    treated_share = held["treatment"].cast(pl.Float64).mean()
    scores = model.score(held).drop("user_id")
    rows = pl.concat([held, scores], how="horizontal").select(
        "outcome",
        "treatment",
        pl.col("propensity").fill_null(pl.lit(treated_share)),
        "revenue",
        "uplift",
        "p_control",
        "p_treated",
        pl.Series("response", model.response(held)),
    )
    if arms is None:
        return rows
    return pl.concat([rows, scores.select("upper"), arm_rows(held, arms, control)], how="horizontal")


def arm_rows(held: pl.DataFrame, model: ArmModel, control: str) -> pl.DataFrame:
    """Arm, arm_propensity and the scores of each arm, in the order of the exposures.

    An arm whose effect could not be learned has an effect of 0: it is valued all the same, and never planned.
    """
    scores = model.score(held).drop("user_id")
    p_control = arms_p_control(scores)
    arms = sorted(set(held["arm"]) - {control})
    unknown = {
        arm_column(figure, arm): pl.Series(p_control if figure == "p_treated" else np.zeros(held.height))
        for arm in arms
        if arm not in model.arms
        for figure in ARM_FIGURES
    }
    columns = [arm_column(figure, arm) for arm in arms for figure in ARM_FIGURES]
    share = pl.len().over("arm") / held.height
    known = held.select("arm", pl.col("arm_propensity").fill_null(share))
    return pl.concat([known, scores.with_columns(**unknown).select(columns)], how="horizontal")
