"""How much of the gain that could be had the chosen model, each learner and the peers reach, on trials drawn at random.

Run as ``python -m benchmarks.uplift.drawn`` (``--trials N``). One data set tells which learner suits it;
this tells which one suits a shop whose data nobody has seen, and so what each weighs before any are seen (`PRIOR`). In
each of `benchmarks.uplift.drawn_trials` the true effects are known, so nothing is estimated: the share is that of
the mean gain over all depths of targeting, and of the gain of the best 30 % of users, above targeting at random, of
what the true effects themselves would reach. Below the table stands how many users' 95 % intervals hold their true
effect.
"""

import argparse
import time
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.models.uplift.arm_model import ArmModel
from assets.models.uplift.learners.nuisances import Nuisances
from assets.models.uplift.learners.uplift_learners import CANDIDATES, learner_named
from assets.models.uplift.uplift_model import UpliftModel, trial_sample
from assets.models.uplift.uplift_scores import arm_column
from benchmarks.uplift.drawn_trials import DrawnTrial, drawn_trial
from benchmarks.uplift.peers import peer_scores
from evaluation.arrays import Floats

__all__ = ["TrialFigures", "arm_coverage", "figures_of_trial", "frame_of_numbers", "main", "share_of_gain"]

TRIALS = 20
TOP = 0.3
_PEERS = (
    "causalml T logistic",
    "causalml X logistic",
    "causalml DR logistic",
    "causalml S lgbm",
    "causalml T lgbm",
    "causalml X lgbm",
    "causalml DR lgbm",
    "causalml R lgbm",
    "sklift class logistic",
    "sklift class lgbm",
)


class TrialFigures(NamedTuple):
    """Figures of one trial, among users that are not in it."""

    shares: dict[str, tuple[float, float]]
    """Name -> `share_of_gain` of the chosen model, the response model, learners and peers."""
    covered: float
    """Share of users whose true effect is in the chosen model's 95 % interval."""
    arm_covered: float
    """Share of users whose true effect is in the 95 % interval of the model of several arms, given this one arm."""


def share_of_gain(score: Floats, effect: Floats) -> tuple[float, float]:
    """Shares of the attainable gain above random, over all depths and at the best 30 %: 1 is perfect, 0 random.

    Args:
        score: to rank users by, float64[n]; equal ones keep their order.
        effect: true effects, not all equal, float64[n].
    """

    def gains(by: Floats) -> Floats:
        ranked = effect[np.argsort(-by, kind="stable")]
        above = np.cumsum(ranked) - effect.mean() * np.arange(1, effect.size + 1)
        return np.array([above.mean(), above[int(TOP * effect.size) - 1]])

    overall, top = gains(score) / gains(effect)
    return float(overall), float(top)


def figures_of_trial(
    trial: DrawnTrial, seed: int, *, learners: tuple[str, ...] = CANDIDATES, peers: tuple[str, ...] = _PEERS
) -> TrialFigures:
    """Fit the chosen model, as a shop does, each of ``learners`` alone, and peers; measure all on the fresh users."""
    frame = frame_of_numbers(trial.X).with_columns(
        treatment=pl.Series(trial.treatment.astype(np.int8)), outcome=pl.Series(trial.outcome.astype(np.int8))
    )
    fresh = frame_of_numbers(trial.fresh).with_columns(
        pl.lit(0, dtype=pl.Int8).alias("treatment"), pl.lit(0, dtype=pl.Int8).alias("outcome")
    )
    model = UpliftModel.fit(frame, features=(), seed=seed, holdout=False)
    scored = model.score(fresh)
    uplift, lower, upper = (scored[name].to_numpy() for name in ("uplift", "lower", "upper"))
    scores = {"chosen": uplift, "response": model.response(fresh)}
    sample, other = trial_sample(frame, model.design), model.design.matrix(fresh)
    shared = Nuisances(sample, seed)
    scores |= {name: learner_named(name).fit(sample, seed, shared).predict(other).uplift for name in learners}
    for name in peers:
        scores[name] = peer_scores(name, sample.X, sample.treatment, sample.outcome, other)
    return TrialFigures(
        {name: share_of_gain(score, trial.effect) for name, score in scores.items()},
        float(np.mean((lower <= trial.effect) & (trial.effect <= upper))),
        arm_coverage(trial, seed),
    )


def arm_coverage(trial: DrawnTrial, seed: int) -> float:
    """Share of the fresh users whose true effect is in the 95 % interval of an `ArmModel` of the trial's one arm."""
    frame = frame_of_numbers(trial.X).with_columns(
        arm=pl.Series(np.where(trial.treatment == 1, "ad", "control")),
        outcome=pl.Series(trial.outcome.astype(np.int8)),
        arm_propensity=pl.lit(0.5),
    )
    model = ArmModel.fit(frame, arms=["ad"], control="control", features=(), seed=seed)
    scored = model.score(frame_of_numbers(trial.fresh))
    lower, upper = (scored[arm_column(name, "ad")].to_numpy() for name in ("lower", "upper"))
    return float(np.mean((lower <= trial.effect) & (trial.effect <= upper)))


def frame_of_numbers(X: Floats) -> pl.DataFrame:
    """The uplift frame of a shop that brings numbers alone."""
    values = pl.DataFrame(X, schema=[f"v{number}" for number in range(1, X.shape[1] + 1)], orient="row")
    return values.select(
        pl.format("u{}", pl.int_range(pl.len())).alias("user_id"),
        pl.concat_list(
            pl.struct(pl.lit(name).alias("name"), pl.col(name).alias("value")) for name in values.columns
        ).alias("numeric"),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Uplift on trials drawn at random, beside causalml and scikit-uplift")
    parser.add_argument("--trials", type=int, default=TRIALS)
    trials, started, table = max(2, parser.parse_args().trials), time.process_time(), []
    for seed in range(trials):
        table.append(figures_of_trial(drawn_trial(seed), seed))
        print(f"trial {seed + 1} of {trials}: chosen {table[-1].shares['chosen'][0]:.2f} of the gain", flush=True)
    print(f"\n{trials} trials drawn at random, {time.process_time() - started:.0f} s CPU")
    print(f"{'share of the gain':24}{'all depths':>12}{'best 30 %':>12}   chosen minus this, with its standard error")
    values = {name: np.array([figures.shares[name] for figures in table]) for name in table[0].shares}
    for name in sorted(values, key=lambda name: -float(values[name][:, 0].mean())):
        mean, ahead = values[name].mean(axis=0), values["chosen"] - values[name]
        error = ahead.std(axis=0, ddof=1) / np.sqrt(trials)
        told = "  ".join(f"{d:+.3f} ± {e:.3f}" for d, e in zip(ahead.mean(axis=0), error, strict=True))
        print(f"{name:24}{mean[0]:12.3f}{mean[1]:12.3f}   {told}", flush=True)
    for who, shares in (
        ("users' intervals", [figures.covered for figures in table]),
        ("users' intervals by the model of several arms", [figures.arm_covered for figures in table]),
    ):
        print(f"true effects in {who}, 95 %: {np.mean(shares):.1%}, in the trial with the fewest {min(shares):.1%}")


if __name__ == "__main__":
    main()
