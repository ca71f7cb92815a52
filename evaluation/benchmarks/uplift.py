"""Qini on Hillstrom (women's e-mail against none, visits): 15 seeded 50/50 splits of train and test.

Run as ``python -m evaluation.benchmarks.uplift``; the data folder is UPSHELF_DATA. Prints, for every split, the
Qini coefficient on the test half of each learner alone, of the one chosen on the training half, of the response
model and of a random score; then their means and the time taken.
"""

import time
from pathlib import Path

import numpy as np

from assets.models.uplift_learners import CANDIDATES, learner_named
from assets.models.uplift_model import UpliftModel, trial_sample
from evaluation.benchmarks.hillstrom import half_split, hillstrom_frame
from evaluation.qini import qini_coefficient
from resources.settings import Settings

__all__ = ["SPLITS", "chosen_on_split", "main"]

SPLITS = 15


def chosen_on_split(data: Path, seed: int, *, alone: bool = False) -> tuple[str, dict[str, float]]:
    """Name of the learner chosen on the training half, and Qini coefficients on the test half.

    Args:
        data: folder of the public data sets.
        seed: of the split.
        alone: measure each candidate by itself too.

    Raises:
        FileNotFoundError: the data folder has no Hillstrom file.
    """
    frame = hillstrom_frame(data)
    train_rows, test_rows = half_split(frame.height, seed)
    train, test = frame[train_rows], frame[test_rows]
    outcome, treatment = test["outcome"].to_numpy(), test["treatment"].to_numpy()
    model = UpliftModel.fit(train, measure=qini_coefficient, seed=seed, replicas=0, holdout=False)
    scores = {
        "chosen": model.score(test)["uplift"].to_numpy(),
        "response": model.response(test),
        "random": np.random.default_rng(seed).random(test.height),
    }
    if alone:
        sample, X = trial_sample(train, model.design), model.design.matrix(test)
        scores |= {name: learner_named(name).fit(sample, seed).predict(X).uplift for name in CANDIDATES}
    return model.chosen, {name: qini_coefficient(outcome, treatment, score) for name, score in scores.items()}


def main() -> None:
    """Print the table."""
    data, started = Settings.from_env().data, time.perf_counter()
    columns = (*CANDIDATES, "chosen", "response", "random")
    print("split  " + "".join(f"{name:>10}" for name in columns) + "  choice")
    table = []
    for seed in range(SPLITS):
        choice, figures = chosen_on_split(data, seed, alone=True)
        table.append([figures[name] for name in columns])
        print(f"{seed:>5}  " + "".join(f"{figure:>10.4f}" for figure in table[-1]) + f"  {choice}", flush=True)
    for name, row in (("mean", np.mean(table, axis=0)), ("sd", np.std(table, axis=0, ddof=1))):
        print(f"{name:>5}  " + "".join(f"{figure:>10.4f}" for figure in row))
    print(f"{SPLITS} splits in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
