"""The effects of several treatments of one campaign: recalibrated, with an interval for every user and arm.

What belongs here: who is fitted on, propensities that were not logged, recalibration, bootstrap replicas, and files.
What does not: the learner (`assets.models.uplift.learners.arm_learner`) and the choice of an arm
(`assets.models.uplift.targeting.policy`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.holdout import is_holdout, ordered, poisson_of_users
from assets.models.uplift.learners.arm_learner import ArmLearner
from assets.models.uplift.learners.boosting import BinnedColumns
from assets.models.uplift.learners.effects import PROPENSITY_FLOOR, TrialSample
from assets.models.uplift.propensity import estimated_propensity
from assets.models.uplift.recalibration import Recalibration
from assets.models.uplift.uplift_scores import arm_column
from assets.models.uplift.uplift_selection import MIN_CELL_ROWS, TooFewResponsesError
from evaluation.arrays import Floats
from evaluation.policy_value.effect_scores import arm_scores
from evaluation.resampling.normal import Z_95

__all__ = ["ArmModel"]


N_BOOTSTRAP = 12
"""Bootstrap refits behind the intervals: their standard deviation is then known to about 20 %."""
N_FOLDS = 5
"""Parts of the cross-fit that effects are recalibrated by: learners of fewer users would look too bold."""
WIDENED = 1.3
"""What replicas leave out is that learners shrink their effects. So widened, intervals hold about 95 % of the true
effects in trials drawn at random (docs/decisions/0017)."""


@dataclass(frozen=True, slots=True)
class ArmModel:
    """Scores users by the effect of each arm on them."""

    design: AdDesign
    learner: ArmLearner
    replicas: tuple[ArmLearner, ...]
    recalibrations: tuple[Recalibration, ...]
    """One an arm: the largest of several noisy effects is chosen, so effects that are too bold cost money."""
    skipped: dict[str, str]
    """Arms whose effect cannot be learned, each with the reason."""
    trained_rows: int

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose effects are known, sorted."""
        return self.learner.arms

    @classmethod
    def fit(
        cls,
        frame: pl.DataFrame,
        *,
        arms: Sequence[str],
        control: str,
        features: Sequence[str],
        seed: int = 0,
        replicas: int = N_BOOTSTRAP,
    ) -> Self:
        """Learn from all users but those of the holdout (`assets.models.uplift.holdout`).

        Args:
            frame: the uplift frame; user_id, arm, outcome, features, attributes, and arm_propensity, the probability of
                the row's own arm (where it is null it is estimated by a model that never saw the user).
            arms: the treatments to learn.
            control: name of the control arm.
            features: names of the behaviour columns.
            seed: fixes folds, fits and bootstraps.
            replicas: bootstrap refits; 0 gives intervals of width 0.

        Raises:
            TooFewResponsesError: in the control, or in every arm, fewer than `MIN_CELL_ROWS` users have, or lack, the
                outcome. An arm of which that is true beside others is skipped.
        """
        rows = frame.filter(~pl.Series(is_holdout(frame["user_id"]), dtype=pl.Boolean))
        skipped = _too_small(rows, (control, *sorted(arms)))
        if control in skipped:
            raise TooFewResponsesError(f"the control cannot be compared with: {skipped[control]}")
        if not set(arms) - set(skipped):
            raise TooFewResponsesError("; ".join(f"{arm}: {reason}" for arm, reason in skipped.items()))
        rows = rows.filter(pl.col("arm").is_in([control, *(arm for arm in arms if arm not in skipped)]))
        rows, user = ordered(rows)
        design = AdDesign.fit(rows, features)
        X, arm = design.matrix(rows), rows["arm"].to_numpy().astype(np.str_)
        outcome = rows["outcome"].cast(pl.Float64).to_numpy()
        sample = TrialSample.of(X, (arm != control).astype(np.float64), outcome, None, user=user)
        observed = _observed_propensity(rows["arm_propensity"].to_numpy(), arm, sample, seed)
        binned = BinnedColumns.of(X)

        def fitted(weight: Floats | None = None) -> ArmLearner:
            return ArmLearner.fit(
                X, arm, outcome, control=control, propensity=observed, weight=weight, binned=binned, seed=seed
            )

        return cls(
            design=design,
            learner=fitted(),
            replicas=tuple(fitted(poisson_of_users(user, seed, number)) for number in range(replicas)),
            recalibrations=_recalibrations(sample, arm, observed, control, seed),
            skipped=skipped,
            trained_rows=rows.height,
        )

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Effects with 95 % intervals: user_id, and per arm the columns of `arm_column`, all float64 shares.

        One row for each row of ``frame``, in its order. uplift = p_treated - p_control, which is the same for all arms.
        The interval is uplift ± 1.96 × `WIDENED` root mean squared distances of the bootstrap replicas to the learner,
        before recalibration, kept within [-1, 1]: what another sample of users would have changed. It holds fewer true
        effects where trees cannot express what decides them.

        Raises:
            ValueError: a feature column that the model was fitted with is missing.
        """
        X = self.design.matrix(frame)
        raw = self.learner.predict(X)
        p_control = raw.p_control[:, None]
        corrected = [fix.apply(raw.uplift[:, place]) for place, fix in enumerate(self.recalibrations)]
        p_treated = np.clip(p_control + np.column_stack(corrected), 0.0, 1.0)
        uplift, half = p_treated - p_control, np.zeros(p_treated.shape)
        if len(self.replicas) > 1:
            away = [replica.predict(X).uplift - raw.uplift for replica in self.replicas]
            half = Z_95 * WIDENED * np.sqrt(np.mean(np.square(away), axis=0))
        figures = {
            "uplift": uplift,
            "lower": np.maximum(uplift - half, -1.0),
            "upper": np.minimum(uplift + half, 1.0),
            "p_treated": p_treated,
        }
        columns = {
            arm_column(figure, arm): values[:, place]
            for place, arm in enumerate(self.arms)
            for figure, values in figures.items()
        }
        return pl.DataFrame({"user_id": frame["user_id"], **columns})

    def save(self, folder: Path) -> None:
        """Write JSON and LightGBM text into an existing, empty folder."""
        self.design.save(folder)
        for number, learner in enumerate((self.learner, *self.replicas)):
            place = folder / f"learner_{number:02d}"
            place.mkdir()
            learner.save(place)
        body = {
            "replicas": len(self.replicas),
            "recalibrations": [fix.to_json() for fix in self.recalibrations],
            "skipped": self.skipped,
            "trained_rows": self.trained_rows,
        }
        (folder / "arm_model.json").write_text(json.dumps(body, indent=1, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        body = json.loads((folder / "arm_model.json").read_text(encoding="utf-8"))
        first, *replicas = (ArmLearner.load(folder / f"learner_{number:02d}") for number in range(1 + body["replicas"]))
        return cls(
            design=AdDesign.load(folder),
            learner=first,
            replicas=tuple(replicas),
            recalibrations=tuple(Recalibration.from_json(fix) for fix in body["recalibrations"]),
            skipped=body["skipped"],
            trained_rows=body["trained_rows"],
        )


def _too_small(rows: pl.DataFrame, arms: Sequence[str]) -> dict[str, str]:
    """Arms with fewer than `MIN_CELL_ROWS` users who have, or who lack, the outcome, each with what there is."""
    users = rows.group_by("arm", "outcome").agg(pl.col("user_id").n_unique().alias("users"))
    counts = {(arm, outcome): count for arm, outcome, count in users.iter_rows()}
    reasons = {}
    for arm in arms:
        silent, responded = counts.get((arm, 0), 0), counts.get((arm, 1), 0)
        if min(silent, responded) < MIN_CELL_ROWS:
            reasons[arm] = (
                f"{responded} users of the arm {arm} have the outcome and {silent} lack it, at least {MIN_CELL_ROWS} "
                "of either are needed: run the trial longer, or check the arm's name"
            )
    return reasons


def _observed_propensity(logged: Floats, arm: NDArray[np.str_], sample: TrialSample, seed: int) -> Floats:
    """The logged probability of each row's own arm, and where there is none a cross-fitted estimate, float64[n]."""
    missing = np.isnan(logged)
    if not missing.any():
        return logged
    names = np.unique(arm)
    chance = np.empty((len(arm), names.size))
    for place, name in enumerate(names):
        one = replace(sample, treatment=(arm == name).astype(np.float64))
        chance[:, place] = np.clip(estimated_propensity(one, seed=seed), PROPENSITY_FLOOR, 1.0)
    chance /= chance.sum(axis=1, keepdims=True)
    return np.where(missing, chance[np.arange(len(arm)), np.searchsorted(names, arm)], logged)


def _recalibrations(
    sample: TrialSample, arm: NDArray[np.str_], observed: Floats, control: str, seed: int
) -> tuple[Recalibration, ...]:
    """The correction of each arm's effects, by predictions for users that the learner did not see."""
    part = sample.parts(N_FOLDS, seed)
    names = sorted(set(arm.tolist()) - {control})
    p_control, uplift = np.empty(len(arm)), np.empty((len(arm), len(names)))
    for number in range(N_FOLDS):
        away, here = part != number, part == number
        learner = ArmLearner.fit(
            sample.X[away], arm[away], sample.outcome[away], control=control, propensity=observed[away], seed=seed
        )
        effects = learner.predict(sample.X[here])
        p_control[here], uplift[here] = effects.p_control, effects.uplift
    predicted = np.column_stack([p_control, p_control[:, None] + uplift])
    places = np.where(arm == control, 0, np.searchsorted(names, arm) + 1)
    scores = arm_scores(sample.outcome, places, np.maximum(observed, PROPENSITY_FLOOR), predicted)
    return tuple(
        Recalibration.chosen(uplift[:, place], scores[:, place + 1] - scores[:, 0], user=sample.user, seed=seed)
        for place in range(len(names))
    )
