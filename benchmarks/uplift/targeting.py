"""Targeting under a budget, checks of experiments and ROI intervals, against worlds whose truth is known.

Run as ``python -m benchmarks.uplift.targeting``; needs no data. Prints how fast and how close to its bound the
knapsack is, how often each check alarms on clean experiments and on planted faults, what plans with several arms truly
earn, and how often the 95 % intervals of profit hold the truth.
"""

import time
from collections import Counter

import numpy as np

from assets.models.uplift.arm_model import ArmModel
from assets.models.uplift.targeting.arm_plan import plan_contacts
from assets.models.uplift.targeting.knapsack import NOTHING, solve_knapsack
from assets.models.uplift.uplift_model import UpliftModel
from benchmarks.uplift.arm_world import ARM_COSTS, ARM_PRICES, arm_world
from benchmarks.uplift.campaign_world import PRICES, coverage, world
from benchmarks.uplift.experiments import FAULTS, alarms, experiment
from evaluation.arrays import Floats
from evaluation.policy_value.effect_scores import ESTIMATORS
from evaluation.policy_value.roi import simulate

__all__ = ["knapsack_world", "main"]

CLEAN_SEEDS = 100
FAULT_SEEDS = 20
SIMULATIONS = 400
ROWS = {"split": 100_000, "leak": 20_000}
"""Users of an experiment with this fault; 5,000 for the others."""


def knapsack_world(users: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Net values of three arms, and their costs, each arm dearer than the last: float64[users, 3] twice."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.3, 1.0, (users, 3)), rng.uniform(0.1, 2.0, (users, 3)) * [1, 2, 3]


def _knapsacks() -> None:
    print("Knapsack, three arms: CPU seconds, gap to the bound of the linear programme (wanted: 4 s and 1e-4 at 1 M)")
    print(
        f"{'users':>10}{'budget':>12}{'spend':>14}{'contacted':>11}{'net<=0':>8}{'cut-off':>9}{'gap':>10}{'CPU s':>7}"
    )
    for users in (10_000, 100_000, 1_000_000):
        value, cost = knapsack_world(users)
        for share in (0.001, 0.1, 1.0, 10.0):
            started = time.process_time()
            solved = solve_knapsack(value, cost, share * users)
            took = time.process_time() - started
            chosen = np.flatnonzero(solved.choice != NOTHING)
            losses = int((value[chosen, solved.choice[chosen]] <= 0).sum())
            print(
                f"{users:>10,}{share * users:>12,.0f}{solved.spend:>14,.3f}{chosen.size:>11,}{losses:>8}"
                f"{solved.multiplier:>9.3f}{solved.gap:>10.1e}{took:>7.2f}",
                flush=True,
            )


def _checks() -> None:
    print("\nChecks: share of experiments in which each alarms")
    names = ["sample ratio", "balance", "classifier", "overlap", "contamination", "feature order"]
    print(f"{'experiment':<14}{'users':>9}{'seeds':>7}" + "".join(f"{name:>15}" for name in names) + f"{'any':>7}")
    for fault in FAULTS:
        users, seeds = ROWS.get(fault, 5_000), CLEAN_SEEDS if fault == "clean" else FAULT_SEEDS
        seeds = 5 if users > 50_000 else seeds
        counts: Counter[str] = Counter()
        for seed in range(seeds):
            failed = alarms(experiment(users, seed, fault), seed=seed, observational=fault == "no_overlap")
            counts.update(name for name, bad in failed.items() if bad)
            counts["any"] += any(failed.values())
            counts.update({f"asked {name}": 1 for name in failed})
        shares = "".join(
            f"{counts[name] / seeds:>15.0%}" if counts[f"asked {name}"] else f"{'not asked':>15}" for name in names
        )
        print(f"{fault:<14}{users:>9,}{seeds:>7}{shares}{counts['any'] / seeds:>7.0%}", flush=True)


def _arms() -> None:
    print("\nThree arms, 20,000 users whose effects are known: true profit by budget of plans from trials of each size")
    print(
        f"{'trial':>8}{'budget':>9}{'optimiser':>11}{'best one arm':>14}{'pooled':>9}{'pooled, true':>14}"
        f"{'best plan':>11}"
    )
    fresh = arm_world(20_000, 99, prefix="v")
    mean_net, mean_cost = fresh.net.mean(axis=1), fresh.cost.mean(axis=1)
    for users in (10_000, 40_000):
        trial = arm_world(users, 1).frame
        arms = ArmModel.fit(trial, arms=list(ARM_COSTS), control="control", features=()).score(fresh.frame)
        pooled = UpliftModel.fit(trial, features=()).score(fresh.frame)
        scores = arms.with_columns(pooled["upper"])
        for budget in (500.0, 2_000.0, None):
            plan = plan_contacts(scores, ARM_PRICES, tuple(ARM_COSTS), budget=budget)
            singles = [
                fresh.profit(np.where(plan_contacts(scores, ARM_PRICES, [arm], budget=budget).contacted, place, -1))
                for place, arm in enumerate(ARM_COSTS)
            ]
            blind = plan_contacts(pooled, ARM_PRICES, ["any"], budget=budget)
            known = solve_knapsack(mean_net[:, None], mean_cost[:, None], budget)
            best = solve_knapsack(fresh.net, fresh.cost, budget)
            print(
                f"{users:>8,}{budget or float('inf'):>9,.0f}{fresh.profit(plan.arm):>11,.0f}{max(singles):>14,.0f}"
                f"{mean_net[blind.contacted].sum():>9,.0f}{known.value:>14,.0f}{best.value:>11,.0f}",
                flush=True,
            )


def _intervals() -> None:
    print(
        f"\nROI: share of {SIMULATIONS} trials of 4,000 users whose 95 % interval of profit holds the truth; its width"
    )
    table = {estimator: coverage(estimator, simulations=SIMULATIONS) for estimator in ESTIMATORS}
    print(f"{'strategy':<26}" + "".join(f"{estimator:>18}" for estimator in ESTIMATORS))
    for name in table["ipw"]:
        cells = "".join(f"{table[e][name][0]:>10.1%} ({table[e][name][1]:.3f})" for e in ESTIMATORS)
        print(f"{name:<26}{cells}")
    holdout = world(20_000, 0).holdout
    for estimator in ESTIMATORS:
        took = []
        for _ in range(7):
            started = time.process_time()
            simulate(holdout, PRICES, budget=9e3, population=10**6, estimator=estimator)
            took.append(time.process_time() - started)
        print(f"one request, 20,000 holdout rows, {estimator}: {1000 * np.median(took):.0f} ms of CPU (median of 7)")


def main() -> None:
    """Print the tables."""
    _knapsacks()
    _checks()
    _arms()
    _intervals()


if __name__ == "__main__":
    main()
