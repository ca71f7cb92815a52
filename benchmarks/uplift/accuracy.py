"""Hillstrom, visits: the model weighed on a training half beside every learner and peer, on 15 seeded 50/50 splits.

Run as ``python -m benchmarks.uplift.accuracy`` (``--verbose``: every split; ``--splits N``); the data folder is
UPSHELF_DATA. Prints the mean Qini coefficient and Uplift@30 on the test halves with the standard error over splits,
and the time, for the women's e-mail, the men's, and both pooled as one treatment. Peers have default parameters. The
logistic regressions among their bases are our choice, and scaled: neither library brings one, and unscaled they do not
converge. The splits overlap, so the standard errors say how steady a mean is, not how far from the truth.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from assets.models.uplift.learners.nuisances import Nuisances
from assets.models.uplift.learners.uplift_learners import CANDIDATES, learner_named
from assets.models.uplift.uplift_model import UpliftModel, trial_sample
from benchmarks.uplift.hillstrom import TREATMENTS, half_split, hillstrom_frame
from benchmarks.uplift.peers import PEERS, peer_scores
from evaluation.uplift.qini import qini_coefficient
from evaluation.uplift.uplift_at_k import uplift_at_k
from resources.settings import Settings

__all__ = ["SPLITS", "chosen_on_split", "main"]

SPLITS = 15
TOP = 0.3

Weights = dict[str, float]
"""Learner -> share in the blend."""
Figures = dict[str, tuple[float, float]]
"""Name -> Qini coefficient and Uplift@30 on the test half."""


def chosen_on_split(
    data: Path, seed: int, *, treatment: str = "womens", alone: bool = False, peers: bool = False
) -> tuple[Weights, Figures]:
    """Weights of the learners found on the training half, and figures on the test half.

    Args:
        data: folder of the public data sets.
        seed: of the split.
        treatment: one of `TREATMENTS`.
        alone: measure each candidate by itself too.
        peers: measure causalml's and scikit-uplift's learners too.

    Raises:
        FileNotFoundError: the data folder has no Hillstrom file.
    """
    frame = hillstrom_frame(data, treatment)
    train_rows, test_rows = half_split(frame.height, seed)
    train, test = frame[train_rows], frame[test_rows]
    model = UpliftModel.fit(train, features=(), seed=seed, replicas=0, holdout=False)
    scores = {
        "chosen": model.score(test)["uplift"].to_numpy(),
        "response": model.response(test),
        "random": np.random.default_rng(seed).random(test.height),
    }
    sample, X = trial_sample(train, model.design), model.design.matrix(test)
    if alone:
        shared = Nuisances(sample, seed)
        scores |= {name: learner_named(name).fit(sample, seed, shared).predict(X).uplift for name in CANDIDATES}
    if peers:
        scores |= {name: peer_scores(name, sample.X, sample.treatment, sample.outcome, X) for name in PEERS}
    outcome, arm = test["outcome"].to_numpy(), test["treatment"].to_numpy()
    figures = {
        name: (qini_coefficient(outcome, arm, score), uplift_at_k(outcome, arm, score, TOP))
        for name, score in scores.items()
    }
    return model.learner.shares, figures


def _print_table(data: Path, treatment: str, splits: int, *, verbose: bool) -> None:
    started, shares, table = time.process_time(), [], []
    for seed in range(splits):
        share, figures = chosen_on_split(data, seed, treatment=treatment, alone=True, peers=True)
        shares.append(share)
        table.append(figures)
        if verbose:
            row = "  ".join(f"{name} {qini:.4f}/{top:.4f}" for name, (qini, top) in figures.items())
            weights = ", ".join(f"{name} {weight:.2f}" for name, weight in share.items())
            print(f"split {seed}: {weights}; {row}", flush=True)
    print(f"\n{treatment}: {TREATMENTS[treatment]}, {splits} splits, {time.process_time() - started:.0f} s CPU")
    mean_share = {name: float(np.mean([share.get(name, 0.0) for share in shares])) for name in CANDIDATES}
    print("mean weights: " + ", ".join(f"{name} {weight:.2f}" for name, weight in mean_share.items()))
    print(f"{'':24}{'Qini':>8}{'s.e.':>8}{'U@30':>9}{'s.e.':>8}   chosen minus this: Qini, U@30")
    values = {name: np.array([figures[name] for figures in table]) for name in table[0]}
    for name in sorted(values, key=lambda name: -float(values[name][:, 0].mean())):
        mean, error = values[name].mean(axis=0), values[name].std(axis=0, ddof=1) / np.sqrt(splits)
        ahead = (values["chosen"] - values[name]).mean(axis=0)
        print(
            f"{name:24}{mean[0]:8.4f}{error[0]:8.4f}{mean[1]:9.4f}{error[1]:8.4f}   {ahead[0]:+.4f} {ahead[1]:+.4f}",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Uplift on Hillstrom beside causalml and scikit-uplift")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--verbose", action="store_true", help="print every split")
    parser.add_argument("--treatments", nargs="+", choices=sorted(TREATMENTS), default=list(TREATMENTS))
    arguments = parser.parse_args()
    data = Settings.from_env().data
    for treatment in arguments.treatments:
        _print_table(data, treatment, max(2, arguments.splits), verbose=arguments.verbose)


if __name__ == "__main__":
    main()
