"""Regret of each policy on drawn shoppers, beside the same policy of peers: 10 and 100 banners, 30 seeds.

Usage: ``python -m benchmarks.banners.regret [--seeds 30] [--arms 10 100] [--worlds contextual]``. The same seed has the
same shoppers for every learner, so differences are paired by seed; their 95 % intervals are of the mean over seeds.
Below 0, ours is better.
MABWiser draws the coefficients of all arms with the same random numbers, by the Cholesky factor of each arm's
covariance: its LinTS is not the paper's for arms that know nothing of each other, and explores less, as arms of which
little is known rise and fall together. `RandUCB`, which has one draw for all arms too, is put beside it.
"""

import argparse

import numpy as np

from benchmarks.banners.learners import OURS, regret_of
from benchmarks.banners.peers import MISSING, PAPER, Made, mabwiser_learners
from benchmarks.banners.worlds import WORLDS
from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import mean_interval

FOR_WORLD = {
    "stationary": ("thompson", "thompson, decay", "thompson, 1 % uniform", "epsilon_greedy", "uniform"),
    "drifting": ("thompson", "thompson, decay", "thompson, 1 % uniform", "epsilon_greedy", "uniform"),
    "contextual": ("thompson", "lin_ucb", "lin_ts", "lin_rand_ucb", "uniform"),
}
"""What is tried where."""
AS = {
    "thompson, decay": [("ours", "thompson")],
    "thompson, 1 % uniform": [("ours", "thompson")],
    "lin_rand_ucb": [("ours", "lin_ts"), ("MABWiser", "lin_ts"), ("MABWiser", "lin_ucb")],
}
"""Ours of which the peers have none → what it is put beside."""


def main() -> None:
    """Run every learner in every world, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--arms", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--worlds", choices=WORLDS, nargs="+", default=list(WORLDS))
    chosen = parser.parse_args()
    makers = {"ours": OURS, "paper": PAPER}
    try:
        makers["MABWiser"] = mabwiser_learners()
    except ImportError:
        print(MISSING)
    print(f"{chosen.seeds} seeds; regret in clicks, difference of ours with its 95 % interval\n")
    print(f"{'world':<12}{'arms':>5}  {'policy':<22}{'ours':>8}  {'beside':<22}{'theirs':>8}{'difference':>24}")
    for world in chosen.worlds:
        for arms in chosen.arms:
            _compare(world, arms, chosen.seeds, makers)


def _compare(world: str, arms: int, seeds: int, makers: dict[str, dict[str, Made]]) -> None:
    """Print one world's rows."""
    regrets = {
        (who, policy): _regrets(world, arms, seeds, makers[who][policy])
        for who in makers
        for policy in FOR_WORLD[world]
        if policy in makers[who]
    }
    pairs = [(("ours", policy), (who, policy)) for who, policy in regrets if who != "ours"]
    pairs += [(("ours", policy), one) for who, policy in regrets if who == "ours" for one in AS.get(policy, ())]
    pairs += [(one, ("ours", "thompson")) for one in regrets if one[0] == "ours" and one[1].startswith("lin")]
    for one, other in sorted(pair for pair in pairs if pair[1] in regrets):
        difference = mean_interval(regrets[one] - regrets[other])
        bounds = f"{difference.estimate:+.1f} ({difference.lower:+.1f}, {difference.upper:+.1f})"
        means = regrets[one].mean(), regrets[other].mean()
        row = f"{world:<12}{arms:>5}  {one[1]:<22}{means[0]:>8.1f}  {' '.join(other):<22}{means[1]:>8.1f}{bounds:>24}"
        print(row, flush=True)


def _regrets(world: str, arms: int, seeds: int, make: Made) -> Floats:
    """Regret by seed, float64[seeds]."""
    # One world at a time: that of a hundred banners is of a hundred megabytes.
    drawn = (WORLDS[world](arms, np.random.default_rng([seed, arms])) for seed in range(seeds))
    return np.array([regret_of(make(arms, one.features.shape[1], seed), one) for seed, one in enumerate(drawn)])


if __name__ == "__main__":
    main()
