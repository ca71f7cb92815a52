"""Does a step in one attribute come out: named in the table, its users persuadable, the Qini above 0?

Run as ``python -m benchmarks.uplift.steps`` (``--trials N``), on `benchmarks.uplift.step_trials`; and on as many trials
without any effect, in which no group may be named.
"""

import argparse
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.models.uplift.holdout import is_holdout
from assets.models.uplift.segments import assign_segments, shown_effects
from assets.models.uplift.uplift_model import UpliftModel
from benchmarks.uplift.drawn import frame_of_numbers
from benchmarks.uplift.step_trials import StepTrial, step_trial
from evaluation.arrays import Floats
from evaluation.experiment.average_effect import GroupEffect
from evaluation.experiment.who_responds import who_responds
from evaluation.policy_value.effect_scores import effect_scores
from evaluation.uplift.intervals import qini_interval

__all__ = ["StepFigures", "main", "named", "step_figures"]

TRIALS = 100
FIRST = 5_000
"""Seed of the first trial; none below was drawn to choose anything."""
_CLEAR = 0.05


class StepFigures(NamedTuple):
    """What came out of a trial with a step."""

    is_named: bool
    """The first group that is named is of the step's attribute."""
    persuadable: float
    """Share of the step's users who are persuadable."""
    qini: float
    """Lower bound of the Qini coefficient on the users held out."""
    cross_validated: float
    """The same on all others, each by models that were not trained on them."""
    covered: float
    """Share of users whose true effect is in their interval."""


def named(trial: StepTrial) -> list[GroupEffect]:
    """The groups that respond unlike others beyond chance, the clearest first."""
    means = (np.full(len(trial.X), trial.outcome[trial.treatment == arm].mean()) for arm in (0, 1))
    scores = effect_scores(trial.outcome, trial.treatment, np.full(len(trial.X), 0.5), *means)
    return [group for group in who_responds(scores, _numbers(trial), {}) if group.p_value < _CLEAR]


def _numbers(trial: StepTrial) -> dict[str, Floats]:
    return {f"v{number}": column for number, column in enumerate(trial.X.T, start=1)}


def step_figures(trial: StepTrial, seed: int) -> StepFigures:
    """Fit the model, as a shop does, and measure it."""
    frame = frame_of_numbers(trial.X).with_columns(
        treatment=pl.Series(trial.treatment.astype(np.int8)), outcome=pl.Series(trial.outcome.astype(np.int8))
    )
    model = UpliftModel.fit(frame, features=(), seed=seed)
    scores, groups = model.score(frame), named(trial)
    segment = assign_segments(scores, model.base_rate, shown_effects(groups, _numbers(trial), {}))
    uplift, lower, upper = scores.select("uplift", "lower", "upper").to_numpy().T
    held = is_holdout(frame["user_id"])
    qini = qini_interval(trial.outcome[held], trial.treatment[held], uplift[held])
    return StepFigures(
        [group.attribute for group in groups[:1]] == [f"v{trial.step + 1}"],
        float((segment == "persuadable").to_numpy()[trial.inside].mean()),
        qini.lower,
        float("nan") if model.cross_validated is None else model.cross_validated.lower,
        float(np.mean((lower <= trial.effect) & (trial.effect <= upper))),
    )


def main() -> None:
    """Print the shares of trials."""
    parser = argparse.ArgumentParser(description="Steps in one attribute of 2,500 users")
    parser.add_argument("--trials", type=int, default=TRIALS)
    seeds = range(FIRST, FIRST + parser.parse_args().trials)
    found = [step_figures(step_trial(seed), seed) for seed in seeds]
    print(
        f"{len(found)} trials of 2,500 users with a step of 15 to 20 points in one attribute; share of trials in which"
    )
    print(f"  the step's attribute is named          {np.mean([of.is_named for of in found]):.0%}")
    print(f"  most of its users are persuadable      {np.mean([of.persuadable > 0.5 for of in found]):.0%}")
    print(f"  Qini of the holdout is above 0         {np.mean([of.qini > 0 for of in found]):.0%}")
    print(f"  Qini by cross-validation is above 0    {np.mean([of.cross_validated > 0 for of in found]):.0%}")
    print(f"true effects in users' intervals, 95 %   {np.mean([of.covered for of in found]):.1%}")
    silent = [not named(step_trial(seed, step=False)) for seed in seeds]
    print(f"trials without any effect in which no group is named   {np.mean(silent):.0%}")


if __name__ == "__main__":
    main()
