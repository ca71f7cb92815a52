"""Our T-, X- and DR-learners on a simulated trial of 1 M × 12: CPU against bare LightGBM, errors against causalml's.

Run as ``OMP_NUM_THREADS=1 python -m benchmarks.uplift.learners`` (``--rows`` to shrink, ``--runs``). CPU is
that of the process, runs of either side take turns, and the median counts. Bare LightGBM and causalml have the same
booster parameters, one thread, and the propensity given.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from assets.models.uplift.learners.boosting import TREES, booster_parameters
from assets.models.uplift.learners.direct_learners import DRTrees, RTrees
from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.learners.tree_learners import TTrees, XTrees
from evaluation.arrays import Floats

__all__ = ["causalml_effects", "main", "simulated", "speed"]

COLUMNS = 12
FOREIGN_KEYS = {"min_data_in_leaf": "min_child_samples", "lambda_l2": "reg_lambda", "num_threads": "n_jobs"}
"""LightGBM's names and those of its scikit-learn interface."""


class Trial(NamedTuple):
    """A sample and its true effects float64[n]."""

    sample: TrialSample
    effect: Floats


def simulated(rows: int, seed: int) -> Trial:
    """Half treated; effects vary by three columns, the outcome (mean about 0.3) by three others and one of them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, COLUMNS))
    effect = 0.08 + 0.06 * np.tanh(X[:, 0]) + 0.04 * (X[:, 1] > 0) - 0.05 * (X[:, 2] > 1)
    p_control = 0.05 + 0.4 / (1 + np.exp(-(0.8 * X[:, 3] + 0.5 * X[:, 4] * (X[:, 5] > 0) + 0.4 * X[:, 0])))
    treatment = (rng.random(rows) < 0.5).astype(np.float64)
    outcome = (rng.random(rows) < p_control + effect * treatment).astype(np.float64)
    return Trial(TrialSample.of(X, treatment, outcome, np.full(rows, 0.5)), effect)


def _bare(sample: TrialSample, fits: tuple[tuple[int, str], ...]) -> None:
    """What anyone would write: a Dataset of an arm's rows and a fit, once for each (arm, objective)."""
    import lightgbm

    for arm, objective in fits:
        rows = sample.treatment == arm
        labels, rarer = sample.outcome[rows], float(sample.outcome.mean())
        parameters = booster_parameters(int(rows.sum()), min(rarer, 1 - rarer), objective=objective, seed=0)
        lightgbm.train(parameters, lightgbm.Dataset(sample.X[rows], label=labels), num_boost_round=TREES)


def _cpu(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def speed(sample: TrialSample, runs: int) -> dict[str, tuple[float, float]]:
    """Median CPU seconds (ours, bare LightGBM) of the T-learner and two fits, of the X-learner and four fits."""
    two = ((0, "binary"), (1, "binary"))
    four = (*two, (0, "regression"), (1, "regression"))
    taken: dict[str, list[tuple[float, float]]] = {"T": [], "X": []}
    for _ in range(runs):
        taken["T"].append((_cpu(lambda: TTrees.fit(sample)), _cpu(lambda: _bare(sample, two))))
        taken["X"].append((_cpu(lambda: XTrees.fit(sample)), _cpu(lambda: _bare(sample, four))))
    medians = {name: np.median(pairs, axis=0) for name, pairs in taken.items()}
    return {name: (float(median[0]), float(median[1])) for name, median in medians.items()}


def causalml_effects(name: str, sample: TrialSample, other: Floats) -> Floats:
    """Effects of ``other`` by one of causalml's learners on boosters with our parameters, float64[len(other)].

    Args:
        name: BaseXRegressor, BaseDRRegressor, BaseDRClassifier or BaseXClassifier.
        sample: to fit to.
        other: features float64[m, p].
    """
    import lightgbm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks of its dependencies
        from causalml.inference import meta

        rarer = float(sample.outcome.mean())
        own = booster_parameters(int((sample.treatment == 0).sum()), min(rarer, 1 - rarer), objective="x", seed=0)
        keys = {FOREIGN_KEYS.get(key, key): value for key, value in own.items() if key != "objective"}
        parameters = {**keys, "n_estimators": TREES, "verbose": keys.pop("verbosity")}
        if name.endswith("Regressor"):
            learners = {"learner": lightgbm.LGBMRegressor(**parameters)}
        elif name == "BaseDRClassifier":
            learners = {
                "control_outcome_learner": lightgbm.LGBMClassifier(**parameters),
                "treatment_outcome_learner": lightgbm.LGBMClassifier(**parameters),
                "treatment_effect_learner": lightgbm.LGBMRegressor(**parameters),
            }
        else:
            learners = {
                "outcome_learner": lightgbm.LGBMClassifier(**parameters),
                "effect_learner": lightgbm.LGBMRegressor(**parameters),
            }
        model = getattr(meta, name)(**learners, control_name=0)
        model.fit(X=sample.X, treatment=sample.treatment.astype(int), y=sample.outcome, p=sample.propensity)
        asked = {"p": np.full(len(other), 0.5)} if name.startswith("BaseX") else {}
        return np.asarray(model.predict(X=other, **asked)).ravel()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="Speed and errors of the uplift learners")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    sample, fresh = simulated(arguments.rows, 1).sample, simulated(min(arguments.rows, 200_000), 2)
    print(f"{arguments.rows:,} rows × {COLUMNS}, CPU seconds of the process, median of {arguments.runs}")
    for name, (ours, bare) in speed(sample, arguments.runs).items():
        print(f"  {name}: ours {ours:.2f}, bare LightGBM {bare:.2f}, ratio {ours / bare:.2f}", flush=True)
    print("error to the true effect (root mean square), fresh rows")
    for learner in (TTrees, XTrees, DRTrees, RTrees):
        effects = learner.fit(sample).predict(fresh.sample.X).uplift
        print(f"  ours {learner.name:20}{np.sqrt(np.mean((effects - fresh.effect) ** 2)):.5f}", flush=True)
    for name in ("BaseXRegressor", "BaseXClassifier", "BaseDRRegressor", "BaseDRClassifier"):
        theirs = causalml_effects(name, sample, fresh.sample.X)
        print(f"  causalml {name:16}{np.sqrt(np.mean((theirs - fresh.effect) ** 2)):.5f}", flush=True)


if __name__ == "__main__":
    main()
